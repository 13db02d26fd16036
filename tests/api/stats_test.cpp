#include <gmock/gmock.h>

#include "support/app_fixture.hpp"

// §3.3: what the service tells of its queues and operations.
namespace waypost::test {
namespace {

class Stats : public testing::Test {
 protected:
  static void configure(app::Config& config) {
    config.queues["held"] = {.concurrency = 0, .rate_per_second = 2.5};
  }
  Json stats() const { return json_of(app_.get("/v1/stats")); }
  RunningApp app_{configure};
};

TEST_F(Stats, AnEmptyServiceHasNoJobsInAnyState) {
  const Json jobs = stats().at("jobs");
  EXPECT_EQ(jobs.at("by_state").size(), 14u);
  for (const auto& [state, count] : jobs.at("by_state").items()) EXPECT_EQ(count, 0) << state;
  EXPECT_TRUE(jobs.at("oldest_queued_seconds").is_null());
  EXPECT_EQ(stats().at("webhooks").at("pending"), 0);
}

TEST_F(Stats, AreExactWhenAtRest) {
  std::vector<std::string> done;
  for (int i = 0; i < 7; ++i) done.push_back(app_.submit({{"type", "echo"}}));
  for (const auto& id : done) app_.ended(id);
  for (int i = 0; i < 3; ++i) app_.submit({{"type", "echo"}, {"queue", "held"}});
  const std::string cancelled = app_.submit({{"type", "echo"}, {"queue", "held"}});
  app_.post("/v1/jobs/" + cancelled + "/cancel");
  app_.submit({{"type", "echo"}, {"delay_seconds", 3600}});

  const Json now = stats();
  const Json& counts = now.at("jobs").at("by_state");
  EXPECT_EQ(counts.at("succeeded"), 7);
  EXPECT_EQ(counts.at("queued"), 3);
  EXPECT_EQ(counts.at("cancelled"), 1);
  EXPECT_EQ(counts.at("scheduled"), 1);
  EXPECT_EQ(counts.at("running"), 0);
  EXPECT_GE(now.at("jobs").at("oldest_queued_seconds"), 0);

  const Json queues = json_of(app_.get("/v1/queues")).at("data");
  ASSERT_EQ(queues.size(), 2u);
  for (const std::size_t i : {0u, 1u})
    EXPECT_EQ(queues.at(i).at("by_state"), now.at("queues").at(i).at("by_state"));
  EXPECT_EQ(queues.at(0).at("name"), "default");
  EXPECT_EQ(queues.at(0).at("by_state").at("succeeded"), 7);
  EXPECT_TRUE(queues.at(0).at("concurrency").is_null());
  const Json& held = queues.at(1);
  EXPECT_EQ(held.at("name"), "held");
  EXPECT_EQ(held.at("concurrency"), 0);
  EXPECT_EQ(held.at("concurrency_per_key"), 1);
  EXPECT_EQ(held.at("rate_per_second"), 2.5);
  EXPECT_EQ(held.at("paused"), false);
  EXPECT_EQ(held.at("by_state").at("queued"), 3);
}

TEST_F(Stats, OperationsAreListedWithTheirSchemas) {
  const Json rows = json_of(app_.get("/v1/operations")).at("data");
  std::vector<std::string> types;
  for (const auto& row : rows) {
    types.push_back(row.at("type"));
    EXPECT_EQ(row.at("kind"), "builtin");
    EXPECT_FALSE(row.at("description").get<std::string>().empty());
    EXPECT_EQ(row.at("schema").at("$schema"), "https://json-schema.org/draft/2020-12/schema");
  }
  EXPECT_THAT(types, testing::ElementsAre("echo", "geocode", "http", "reverse", "sleep"));
}

}  // namespace
}  // namespace waypost::test
