#include <gmock/gmock.h>

#include "support/app_fixture.hpp"

// §3.1 and §3.3: pausing, confirming and changing a job, what it waits for, and its unique key.
namespace waypost::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class Steering : public SharedApp<Steering> {
 public:
  static void configure(app::Config& config) {
    config.queues["held"].concurrency = 0;
    config.queues["single"].concurrency = 1;
  }
  static std::string held(Json fields = Json::object()) {
    fields["type"] = "echo";
    fields["queue"] = "held";
    return app().submit(fields);
  }
  static RawResponse act(const std::string& id, const std::string& action) {
    return app().post("/v1/jobs/" + id + "/" + action);
  }
  static RawResponse patch(const std::string& id, const Json& body, Headers headers = {}) {
    headers.emplace_back("Content-Type", "application/json");
    return app().call("PATCH", "/v1/jobs/" + id, headers, body.dump());
  }
  static std::vector<std::string> event_types(const std::string& id) {
    std::vector<std::string> out;
    const Json events =
        json_of(app().get("/v1/jobs/" + id + "/events", {{"Accept", "application/json"}})).at("data");
    for (const auto& event : events) out.push_back(event.at("type"));
    return out;
  }
};

TEST_F(Steering, AQueuedJobIsPausedAndResumedAndAskingTwiceIsFine) {
  const auto id = held();
  for (int i = 0; i < 2; ++i) {
    const auto paused = act(id, "pause");
    EXPECT_EQ(paused.status, 200) << paused.body;
    EXPECT_EQ(json_of(paused).at("state"), "paused");
    EXPECT_EQ(json_of(paused).at("state_reason"), "paused by request");
  }
  for (int i = 0; i < 2; ++i) {
    const auto resumed = act(id, "resume");
    EXPECT_EQ(resumed.status, 200) << resumed.body;
    EXPECT_EQ(json_of(resumed).at("state"), "queued");
  }
  EXPECT_THAT(event_types(id), ElementsAre("job.paused"));
}

TEST_F(Steering, AScheduledJobComesBackWithItsRunAt) {
  const auto id = app().submit({{"type", "echo"}, {"delay_seconds", 3600}});
  const Json before = app().job(id);
  act(id, "pause");
  const Json after = json_of(act(id, "resume"));
  EXPECT_EQ(after.at("state"), "scheduled");
  EXPECT_EQ(after.at("run_at"), before.at("run_at"));
}

TEST_F(Steering, ARunningJobPausesAndMayGoOn) {
  const auto id = app().submit({{"type", "sleep"}, {"payload", {{"seconds", 30}}}});
  app().until_state(id, "running");
  EXPECT_EQ(json_of(act(id, "pause")).at("state"), "pausing");
  EXPECT_EQ(json_of(act(id, "pause")).at("state"), "pausing");
  EXPECT_EQ(json_of(act(id, "resume")).at("state"), "running");
  EXPECT_EQ(act(id, "resume").status, 200);
  act(id, "cancel");
  EXPECT_EQ(app().ended(id).at("state"), "cancelled");
}

TEST_F(Steering, WhatAStateForbidsIsAConflictThatNamesIt) {
  const auto id = app().submit({{"type", "echo"}});
  app().ended(id);
  for (const char* action : {"pause", "resume", "confirm"}) {
    const Json problem = expect_problem(act(id, action), 409, "conflict");
    EXPECT_THAT(problem.at("detail").get<std::string>(), HasSubstr("is succeeded")) << action;
  }
  expect_problem(patch(id, {{"priority", 1}}), 409, "conflict");
  expect_problem(act("job_01ARZ3NDEKTSV4RRFFQ69G5FAV", "pause"), 404, "not_found");
  expect_problem(app().post("/v1/jobs/" + id + "/pause", R"({"now":true})"), 422, "validation_failed");
}

TEST_F(Steering, AJobThatNeedsConfirmationWaitsForIt) {
  const auto id = app().submit({{"type", "echo"}, {"confirmation_required", true}});
  EXPECT_EQ(app().job(id).at("state"), "awaiting_confirmation");
  expect_problem(act(id, "pause"), 409, "conflict");
  EXPECT_THAT(json_of(act(id, "confirm")).at("state"), testing::AnyOf("queued", "running", "succeeded"));
  EXPECT_EQ(app().ended(id).at("state"), "succeeded");
  EXPECT_THAT(event_types(id), ElementsAre("job.awaiting_confirmation", "job.started", "job.succeeded"));
  const auto other = app().submit({{"type", "echo"}, {"confirmation_required", true}});
  EXPECT_EQ(json_of(act(other, "cancel")).at("state"), "cancelled");
}

TEST_F(Steering, PatchChangesWhatIsGiven) {
  const auto id = held({{"priority", 1}, {"tags", {{"team", "maps"}, {"x", "1"}}}, {"description", "old"}});
  const auto patched = patch(id, {{"priority", 2147483647}, {"tags", {{"team", "roads"}}}});
  ASSERT_EQ(patched.status, 200) << patched.body;
  const Json job = json_of(patched);
  EXPECT_EQ(job.at("priority"), 2147483647);
  EXPECT_EQ(job.at("tags"), (Json{{"team", "roads"}}));
  EXPECT_EQ(job.at("description"), "old");
  EXPECT_EQ(app().job(id), job);
  const Json found = json_of(app().get("/v1/jobs?tag.team=roads")).at("data");
  EXPECT_EQ(found.size(), 1u);
  EXPECT_EQ(json_of(patch(id, {{"description", nullptr}, {"priority", nullptr}})).at("description"), nullptr);
  EXPECT_EQ(app().job(id).at("priority"), 0);
}

TEST_F(Steering, PatchMovesRunAtBothWays) {
  const auto id = app().submit({{"type", "echo"}, {"delay_seconds", 3600}});
  const std::string later = json_of(app().get("/v1/jobs/" + id)).at("run_at");
  const auto sooner = patch(id, {{"run_at", nullptr}});
  EXPECT_EQ(sooner.status, 200) << sooner.body;
  EXPECT_EQ(app().ended(id).at("state"), "succeeded");
  const auto waiting = held();
  EXPECT_EQ(json_of(patch(waiting, {{"run_at", later}})).at("state"), "scheduled");
  EXPECT_EQ(app().job(waiting).at("run_at"), later);
}

TEST_F(Steering, PatchHonoursIfMatch) {
  const auto id = held();
  const std::string tag = app().get("/v1/jobs/" + id).field("etag");
  EXPECT_EQ(patch(id, {{"priority", 1}}, {{"If-Match", "\"99\", " + tag}}).status, 200);
  expect_problem(patch(id, {{"priority", 2}}, {{"If-Match", tag}}), 412, "precondition_failed");
  expect_problem(patch(id, {{"priority", 2}}, {{"If-Match", "W/\"2\""}}), 412, "precondition_failed");
  EXPECT_EQ(app().job(id).at("priority"), 1);
  EXPECT_EQ(patch(id, {{"priority", 2}}, {{"If-Match", "*"}}).status, 200);
}

TEST_F(Steering, PatchRefusesWhatItCannotChange) {
  const auto id = held();
  const Json problem = expect_problem(
      patch(id, {{"priority", -1}, {"run_at", "soon"}, {"queue", "other"}, {"tags", {{"a", 1}}}}), 422,
      "validation_failed");
  EXPECT_THAT(faults_of(problem), ElementsAre("malformed @ /run_at", "out_of_range @ /priority",
                                              "unknown_field @ /queue", "wrong_type @ /tags/a"));
}

TEST_F(Steering, DependentsRunAfterWhatTheyDependOn) {
  const auto first = held();
  const auto second = app().submit({{"type", "echo"}, {"depends_on", {first}}});
  const Json blocked = app().job(second);
  EXPECT_EQ(blocked.at("state"), "blocked");
  EXPECT_EQ(blocked.at("state_reason"), "waits for 1 job that it depends on");
  act(first, "cancel");
  const Json failed = app().ended(second);
  EXPECT_EQ(failed.at("state"), "failed");
  EXPECT_EQ(failed.at("error").at("code"), "dependency_failed");
  EXPECT_EQ(failed.at("attempt"), 0);

  const auto done = app().submit({{"type", "echo"}});
  const auto after = app().submit({{"type", "echo"}, {"depends_on", {done}}});
  EXPECT_EQ(app().ended(after).at("state"), "succeeded");
  const auto anyway =
      app().submit({{"type", "echo"}, {"depends_on", {first}}, {"on_dependency_failure", "run"}});
  EXPECT_EQ(app().ended(anyway).at("state"), "succeeded");
}

TEST_F(Steering, UnknownDependenciesAreNamedAndNothingIsMade) {
  const auto known = held();
  const Json refused =
      expect_problem(app().post("/v1/jobs", Json{{"type", "echo"},
                                                 {"tags", {{"never", "made"}}},
                                                 {"depends_on", {known, "job_01ARZ3NDEKTSV4RRFFQ69G5FAV"}}}
                                                .dump()),
                     422, "unknown_job");
  EXPECT_THAT(faults_of(refused), ElementsAre("unknown_job @ /depends_on/1"));
  const Json malformed =
      expect_problem(app().post("/v1/jobs", Json{{"type", "echo"}, {"depends_on", {"x", known}}}.dump()), 422,
                     "unknown_job");
  EXPECT_THAT(faults_of(malformed), ElementsAre("unknown_job @ /depends_on/0"));
  EXPECT_TRUE(json_of(app().get("/v1/jobs?tag.never=made")).at("data").empty());
}

TEST_F(Steering, AUniqueKeyStandsForOneLivingJob) {
  const Json unique = {{"key", "img-7"}};
  const auto first = held({{"unique", unique}});
  const auto again =
      app().post("/v1/jobs", Json{{"type", "echo"}, {"queue", "held"}, {"unique", unique}}.dump());
  EXPECT_EQ(again.status, 200) << again.body;
  EXPECT_EQ(json_of(again).at("id"), first);
  EXPECT_EQ(again.field("location"), "/v1/jobs/" + first);
  expect_problem(
      app().post("/v1/jobs",
                 Json{{"type", "echo"}, {"unique", {{"key", "img-7"}, {"on_conflict", "reject"}}}}.dump()),
      409, "duplicate_job");
  const auto next = held({{"unique", {{"key", "img-7"}, {"on_conflict", "replace"}}}});
  EXPECT_EQ(app().job(first).at("state"), "cancelled");
  act(next, "cancel");
  EXPECT_NE(held({{"unique", unique}}), next);
}

TEST_F(Steering, ABatchForWhichAnotherJobStandsLeavesNoManifest) {
  const auto folder = app().data_dir() / "manifests";
  const auto files = [&] {
    return std::distance(std::filesystem::directory_iterator(folder), std::filesystem::directory_iterator{});
  };
  const std::string target = "/v1/jobs?type=geocode&queue=held&unique.key=one-upload";
  const auto first = app().post_csv(target, "address\nToledo\n");
  ASSERT_EQ(first.status, 202) << first.body;
  const auto before = files();
  const auto second = app().post_csv(target, "address\nParis\n");
  EXPECT_EQ(second.status, 200) << second.body;
  EXPECT_EQ(json_of(second).at("id"), json_of(first).at("id"));
  EXPECT_EQ(files(), before);
}

TEST_F(Steering, FaultsOfTheNewFieldsAreAllReported) {
  const Json problem = expect_problem(app().post("/v1/jobs", Json{{"type", "echo"},
                                                                  {"unique", {{"on_conflict", "ignore"}}},
                                                                  {"on_dependency_failure", "stop"},
                                                                  {"concurrency_key", ""},
                                                                  {"confirmation_required", "yes"}}
                                                                 .dump()),
                                      422, "validation_failed");
  EXPECT_THAT(faults_of(problem),
              ElementsAre("not_allowed @ /on_dependency_failure", "not_allowed @ /unique/on_conflict",
                          "required @ /unique/key", "too_short @ /concurrency_key",
                          "wrong_type @ /confirmation_required"));
}

}  // namespace
}  // namespace waypost::test
