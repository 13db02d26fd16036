#include "webhook/health.hpp"

#include <gmock/gmock.h>

namespace waypost::webhook {
namespace {

using namespace std::chrono_literals;

const Time start{Seconds{1'800'000'000}};

TEST(Health, NotesTheFirstFailureAndTheFirstSuccessAfterIt) {
  Health health(std::nullopt);
  EXPECT_FALSE(health.attempted(204, start).to_note);
  EXPECT_TRUE(health.attempted(500, start).to_note);
  EXPECT_EQ(health.failing_since(), start);
  EXPECT_FALSE(health.attempted(0, start + 1s).to_note);
  EXPECT_EQ(health.failing_since(), start);
  EXPECT_TRUE(health.attempted(200, start + 2s).to_note);
  EXPECT_EQ(health.failing_since(), std::nullopt);
}

TEST(Health, OpensTheCircuitAtTheFifthFailureInARowForEverLongerUpToFiveMinutes) {
  Health health(std::nullopt);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(health.attempted(503, start).open_until, std::nullopt);
  EXPECT_FALSE(health.open());
  for (const Seconds pause : {5s, 10s, 20s, 40s, 80s, 160s, 300s, 300s}) {
    EXPECT_EQ(health.attempted(503, start).open_until, start + pause);
    EXPECT_TRUE(health.open());
  }
  EXPECT_EQ(health.attempted(200, start).open_until, std::nullopt);
  EXPECT_FALSE(health.open());
  EXPECT_EQ(health.attempted(503, start).open_until, std::nullopt);
}

TEST(Health, A410DisablesAtOnce) {
  Health health(std::nullopt);
  const auto change = health.attempted(410, start);
  EXPECT_EQ(change.disable, "gone");
  EXPECT_TRUE(change.to_note);
}

TEST(Health, FiveDaysWithoutASuccessDisable) {
  Health health(start);  // known from before a restart
  EXPECT_EQ(health.attempted(500, start + 120h - 1ms).disable, "");
  const auto change = health.attempted(0, start + 120h);
  EXPECT_EQ(change.disable, "failing");
  EXPECT_TRUE(change.to_note);
  health.attempted(200, start + 121h);
  EXPECT_EQ(health.attempted(500, start + 300h).disable, "") << "the time begins anew after a success";
}

}  // namespace
}  // namespace waypost::webhook
