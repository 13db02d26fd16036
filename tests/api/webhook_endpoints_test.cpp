#include <gmock/gmock.h>

#include "support/app_fixture.hpp"
#include "support/sink.hpp"
#include "waypost/webhook/signature.hpp"

// §4: webhook endpoints as resources, end to end.
namespace waypost::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::UnorderedElementsAre;

const std::string collection = "/v1/webhook-endpoints";

std::vector<std::string> refused(const RawResponse& response) {
  return faults_of(expect_problem(response, 422, "validation_failed"));
}

class WebhookEndpoints : public SharedApp<WebhookEndpoints> {
 public:
  static void configure(app::Config& config) {
    config.webhooks.retry = {Milliseconds{0}, Milliseconds{0}, Milliseconds{0}};
  }
  ~WebhookEndpoints() override {
    for (const auto& id : made_) app().call("DELETE", collection + "/" + id);
  }

  /// A new endpoint that hears only of jobs with a tag of its own.
  Json make(const std::string& url, Json fields = Json::object()) {
    fields["url"] = url;
    if (!fields.contains("filter")) fields["filter"] = {{"tags", {{"test", url}}}};
    const auto response = app().post(collection, fields.dump());
    EXPECT_EQ(response.status, 201) << response.body;
    Json endpoint = json_of(response);
    made_.push_back(endpoint.at("id"));
    EXPECT_EQ(response.field("location"), path(endpoint));
    return endpoint;
  }
  static std::string path(const Json& endpoint) {
    return collection + "/" + endpoint.at("id").get<std::string>();
  }
  static Json read(const Json& endpoint) { return json_of(app().get(path(endpoint))); }
  static RawResponse patch(const Json& endpoint, const Json& changes) {
    return app().call("PATCH", path(endpoint), {{"Content-Type", "application/json"}}, changes.dump());
  }
  /// A job that the endpoint at `url` hears of.
  static std::string run_job(const std::string& url) {
    return app().submit({{"type", "echo"}, {"tags", {{"test", url}}}});
  }
  /// The deliveries of an endpoint once `holds` of them.
  static Json deliveries(const Json& endpoint, const std::function<bool(const Json&)>& holds) {
    const auto patience = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    for (;;) {
      const Json page = json_of(app().get(path(endpoint) + "/deliveries"));
      if (holds(page.at("data"))) return page.at("data");
      if (std::chrono::steady_clock::now() > patience) throw std::runtime_error("it stays: " + page.dump());
      std::this_thread::yield();
    }
  }
  static Json settled(const Json& endpoint, std::size_t count) {
    return deliveries(endpoint, [count](const Json& rows) {
      return rows.size() >= count &&
             std::ranges::all_of(rows, [](const Json& row) { return row.at("state") != "pending"; });
    });
  }
  static bool verifies(const Sink::Request& request, const std::string& secret) {
    return webhook::verify(*webhook::parse_secret(secret),
                           {.id = request.field("webhook-id"),
                            .timestamp = request.field("webhook-timestamp"),
                            .signature = request.field("webhook-signature"),
                            .body = request.body},
                           SystemClock().now())
        .has_value();
  }

 private:
  std::vector<std::string> made_;
};

TEST_F(WebhookEndpoints, AnEndpointShowsItsSecretOnce) {
  Sink sink;
  const Json made = make(sink.url(), {{"description", "ours"}, {"headers", {{"X-Env", "live"}}}});
  EXPECT_THAT(made.at("id").get<std::string>(), testing::StartsWith("whe_"));
  EXPECT_TRUE(webhook::parse_secret(made.at("secret").get<std::string>()));
  EXPECT_EQ(made.at("events"), (Json{"job.succeeded", "job.partial", "job.failed", "job.cancelled"}));
  EXPECT_EQ(made.at("enabled"), true);
  EXPECT_EQ(made.at("disabled"), nullptr);
  EXPECT_EQ(made.at("headers"), (Json{{"X-Env", "live"}}));
  EXPECT_EQ(made.at("rate_per_second"), nullptr);
  Json shown = made;
  shown.erase("secret");
  EXPECT_EQ(read(made), shown);
}

TEST_F(WebhookEndpoints, SecretsLieEncryptedInTheStore) {
  Sink sink;
  const Json made = make(sink.url(), {{"headers", {{"Authorization", "Bearer very-hidden-token"}}}});
  std::string bytes;
  for (const auto& entry : std::filesystem::directory_iterator(app().data_dir()))
    if (entry.path().filename().string().starts_with("waypost.db")) {
      std::ifstream file(entry.path(), std::ios::binary);
      bytes.append(std::istreambuf_iterator<char>(file), {});
    }
  EXPECT_THAT(bytes, HasSubstr(sink.url())) << "the endpoint is there";
  EXPECT_THAT(bytes, Not(HasSubstr("very-hidden-token")));
  EXPECT_THAT(bytes, Not(HasSubstr(made.at("secret").get<std::string>())));
}

TEST_F(WebhookEndpoints, TheSameKeyMakesOneEndpointAndShowsItsSecretAgain) {
  Sink sink;
  const std::string body = Json{{"url", sink.url()}, {"enabled", false}}.dump();
  const auto first = app().post(collection, body, {{"Idempotency-Key", "endpoint-1"}});
  const auto again = app().post(collection, body, {{"Idempotency-Key", "\"endpoint-1\""}});
  EXPECT_EQ(first.status, 201);
  EXPECT_EQ(again.status, 201);
  EXPECT_EQ(again.body, first.body);
  EXPECT_EQ(again.field("idempotency-replayed"), "true");
  EXPECT_EQ(again.field("location"), first.field("location"));
  expect_problem(
      app().post(collection, Json{{"url", sink.url("/other")}}.dump(), {{"Idempotency-Key", "endpoint-1"}}),
      422, "idempotency_key_reused");
  app().call("DELETE", first.field("location"));
}

TEST_F(WebhookEndpoints, EveryFaultIsNamed) {
  EXPECT_THAT(refused(app().post(collection, "{}")), ElementsAre("required @ /url"));
  const Json bad{{"url", "ftp://example.com/"},
                 {"events", {"job.succeeded", "job.vanished"}},
                 {"filter", {{"types", {"echo", 7}}, {"tag", {{"a", "b"}}}}},
                 {"headers", {{"Host", "x"}, {"webhook-id", "x"}, {"X-A", "a\nb"}}},
                 {"rate_per_second", 0},
                 {"enabled", "yes"},
                 {"secret", "whsec_mine"}};
  EXPECT_THAT(
      refused(app().post(collection, bad.dump())),
      testing::IsSupersetOf({"malformed @ /url", "not_allowed @ /events/1", "unknown_field @ /filter/tag",
                             "not_allowed @ /headers/Host", "not_allowed @ /headers/webhook-id",
                             "malformed @ /headers/X-A", "out_of_range @ /rate_per_second",
                             "wrong_type @ /enabled", "unknown_field @ /secret"}));
  EXPECT_THAT(refused(app().post(collection, "[]")), ElementsAre("wrong_type @ "));
}

TEST_F(WebhookEndpoints, AForbiddenAddressIsRefusedWhenItIsGiven) {
  const auto problem = expect_problem(app().post(collection, R"({"url": "http://169.254.169.254/"})"), 422,
                                      "egress_forbidden");
  EXPECT_THAT(faults_of(problem), ElementsAre("egress_forbidden @ /url"));
  Sink sink;
  const Json made = make(sink.url());
  expect_problem(patch(made, {{"url", "http://127.0.0.2/"}}), 422, "egress_forbidden");
  EXPECT_EQ(read(made).at("url"), sink.url());
}

TEST_F(WebhookEndpoints, APatchChangesWhatItNamesAndNullTakesBack) {
  Sink sink;
  const Json made = make(sink.url(), {{"description", "ours"}, {"rate_per_second", 5}});
  const auto changed = patch(made, {{"description", nullptr},
                                    {"rate_per_second", nullptr},
                                    {"events", {"job.started"}},
                                    {"filter", {{"types", {"echo"}}, {"queues", {"mail"}}}}});
  ASSERT_EQ(changed.status, 200) << changed.body;
  const Json now = json_of(changed);
  EXPECT_EQ(now.at("description"), nullptr);
  EXPECT_EQ(now.at("rate_per_second"), nullptr);
  EXPECT_EQ(now.at("events"), Json{"job.started"});
  EXPECT_EQ(now.at("filter"), (Json{{"types", {"echo"}}, {"queues", {"mail"}}, {"tags", Json::object()}}));
  EXPECT_EQ(now.at("url"), sink.url());
  EXPECT_EQ(read(made), now);
}

TEST_F(WebhookEndpoints, AListGoesByPagesAndForgetsWhatIsDeleted) {
  Sink sink;
  const Json first = make(sink.url("/1")), second = make(sink.url("/2"));
  const auto page = app().get(collection + "?limit=1");
  EXPECT_EQ(json_of(page).at("data").at(0).at("id"), second.at("id"));
  EXPECT_FALSE(json_of(page).at("data").at(0).contains("secret"));
  EXPECT_THAT(page.field("link"), HasSubstr("rel=\"next\""));
  const std::string cursor = json_of(page).at("next_cursor");
  EXPECT_EQ(json_of(app().get(collection + "?limit=1&cursor=" + cursor)).at("data").at(0).at("id"),
            first.at("id"));
  EXPECT_EQ(app().call("DELETE", path(first)).status, 204);
  expect_problem(app().get(path(first)), 404, "not_found");
  expect_problem(app().call("DELETE", path(first)), 404, "not_found");
  expect_problem(app().get(collection + "?limit=0"), 400, "invalid_parameter");
}

TEST_F(WebhookEndpoints, ItsEventsComeSignedAndItsDeliveriesAreShown) {
  Sink sink;
  const Json made = make(sink.url(), {{"events", {"job.started", "job.succeeded"}}});
  const std::string job = run_job(sink.url());
  const auto requests = sink.wait_for(2);
  EXPECT_EQ(Json::parse(requests[0].body).at("type"), "job.started");
  const Json end = Json::parse(requests[1].body);
  EXPECT_EQ(end.at("type"), "job.succeeded");
  EXPECT_EQ(end.at("data").at("job").at("id"), job);
  EXPECT_GT(end.at("data").at("sequence"), Json::parse(requests[0].body).at("data").at("sequence"));
  EXPECT_TRUE(verifies(requests[1], made.at("secret")));
  const Json rows = settled(made, 2);
  EXPECT_EQ(rows.at(0).at("type"), "job.succeeded");
  EXPECT_EQ(rows.at(0).at("event_id"), requests[1].field("webhook-id"));
  EXPECT_EQ(rows.at(0).at("state"), "delivered");
  EXPECT_EQ(rows.at(0).at("job_id"), job);
  EXPECT_EQ(rows.at(0).at("endpoint_id"), made.at("id"));
  ASSERT_EQ(rows.at(0).at("attempts").size(), 1u);
  EXPECT_EQ(rows.at(0).at("attempts").at(0).at("status"), 204);
}

TEST_F(WebhookEndpoints, AFailedDeliveryShowsEachAttemptAndGoesAgainOnRequest) {
  std::atomic<bool> well = false;
  Sink sink([&](const Sink::Request&) {
    return well ? Sink::Answer{} : Sink::Answer{.status = 503, .body = "not now"};
  });
  const Json made = make(sink.url());
  run_job(sink.url());
  const Json failed = settled(made, 1).at(0);
  EXPECT_EQ(failed.at("state"), "given_up");
  ASSERT_EQ(failed.at("attempts").size(), 3u);
  EXPECT_EQ(failed.at("attempts").at(2).at("attempt"), 3);
  EXPECT_EQ(failed.at("attempts").at(2).at("status"), 503);
  EXPECT_EQ(failed.at("attempts").at(2).at("reply"), "not now");
  EXPECT_NE(read(made).at("failing_since"), nullptr);
  well = true;
  const std::string again = "/v1/deliveries/" + failed.at("id").get<std::string>() + "/redeliver";
  const auto response = app().post(again, "", {{"Idempotency-Key", "redeliver-1"}});
  ASSERT_EQ(response.status, 202) << response.body;
  EXPECT_NE(json_of(response).at("id"), failed.at("id"));
  EXPECT_EQ(json_of(response).at("event_id"), failed.at("event_id"));
  EXPECT_EQ(app().post(again, "", {{"Idempotency-Key", "redeliver-1"}}).body, response.body);
  EXPECT_EQ(failed.at("event_id"), sink.wait_for(4)[3].field("webhook-id"));
  EXPECT_EQ(settled(made, 2).size(), 2u);
  EXPECT_EQ(json_of(app().get(path(made) + "/deliveries?state=given_up")).at("data").size(), 1u);
  expect_problem(app().get(path(made) + "/deliveries?state=lost"), 400, "invalid_parameter");
  expect_problem(app().post("/v1/deliveries/dlv_01KAQ5ZS6E8V1X0Y2T3R4W5N7M/redeliver"), 404, "not_found");
}

TEST_F(WebhookEndpoints, ARotatedSecretSignsBesideTheOldOne) {
  Sink sink;
  const Json made = make(sink.url());
  const auto rotated = app().post(path(made) + "/rotate-secret", "", {{"Idempotency-Key", "rotate-1"}});
  ASSERT_EQ(rotated.status, 200) << rotated.body;
  const std::string fresh = json_of(rotated).at("secret");
  EXPECT_NE(fresh, made.at("secret").get<std::string>());
  EXPECT_EQ(app().post(path(made) + "/rotate-secret", "", {{"Idempotency-Key", "rotate-1"}}).body,
            rotated.body);
  run_job(sink.url());
  const auto request = sink.wait_for(1)[0];
  EXPECT_TRUE(verifies(request, fresh));
  EXPECT_TRUE(verifies(request, made.at("secret")));
}

TEST_F(WebhookEndpoints, ATestEventIsSentAtOnce) {
  Sink sink;
  const Json made = make(sink.url());
  const auto response = app().post(path(made) + "/test");
  ASSERT_EQ(response.status, 202) << response.body;
  EXPECT_EQ(json_of(response).at("type"), "webhook.test");
  EXPECT_EQ(json_of(response).at("job_id"), nullptr);
  const auto request = sink.wait_for(1)[0];
  EXPECT_EQ(json_of(response).at("event_id"), request.field("webhook-id"));
  EXPECT_EQ(Json::parse(request.body).at("type"), "webhook.test");
  EXPECT_TRUE(verifies(request, made.at("secret")));
}

TEST_F(WebhookEndpoints, AReplaySendsAgainWhatWasSentSince) {
  Sink sink;
  const Json made = make(sink.url());
  for (std::size_t i = 1; i <= 3; ++i) {
    run_job(sink.url());
    settled(made, i);
  }
  const std::string replay = path(made) + "/replay";
  const Json body{{"since", made.at("created_at")}};
  const auto response = app().post(replay, body.dump(), {{"Idempotency-Key", "replay-1"}});
  ASSERT_EQ(response.status, 202) << response.body;
  EXPECT_EQ(json_of(response), (Json{{"replayed", 3}}));
  const auto repeated = app().post(replay, body.dump(), {{"Idempotency-Key", "replay-1"}});
  EXPECT_EQ(repeated.body, response.body);
  EXPECT_EQ(repeated.field("idempotency-replayed"), "true");
  std::vector<std::string> before, after;
  for (const auto& request : sink.wait_for(6))
    (before.size() < 3 ? before : after).push_back(request.field("webhook-id"));
  EXPECT_THAT(after, testing::UnorderedElementsAreArray(before));
  EXPECT_THAT(refused(app().post(replay, "{}")), ElementsAre("required @ /since"));
  EXPECT_THAT(refused(app().post(replay, R"({"since": "yesterday"})")), ElementsAre("malformed @ /since"));
  EXPECT_THAT(refused(app().post(replay, R"({"since": "2999-01-01T00:00:00Z"})")),
              ElementsAre("out_of_range @ /since"));
}

TEST_F(WebhookEndpoints, A410DisablesItInTheOpen) {
  Sink sink([](const Sink::Request&) { return Sink::Answer{.status = 410}; });
  const Json made = make(sink.url());
  run_job(sink.url());
  settled(made, 1);
  Json now = read(made);
  while (now.at("disabled").is_null()) now = read(made);  // it is noted just after the attempt
  EXPECT_EQ(now.at("enabled"), false);
  EXPECT_EQ(now.at("disabled").at("reason"), "gone");
  EXPECT_TRUE(from_rfc3339(now.at("disabled").at("at").get<std::string>()));
  expect_problem(app().post(path(made) + "/test"), 409, "conflict");
  EXPECT_THAT(app().get("/metrics").body,
              HasSubstr("waypost_webhook_endpoints_disabled_total{reason=\"gone\"} 1"));
  EXPECT_EQ(json_of(patch(made, {{"enabled", true}})).at("disabled"), nullptr);
  EXPECT_EQ(app().post(path(made) + "/test").status, 202);
}

TEST_F(WebhookEndpoints, OneThatIsDisabledByRequestHearsNothing) {
  Sink sink;
  const Json made = make(sink.url(), {{"enabled", false}});
  EXPECT_EQ(made.at("disabled").at("reason"), "requested");
  app().ended(run_job(sink.url()));
  ASSERT_EQ(patch(made, {{"enabled", true}}).status, 200);
  const std::string second = run_job(sink.url());
  EXPECT_THAT(sink.wait_for(1)[0].body, HasSubstr(second));
}

TEST_F(WebhookEndpoints, AJobsOwnWebhookAndAnEndpointGetTheSameEventUnderOneId) {
  Sink own, sink;
  make(sink.url());
  app().submit({{"type", "echo"},
                {"tags", {{"test", sink.url()}}},
                {"webhook", {{"url", own.url()}, {"payload", "thin"}}}});
  EXPECT_EQ(own.wait_for(1)[0].field("webhook-id"), sink.wait_for(1)[0].field("webhook-id"));
  EXPECT_EQ(Json::parse(own.requests()[0].body).at("data").at("job").size(), 3u);
  EXPECT_GT(Json::parse(sink.requests()[0].body).at("data").at("job").size(), 3u);
}

}  // namespace
}  // namespace waypost::test
