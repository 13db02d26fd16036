#include <gmock/gmock.h>

#include <set>

#include "support/app_fixture.hpp"
#include "support/process.hpp"
#include "support/sink.hpp"

// §3.2 and §3.3: the job, its result and attempts, and steering it.
namespace waypost::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class Jobs : public SharedApp<Jobs> {
 public:
  static void configure(app::Config& config) {
    config.queues["held"].concurrency = 0;
    config.queues["single"].concurrency = 1;
  }
  static std::string held() { return app().submit({{"type", "echo"}, {"queue", "held"}}); }
  static RawResponse act(const std::string& id, const std::string& action) {
    return app().post("/v1/jobs/" + id + "/" + action);
  }
  /// An `http` job to this address that is tried once.
  static std::string call(const std::string& url, Json fields = Json::object()) {
    fields["type"] = "http";
    fields["payload"]["url"] = url;
    if (!fields.contains("max_attempts")) fields["max_attempts"] = 1;
    return app().submit(fields);
  }
  static Json attempts(const std::string& id) {
    return json_of(app().get("/v1/jobs/" + id + "/attempts")).at("data");
  }
};

TEST_F(Jobs, AJobHasExactlyTheDocumentedFields) {
  const Json job = app().ended(app().submit(
      {{"type", "echo"}, {"tags", {{"team", "maps"}}}, {"description", "a trial"}, {"priority", 7}}));
  std::set<std::string> names, links;
  for (const auto& [name, value] : job.items()) names.insert(name);
  for (const auto& [name, value] : job.at("links").items()) links.insert(name);
  EXPECT_THAT(names, testing::UnorderedElementsAre(
                         "id", "type", "state", "queue", "priority", "payload", "attempt", "max_attempts",
                         "progress", "result", "error", "tags", "description", "created_at", "run_at",
                         "started_at", "finished_at", "updated_at", "expires_at", "state_reason", "links"));
  EXPECT_THAT(links, testing::UnorderedElementsAre("self", "result", "attempts", "events", "report"));
  EXPECT_EQ(job.at("tags"), (Json{{"team", "maps"}}));
  EXPECT_EQ(job.at("description"), "a trial");
  EXPECT_EQ(job.at("priority"), 7);
  EXPECT_EQ(job.at("attempt"), 1);
  EXPECT_EQ(job.at("progress"), (Json{{"total", 1},
                                      {"succeeded", 1},
                                      {"failed", 0},
                                      {"percent", 100},
                                      {"message", nullptr},
                                      {"rate_per_second", nullptr},
                                      {"eta_seconds", nullptr}}));
  EXPECT_LE(job.at("created_at"), job.at("started_at"));
  EXPECT_LE(job.at("started_at"), job.at("finished_at"));
}

TEST_F(Jobs, AResultOf64KiBIsInlineAndALongerOneByLinkOnly) {
  const auto echo = [](std::size_t size) {
    return app().ended(app().submit({{"type", "echo"}, {"payload", std::string(size - 2, 'x')}}));
  };
  const Json fits = echo(64 * 1024), too_long = echo(64 * 1024 + 1);
  EXPECT_EQ(fits.at("result").get<std::string>().size(), 64u * 1024 - 2);
  EXPECT_TRUE(too_long.at("result").is_null());
  const auto result = app().get(too_long.at("links").at("result").get<std::string>());
  EXPECT_EQ(result.status, 200);
  EXPECT_EQ(result.field("content-type"), "application/json");
  EXPECT_EQ(result.body.size(), 64u * 1024 + 1);
}

TEST_F(Jobs, AResultIsAConflictUntilThereIsOneAndNotFoundWhenThereWillBeNone) {
  const std::string id = held();
  EXPECT_THAT(expect_problem(app().get("/v1/jobs/" + id + "/result"), 409, "conflict")
                  .at("detail")
                  .get<std::string>(),
              HasSubstr("queued"));
  ASSERT_EQ(act(id, "cancel").status, 200);
  EXPECT_THAT(expect_problem(app().get("/v1/jobs/" + id + "/result"), 404, "not_found")
                  .at("detail")
                  .get<std::string>(),
              HasSubstr("cancelled"));
}

TEST_F(Jobs, APlainJobHasNoReport) {
  expect_problem(app().get("/v1/jobs/" + held() + "/report"), 404, "not_found");
}

TEST_F(Jobs, AnEndedJobShowsItsAttempts) {
  const std::string id = app().submit({{"type", "echo"}});
  const Json job = app().ended(id);
  const Json rows = attempts(id);
  ASSERT_EQ(rows.size(), 1u);
  const Json& row = rows.at(0);
  EXPECT_EQ(row.at("attempt"), 1);
  EXPECT_EQ(row.at("outcome"), "succeeded");
  EXPECT_EQ(row.at("started_at"), job.at("started_at"));
  EXPECT_EQ(row.at("finished_at"), job.at("finished_at"));
  EXPECT_GE(row.at("duration_ms"), 0);
  EXPECT_FALSE(row.at("worker").get<std::string>().empty());
  EXPECT_TRUE(row.at("error").is_null());
  EXPECT_TRUE(attempts(held()).empty());
}

TEST_F(Jobs, AQueuedJobIsCancelledAtOnce) {
  const std::string id = held();
  const auto response = act(id, "cancel");
  ASSERT_EQ(response.status, 200);
  const Json job = json_of(response);
  EXPECT_EQ(job.at("state"), "cancelled");
  EXPECT_EQ(job, app().job(id));
  EXPECT_FALSE(job.at("finished_at").is_null());
}

TEST_F(Jobs, CancellingACancelledJobIsFine) {
  const std::string id = held();
  const auto first = act(id, "cancel"), again = act(id, "cancel");
  EXPECT_EQ(again.status, 200);
  EXPECT_EQ(again.body, first.body);
}

TEST_F(Jobs, CancellingARunningJobDropsItsCallAtOnce) {
  Sink sink([](const Sink::Request&) { return Sink::Answer{.hold = true}; });
  const std::string id = call(sink.url());
  sink.wait_for(1);
  EXPECT_EQ(act(id, "cancel").status, 200);
  const Json job = app().ended(id);  // though the sink has not answered
  EXPECT_EQ(job.at("state"), "cancelled");
  EXPECT_EQ(attempts(id).at(0).at("outcome"), "cancelled");
}

TEST_F(Jobs, ASleepingJobIsCancelledAtOnceToo) {
  const std::string id =
      app().submit({{"type", "sleep"}, {"payload", {{"seconds", 3600}}}, {"timeout_seconds", 7200}});
  app().until_state(id, "running");
  EXPECT_EQ(act(id, "cancel").status, 200);
  EXPECT_EQ(app().ended(id).at("state"), "cancelled");
}

TEST_F(Jobs, AJobThatHasEndedOtherwiseCannotBeCancelled) {
  const std::string id = app().submit({{"type", "echo"}});
  app().ended(id);
  EXPECT_THAT(expect_problem(act(id, "cancel"), 409, "conflict").at("detail").get<std::string>(),
              HasSubstr("succeeded"));
}

TEST_F(Jobs, AJobThatHasEndedIsDeletedWithAllOfItsOwn) {
  const std::string id = held();
  EXPECT_THAT(
      expect_problem(app().call("DELETE", "/v1/jobs/" + id), 409, "conflict").at("detail").get<std::string>(),
      HasSubstr("queued"));
  act(id, "cancel");
  const auto deleted = app().call("DELETE", "/v1/jobs/" + id);
  EXPECT_EQ(deleted.status, 204);
  EXPECT_EQ(deleted.body, "");
  for (const std::string part : {"", "/events", "/attempts"})
    expect_problem(app().get("/v1/jobs/" + id + part), 404, "not_found");
  expect_problem(app().call("DELETE", "/v1/jobs/" + id), 404, "not_found");
}

TEST_F(Jobs, TheFilesOfADeletedBatchGoToo) {
  const std::string id =
      json_of(app().post_csv("/v1/jobs?type=echo", "word\none\n")).at("id").get<std::string>();
  app().ended(id);
  ASSERT_EQ(app().get("/v1/jobs/" + id + "/report").status, 200);
  const auto report = app().data_dir() / "reports" / (id + ".report");
  const auto manifests = [] {
    return std::distance(std::filesystem::directory_iterator(app().data_dir() / "manifests"), {});
  };
  EXPECT_TRUE(std::filesystem::exists(report));
  const auto before = manifests();
  EXPECT_EQ(app().call("DELETE", "/v1/jobs/" + id).status, 204);
  EXPECT_TRUE(eventually([&] { return !std::filesystem::exists(report) && manifests() < before; }));
}

TEST_F(Jobs, ARetryRunsAFailedJobAgainAndKeepsItsHistory) {
  std::atomic<int> status = 404;
  Sink sink([&](const Sink::Request&) { return Sink::Answer{.status = status}; });
  const std::string id = call(sink.url());
  const Json failed = app().ended(id);
  EXPECT_EQ(failed.at("state"), "failed");
  EXPECT_EQ(failed.at("error").at("attempt"), 1);
  EXPECT_FALSE(failed.at("error").at("code").get<std::string>().empty());
  status = 200;
  const auto retried = act(id, "retry");
  ASSERT_EQ(retried.status, 200);
  EXPECT_EQ(json_of(retried).at("id"), id);
  const Json job = app().ended(id);
  EXPECT_EQ(job.at("state"), "succeeded");
  EXPECT_TRUE(job.at("error").is_null());
  const Json rows = attempts(id);
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows.at(0).at("outcome"), "failed");
  EXPECT_EQ(rows.at(0).at("error").at("attempt"), 1);
  EXPECT_EQ(rows.at(1).at("outcome"), "succeeded");
  EXPECT_EQ(rows.at(1).at("attempt"), 2);
}

TEST_F(Jobs, ACancelledJobCanBeRetriedAndAQueuedOrSucceededOneCannot) {
  const std::string id = held();
  expect_problem(act(id, "retry"), 409, "conflict");
  ASSERT_EQ(act(id, "cancel").status, 200);
  EXPECT_EQ(json_of(act(id, "retry")).at("state"), "queued");
  const std::string done = app().submit({{"type", "echo"}});
  app().ended(done);
  expect_problem(act(done, "retry"), 409, "conflict");
}

TEST_F(Jobs, SteeringTakesNoBodyButAnEmptyObject) {
  const std::string id = held();
  EXPECT_THAT(faults_of(expect_problem(app().post("/v1/jobs/" + id + "/cancel", R"({"why":"so"})"), 422,
                                       "validation_failed")),
              ElementsAre("unknown_field @ /why"));
  expect_problem(app().post("/v1/jobs/" + id + "/cancel?force=1"), 400, "invalid_parameter");
  EXPECT_EQ(app().call("POST", "/v1/jobs/" + id + "/cancel").status, 200);
  EXPECT_EQ(app().post("/v1/jobs/" + id + "/cancel", "{}").status, 200);
}

TEST_F(Jobs, OfAQueueTheHighestPriorityRunsFirstAndEqualOnesInOrder) {
  Sink sink([](const Sink::Request& request) { return Sink::Answer{.hold = request.target == "/gate"}; });
  const auto submit = [&](const std::string& name, std::int64_t priority) {
    return call(sink.url("/" + name), {{"queue", "single"}, {"priority", priority}});
  };
  submit("gate", 0);
  sink.wait_for(1);
  submit("low", 0);
  submit("first-of-equals", 5);
  submit("second-of-equals", 5);
  submit("highest", 2147483647);
  const std::string last = submit("low-later", 0);
  sink.release();
  app().ended(last);
  std::vector<std::string> order;
  for (const auto& request : sink.wait_for(6)) order.push_back(request.target);
  EXPECT_THAT(
      order, ElementsAre("/gate", "/highest", "/first-of-equals", "/second-of-equals", "/low", "/low-later"));
}

TEST_F(Jobs, AJobIsReadableAndListedRightAfterItsAcceptance) {
  for (int i = 0; i < 20; ++i) {
    const std::string id = held();
    EXPECT_EQ(app().get("/v1/jobs/" + id).status, 200);
    EXPECT_EQ(json_of(app().get("/v1/jobs?limit=1&queue=held")).at("data").at(0).at("id"), id);
  }
}

}  // namespace
}  // namespace waypost::test
