#include "app/job_view.hpp"

#include <gtest/gtest.h>

namespace waypost::app {
namespace {

std::string drawn(std::string_view progress, std::size_t columns) {
  const std::string text = R"({"state":"running","progress":)" + std::string(progress) + "}";
  const auto document = json::Document::parse(text);
  return draw_progress(document->root(), columns);
}

constexpr std::string_view half =
    R"({"total":200,"succeeded":90,"failed":10,"percent":50.0,"eta_seconds":12})";

TEST(ProgressLine, LeadsWithABarWhereThereIsRoom) {
  EXPECT_EQ(drawn(half, 100),
            "[###############               ] running 100 of 200 (50.0 %), 10 failed, 12 s left");
}

TEST(ProgressLine, IsNeverLongerThanTheTerminalIsWide) {
  EXPECT_EQ(drawn(half, 59), "running 100 of 200 (50.0 %), 10 failed, 12 s left");
  for (std::size_t columns = 0; columns < 120; ++columns) EXPECT_LE(drawn(half, columns).size(), columns);
}

TEST(ProgressLine, HasNoBarForASingleTask) {
  EXPECT_EQ(drawn(R"({"total":1,"succeeded":0,"failed":0,"percent":0})", 100), "running 0 of 1 (0.0 %)");
}

TEST(ProgressLine, BearsAProgressThatMakesNoSense) {
  EXPECT_EQ(drawn(R"({"total":2,"succeeded":9,"failed":0,"percent":450})", 100),
            "[##############################] running 9 of 2 (450.0 %)");
  EXPECT_EQ(drawn("null", 100), "running");
}

}  // namespace
}  // namespace waypost::app
