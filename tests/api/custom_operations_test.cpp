#include <gmock/gmock.h>

#include "support/app_fixture.hpp"
#include "support/sink.hpp"
#include "waypost/webhook/signature.hpp"
#include "waypost/webhook/signing_key.hpp"

// §3.4: operations of the operator's own, end to end.
namespace waypost::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::UnorderedElementsAre;

const std::string collection = "/v1/operations/";

Sink::Answer echo_payload(const Sink::Request& request) {
  const Json call = Json::parse(request.body);
  return {.status = 200,
          .fields = {{"Content-Type", "application/json"}},
          .body = Json{{"got", call.at("payload")}}.dump()};
}

RawResponse define(const RunningApp& app, const std::string& type, Json definition) {
  if (!definition.contains("kind")) definition["kind"] = "http";
  return app.call("PUT", collection + type, {{"Content-Type", "application/json"}}, definition.dump());
}

std::map<std::string, Json> operations(const RunningApp& app) {
  std::map<std::string, Json> out;
  for (const auto& row : json_of(app.get("/v1/operations")).at("data")) out[row.at("type")] = row;
  return out;
}

class CustomOperations : public SharedApp<CustomOperations> {};

TEST_F(CustomOperations, AJobCallsItWithItsEnvelopeSigned) {
  Sink target(echo_payload);
  const auto made = define(app(), "video.transcode",
                           {{"url", target.url("/transcode")},
                            {"headers", {{"Authorization", "Bearer token"}}},
                            {"description", "Transcodes."}});
  ASSERT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(json_of(made), (Json{{"type", "video.transcode"},
                                 {"kind", "http"},
                                 {"description", "Transcodes."},
                                 {"schema", Json::object()}}));
  const std::string id = app().submit({{"type", "video.transcode"}, {"payload", {{"big", 7}}}});
  const Json job = app().ended(id);
  EXPECT_EQ(job.at("state"), "succeeded") << job;
  EXPECT_EQ(job.at("result"), (Json{{"got", {{"big", 7}}}}));
  const auto call = target.wait_for(1)[0];
  EXPECT_EQ(call.method, "POST");
  EXPECT_EQ(call.field("authorization"), "Bearer token");
  EXPECT_EQ(Json::parse(call.body),
            (Json{{"job_id", id}, {"row", nullptr}, {"attempt", 1}, {"payload", {{"big", 7}}}}));
  const auto own = webhook::service_secret(app().data_dir() / "secret.key");
  EXPECT_TRUE(webhook::verify(*webhook::parse_secret(*own),
                              {.id = call.field("webhook-id"),
                               .timestamp = call.field("webhook-timestamp"),
                               .signature = call.field("webhook-signature"),
                               .body = call.body},
                              SystemClock().now()));
}

TEST_F(CustomOperations, EachRowOfABatchCallsItWithItsNumber) {
  Sink target(echo_payload);
  ASSERT_EQ(define(app(), "by-row", {{"url", target.url()}, {"concurrency", 2}}).status, 201);
  const auto accepted = app().post_csv("/v1/jobs?type=by-row", "city\nToledo\nParis\n");
  ASSERT_EQ(accepted.status, 202) << accepted.body;
  const std::string id = json_of(accepted).at("id");
  ASSERT_EQ(app().ended(id).at("state"), "succeeded");
  std::map<int, Json> calls;
  for (const auto& request : target.wait_for(2)) {
    const Json call = Json::parse(request.body);
    EXPECT_EQ(request.field("webhook-id"), id + "." + std::to_string(call.at("row").get<int>()) + ".1");
    calls[call.at("row")] = call;
  }
  EXPECT_EQ(calls.at(2),
            (Json{{"job_id", id}, {"row", 2}, {"attempt", 1}, {"payload", {{"city", "Paris"}}}}));
  EXPECT_THAT(app().get("/v1/jobs/" + id + "/report").body, HasSubstr("Paris,2,succeeded,1"));
}

TEST_F(CustomOperations, ADefinitionIsReplacedAndRemovedWhileItRuns) {
  Sink first(echo_payload), second([](const Sink::Request&) { return Sink::Answer{.status = 204}; });
  ASSERT_EQ(define(app(), "moving", {{"url", first.url()}}).status, 201);
  ASSERT_EQ(app().ended(app().submit({{"type", "moving"}})).at("state"), "succeeded");
  ASSERT_EQ(define(app(), "moving", {{"url", second.url()}}).status, 200);
  const Json job = app().ended(app().submit({{"type", "moving"}}));
  EXPECT_EQ(job.at("state"), "succeeded");
  EXPECT_EQ(job.at("result"), nullptr) << "an empty answer";
  EXPECT_EQ(first.requests().size(), 1u);
  EXPECT_EQ(second.requests().size(), 1u);
  EXPECT_EQ(app().call("DELETE", collection + "moving").status, 204);
  expect_problem(app().call("DELETE", collection + "moving"), 404, "not_found");
  expect_problem(app().post("/v1/jobs", R"({"type": "moving"})"), 422, "unknown_operation");
  EXPECT_FALSE(operations(app()).contains("moving"));
}

TEST_F(CustomOperations, PayloadsAreHeldToItsSchema) {
  Sink target(echo_payload);
  const Json schema{{"type", "object"},
                    {"properties", {{"height", {{"type", "integer"}}}}},
                    {"required", {"height"}},
                    {"additionalProperties", false}};
  ASSERT_EQ(define(app(), "strict", {{"url", target.url()}, {"schema", schema}}).status, 201);
  EXPECT_EQ(operations(app()).at("strict").at("schema"), schema);
  const auto problem =
      expect_problem(app().post("/v1/jobs", R"({"type": "strict", "payload": {"height": "tall"}})"), 422,
                     "validation_failed");
  EXPECT_THAT(faults_of(problem), testing::Contains("schema_mismatch @ /payload/height"));
  EXPECT_EQ(app().ended(app().submit({{"type", "strict"}, {"payload", {{"height", 5}}}})).at("state"),
            "succeeded");
}

TEST_F(CustomOperations, ItsTimesAndAttemptsHoldForJobsThatDoNotSay) {
  Sink broken([](const Sink::Request&) { return Sink::Answer{.status = 503, .body = "busy"}; });
  ASSERT_EQ(define(app(), "failing", {{"url", broken.url()}, {"max_attempts", 2}}).status, 201);
  const Json job = app().ended(app().submit({{"type", "failing"}, {"backoff", {{"initial_seconds", 0}}}}));
  EXPECT_EQ(job.at("state"), "failed");
  EXPECT_EQ(job.at("max_attempts"), 2);
  EXPECT_EQ(job.at("error").at("code"), "http_status");
  EXPECT_THAT(job.at("error").at("message").get<std::string>(), HasSubstr("busy"));
  const auto calls = broken.wait_for(2);
  EXPECT_EQ(Json::parse(calls[1].body).at("attempt"), 2);
  EXPECT_NE(calls[0].field("webhook-id"), calls[1].field("webhook-id"));
  EXPECT_EQ(json_of(app().post("/v1/jobs", R"({"type": "failing", "max_attempts": 1})")).at("max_attempts"),
            1);
}

TEST_F(CustomOperations, WhatIsNoJsonOrNoSuccessFailsForGood) {
  Sink html([](const Sink::Request&) { return Sink::Answer{.status = 200, .body = "<html>"}; });
  Sink refusing([](const Sink::Request&) { return Sink::Answer{.status = 404}; });
  ASSERT_EQ(define(app(), "html", {{"url", html.url()}}).status, 201);
  ASSERT_EQ(define(app(), "refusing", {{"url", refusing.url()}}).status, 201);
  const Json no_json = app().ended(app().submit({{"type", "html"}}));
  EXPECT_EQ(no_json.at("error").at("code"), "result_not_json");
  EXPECT_EQ(no_json.at("attempt"), 1);
  const Json refused = app().ended(app().submit({{"type", "refusing"}}));
  EXPECT_EQ(refused.at("error").at("code"), "http_status");
  EXPECT_EQ(refused.at("attempt"), 1);
}

TEST_F(CustomOperations, NoMoreCallsThanItsConcurrencyRunAtOnce) {
  Sink target([](const Sink::Request&) { return Sink::Answer{.status = 204, .hold = true}; });
  ASSERT_EQ(define(app(), "narrow", {{"url", target.url()}, {"concurrency", 2}}).status, 201);
  std::vector<std::string> jobs;
  for (int i = 0; i < 4; ++i) jobs.push_back(app().submit({{"type", "narrow"}, {"timeout_seconds", 60}}));
  target.wait_for(2);
  EXPECT_EQ(app().ended(app().submit({{"type", "echo"}})).at("state"), "succeeded") << "others go on";
  EXPECT_EQ(target.requests().size(), 2u);
  app().post("/v1/jobs/" + jobs[3] + "/cancel");
  EXPECT_EQ(app().ended(jobs[3]).at("state"), "cancelled") << "without a turn";
  EXPECT_EQ(target.requests().size(), 2u);
  target.release();
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(app().ended(jobs[static_cast<std::size_t>(i)]).at("state"), "succeeded");
  EXPECT_EQ(target.requests().size(), 3u);
}

TEST_F(CustomOperations, ItsConcurrencyHoldsForJobsAndForRowsOfBatchesTogether) {
  Sink target([](const Sink::Request&) { return Sink::Answer{.status = 204, .hold = true}; });
  ASSERT_EQ(define(app(), "shared", {{"url", target.url()}, {"concurrency", 2}}).status, 201);
  const auto batch = [&] {
    const auto accepted = app().post_csv("/v1/jobs?type=shared", "city\nToledo\nParis\nRome\n");
    EXPECT_EQ(accepted.status, 202) << accepted.body;
    return json_of(accepted).at("id").get<std::string>();
  };
  std::vector<std::string> ids{app().submit({{"type", "shared"}})};
  target.wait_for(1);
  ids.push_back(batch());
  target.wait_for(2);
  ids.push_back(batch());
  ids.push_back(app().submit({{"type", "shared"}}));
  // All run, as far as their states go, and none of them gets a call more.
  for (const std::string& id : ids) app().until_state(id, "running");
  app().ended(app().submit({{"type", "echo"}}));
  EXPECT_EQ(target.requests().size(), 2u);
  // One that waits for its turn can be paused: nothing of it is under way.
  app().post("/v1/jobs/" + ids[2] + "/pause");
  app().until_state(ids[2], "paused");
  EXPECT_EQ(target.requests().size(), 2u);
  app().post("/v1/jobs/" + ids[2] + "/resume");
  target.release();
  for (const std::string& id : ids) EXPECT_EQ(app().ended(id).at("state"), "succeeded");
  EXPECT_EQ(target.requests().size(), 8u) << "each row and each job once";
}

TEST_F(CustomOperations, EveryFaultOfADefinitionIsNamed) {
  const auto refused = [](const RawResponse& response) {
    return faults_of(expect_problem(response, 422, "validation_failed"));
  };
  EXPECT_THAT(refused(define(app(), "bad", {{"kind", "external"}})),
              UnorderedElementsAre("not_supported @ /kind", "required @ /url"));
  EXPECT_THAT(refused(define(app(), "bad",
                             {{"url", "ftp://x/"},
                              {"method", "BREW"},
                              {"headers", {{"Host", "x"}, {"webhook-id", "y"}}},
                              {"schema", {{"type", 7}}},
                              {"timeout_seconds", 0},
                              {"max_attempts", 101},
                              {"concurrency", 0},
                              {"colour", "red"}})),
              UnorderedElementsAre("malformed @ /url", "not_allowed @ /method", "not_allowed @ /headers/Host",
                                   "not_allowed @ /headers/webhook-id", "malformed @ /schema",
                                   "out_of_range @ /timeout_seconds", "out_of_range @ /max_attempts",
                                   "out_of_range @ /concurrency", "unknown_field @ /colour"));
  expect_problem(define(app(), "bad", {{"url", "http://169.254.169.254/"}}), 422, "egress_forbidden");
  expect_problem(define(app(), "echo", {{"url", "http://127.0.0.1/"}}), 409, "conflict");
  expect_problem(app().call("DELETE", collection + "geocode"), 409, "conflict");
  EXPECT_FALSE(operations(app()).contains("bad"));
}

TEST_F(CustomOperations, TheBuiltInOnesAreListedBesideThem) {
  EXPECT_EQ(operations(app()).at("http").at("kind"), "builtin");
}

TEST(CustomOperationsOfTheConfiguration, AreServedAndCannotBeChangedElsewhere) {
  Sink target(echo_payload);
  RunningApp app([&](app::Config& config) {
    app::OperationConfig& operation = config.operations["configured"];
    operation.kind = "http";
    operation.url = target.url();
    operation.timeout_seconds = 7;
  });
  EXPECT_EQ(operations(app).at("configured").at("kind"), "http");
  EXPECT_EQ(app.ended(app.submit({{"type", "configured"}})).at("state"), "succeeded");
  expect_problem(define(app, "configured", {{"url", target.url()}}), 409, "conflict");
  expect_problem(app.call("DELETE", collection + "configured"), 409, "conflict");
}

}  // namespace
}  // namespace waypost::test
