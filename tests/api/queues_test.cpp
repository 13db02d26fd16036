#include <gmock/gmock.h>

#include "support/app_fixture.hpp"

// §3.3: queues that change while running, and why a job is where it is.
namespace waypost::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class Queues : public SharedApp<Queues> {
 public:
  static void configure(app::Config& config) { config.queues["configured"].concurrency = 3; }
  static RawResponse patch(const std::string& name, const Json& body) {
    return app().call("PATCH", "/v1/queues/" + name, {{"Content-Type", "application/json"}}, body.dump());
  }
  static Json row(const std::string& name) {
    for (const auto& queue : json_of(app().get("/v1/queues")).at("data"))
      if (queue.at("name") == name) return queue;
    return nullptr;
  }
  static Json explain(const std::string& id) { return json_of(app().get("/v1/jobs/" + id + "/explain")); }
};

TEST_F(Queues, NamingAQueueMakesItAndShowsTheWholeRow) {
  EXPECT_EQ(row("fresh"), nullptr);
  const auto made = patch("fresh", Json::object());
  ASSERT_EQ(made.status, 200) << made.body;
  const Json queue = row("fresh");
  EXPECT_EQ(json_of(made), queue);
  std::vector<std::string> names;
  for (const auto& [name, value] : queue.items()) names.push_back(name);
  EXPECT_THAT(names, testing::UnorderedElementsAre("name", "paused", "concurrency", "concurrency_per_key",
                                                   "rate_per_second", "by_state", "oldest_queued_seconds"));
  EXPECT_EQ(queue.at("paused"), false);
  EXPECT_EQ(queue.at("concurrency"), nullptr);
  EXPECT_EQ(queue.at("concurrency_per_key"), 1);
}

TEST_F(Queues, SettingsChangeLiveAndNullResetsThem) {
  const Json set = json_of(
      patch("configured",
            {{"paused", true}, {"concurrency", 9}, {"concurrency_per_key", 4}, {"rate_per_second", 2.5}}));
  EXPECT_EQ(set.at("paused"), true);
  EXPECT_EQ(set.at("concurrency"), 9);
  EXPECT_EQ(set.at("concurrency_per_key"), 4);
  EXPECT_EQ(set.at("rate_per_second"), 2.5);
  const Json reset = json_of(patch("configured", {{"concurrency", nullptr}, {"rate_per_second", nullptr}}));
  EXPECT_EQ(reset.at("concurrency"), 3) << "as configured";
  EXPECT_EQ(reset.at("rate_per_second"), nullptr);
  EXPECT_EQ(reset.at("paused"), true);
}

TEST_F(Queues, APausedQueueHoldsItsJobsUntilItGoesOn) {
  patch("stopped", {{"paused", true}});
  const auto id = app().submit({{"type", "echo"}, {"queue", "stopped"}});
  const auto behind = app().submit({{"type", "echo"}, {"queue", "stopped"}});
  const Json why = explain(behind);
  EXPECT_EQ(why.at("state"), "queued");
  EXPECT_EQ(why.at("ahead"), 1);
  EXPECT_EQ(why.at("reasons").at(0).at("code"), "queue_paused");
  EXPECT_EQ(why.at("summary"),
            "It is queued: its queue \"stopped\" is paused; 1 job of its queue runs before it.");
  EXPECT_EQ(why.at("may_start_at"), nullptr);
  patch("stopped", {{"paused", false}});
  EXPECT_EQ(app().ended(id).at("state"), "succeeded");
}

TEST_F(Queues, ExplainSaysWhenAScheduledJobMayStart) {
  const auto id = app().submit({{"type", "echo"}, {"delay_seconds", 3600}});
  const Json why = explain(id);
  EXPECT_EQ(why.at("may_start_at"), app().job(id).at("run_at"));
  EXPECT_EQ(why.at("reasons").at(0).at("until"), why.at("may_start_at"));
  const auto dependent = app().submit({{"type", "echo"}, {"depends_on", {id}}});
  EXPECT_EQ(explain(dependent).at("waits_for"), Json::array({id}));
  EXPECT_THAT(explain(dependent).at("summary").get<std::string>(), HasSubstr("it waits for 1 job"));
  expect_problem(app().get("/v1/jobs/job_01ARZ3NDEKTSV4RRFFQ69G5FAV/explain"), 404, "not_found");
}

TEST_F(Queues, JobsOfOneConcurrencyKeyRunOneAfterTheOther) {
  const Json sleeper = {{"type", "sleep"}, {"payload", {{"seconds", 30}}}, {"concurrency_key", "customer 7"}};
  const auto first = app().submit(sleeper), second = app().submit(sleeper);
  app().until_state(first, "running");
  EXPECT_EQ(explain(second).at("reasons").at(0).at("code"), "concurrency_key");
  app().post("/v1/jobs/" + first + "/cancel");
  app().until_state(second, "running");
  app().post("/v1/jobs/" + second + "/cancel");
}

TEST_F(Queues, BadSettingsAndNamesAreRefused) {
  const Json problem = expect_problem(patch("bad", {{"paused", "yes"},
                                                    {"concurrency", -1},
                                                    {"concurrency_per_key", 0},
                                                    {"rate_per_second", 0},
                                                    {"limit", 1}}),
                                      422, "validation_failed");
  EXPECT_THAT(
      faults_of(problem),
      ElementsAre("out_of_range @ /concurrency", "out_of_range @ /concurrency_per_key",
                  "out_of_range @ /rate_per_second", "unknown_field @ /limit", "wrong_type @ /paused"));
  EXPECT_EQ(row("bad"), nullptr);
  expect_problem(patch("a%20b", Json::object()), 404, "not_found");
  expect_problem(patch(std::string(101, 'q'), Json::object()), 404, "not_found");
  const auto wrong = app().call("DELETE", "/v1/queues/x");
  EXPECT_EQ(wrong.field("allow"), "PATCH, OPTIONS") << wrong.status;
}

}  // namespace
}  // namespace waypost::test
