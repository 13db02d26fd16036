#include <gmock/gmock.h>

#include <set>

#include "api/router.hpp"
#include "support/app_fixture.hpp"

// GET /v1/audit: who did what to what.
namespace waypost::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class AuditTrail : public testing::Test {
 public:
  RawResponse call(std::string_view method, std::string_view target, const Json& body = nullptr) {
    Headers headers{{"Content-Type", "application/json"}, {"X-Request-Id", "request-1"}};
    if (!key.empty()) headers.emplace_back("Authorization", "Bearer " + key);
    return app.call(method, target, headers, body.is_null() ? "" : body.dump());
  }
  Json rows(const std::string& query = "") {
    const auto response = call("GET", "/v1/audit" + query);
    EXPECT_EQ(response.status, 200) << response.body;
    return json_of(response).at("data");
  }
  /// The actions, the newest first.
  std::vector<std::string> actions(const std::string& query = "") {
    std::vector<std::string> actions;
    for (const auto& row : rows(query)) actions.push_back(row.at("action"));
    return actions;
  }
  std::string job() {
    return json_of(call("POST", "/v1/jobs", {{"type", "echo"}, {"delay_seconds", 3600}})).at("id");
  }

  ManualClock clock;
  RunningApp app{clock, {}};
  std::string key;
};

TEST_F(AuditTrail, EveryRouteThatChangesSomethingIsAuditedButPlainSubmissions) {
  const std::set<std::string_view> plain{"/v1/jobs", "/v1/jobs/bulk", "/v1/manifests",
                                         "/v1/webhook-endpoints/{id}/test"};
  std::set<std::string_view> seen;
  for (const auto& route : api::routes()) {
    const bool submits = route.method == "POST" && plain.contains(route.path);
    EXPECT_EQ(!route.audit.action.empty(), route.method != "GET" && !submits)
        << route.method << " " << route.path;
    if (!route.audit.action.empty()) {
      EXPECT_TRUE(seen.insert(route.audit.action).second) << route.audit.action << " twice";
    }
  }
}

TEST_F(AuditTrail, SaysWhoDidWhatToWhatWhenAndFromWhere) {
  const auto made = json_of(call("POST", "/v1/api-keys", {{"name", "boss"}, {"scopes", {"admin"}}}));
  key = made.at("key");
  const auto id = job();
  call("PATCH", "/v1/jobs/" + id, {{"priority", 7}});
  const auto listed = rows();
  ASSERT_EQ(listed.size(), 2u);
  EXPECT_THAT(listed[0].at("id").get<std::string>(), testing::StartsWith("aud_"));
  EXPECT_EQ(listed[0].at("at"), to_rfc3339(clock.now()));
  EXPECT_EQ(listed[0].at("actor"), made.at("id"));
  EXPECT_EQ(listed[0].at("action"), "job.change");
  EXPECT_EQ(listed[0].at("resource"), id);
  EXPECT_EQ(listed[0].at("outcome"), "done");
  EXPECT_EQ(listed[0].at("request"), (Json{{"priority", 7}}));
  EXPECT_EQ(listed[0].at("address"), "127.0.0.1");
  EXPECT_EQ(listed[0].at("request_id"), "request-1");
  EXPECT_EQ(listed[1].at("actor"), "anonymous") << "there was no key yet";
  EXPECT_EQ(listed[1].at("action"), "key.create");
  EXPECT_EQ(listed[1].at("resource"), made.at("id"));
  EXPECT_EQ(listed[1].at("request"), nullptr);
}

TEST_F(AuditTrail, KnowsWhatCameOfIt) {
  const auto id = job();
  call("POST", "/v1/jobs/" + id + "/cancel");
  call("POST", "/v1/jobs/" + id + "/confirm");
  call("POST", "/v1/jobs/job_01M8A2F9QK0002N3V7RZK5W1XT/pause");
  call("PATCH", "/v1/jobs/" + id, {{"priority", "high"}});
  std::vector<std::string> outcomes;
  for (const auto& row : rows()) outcomes.push_back(row.at("outcome"));
  EXPECT_THAT(outcomes, ElementsAre("validation_failed", "not_found", "conflict", "done"));
}

TEST_F(AuditTrail, IsFilteredAndPaged) {
  const auto first = job(), second = job();
  clock.advance(Seconds{10});
  call("POST", "/v1/jobs/" + first + "/cancel");
  clock.advance(Seconds{10});
  const auto middle = to_rfc3339(clock.now());
  call("POST", "/v1/jobs/" + second + "/cancel");
  call("PATCH", "/v1/queues/mail", {{"paused", true}});
  call("POST", "/v1/jobs/cancel", {{"filter", {{"type", "echo"}}}});
  EXPECT_THAT(actions(), ElementsAre("jobs.cancel", "queue.change", "job.cancel", "job.cancel"));
  EXPECT_THAT(actions("?action=job.cancel&resource=" + second), ElementsAre("job.cancel"));
  EXPECT_THAT(actions("?resource=mail"), ElementsAre("queue.change"));
  EXPECT_THAT(actions("?until=" + middle), ElementsAre("job.cancel"));
  EXPECT_THAT(actions("?actor=operator"), testing::IsEmpty());
  EXPECT_EQ(rows("?action=jobs.cancel")[0].at("request"), (Json{{"filter", {{"type", "echo"}}}}));
  EXPECT_EQ(rows("?action=jobs.cancel")[0].at("resource"), nullptr);
  const auto page = call("GET", "/v1/audit?limit=3&since=2000-01-01T00:00:00Z");
  EXPECT_EQ(json_of(page).at("data").size(), 3u);
  EXPECT_THAT(page.field("link"), HasSubstr("rel=\"next\""));
  EXPECT_EQ(actions("?limit=3&cursor=" + json_of(page).at("next_cursor").get<std::string>()).size(), 1u);
  EXPECT_EQ(faults_of(expect_problem(call("GET", "/v1/audit?since=now&actors=x&limit=0&cursor=1"), 400,
                                     "invalid_parameter")),
            (std::vector<std::string>{"malformed @ cursor", "malformed @ since", "out_of_range @ limit",
                                      "unknown_field @ actors"}));
}

TEST_F(AuditTrail, HoldsNoSecretAndNoPlainSubmission) {
  const auto endpoint = json_of(call("POST", "/v1/webhook-endpoints",
                                     {{"url", "http://127.0.0.1:1/"}, {"headers", {{"X-Token", "hush"}}}}));
  const auto path = "/v1/webhook-endpoints/" + endpoint.at("id").get<std::string>();
  call("PATCH", path, {{"headers", {{"X-Token", "hush again"}}}});
  const auto rotated = json_of(call("POST", path + "/rotate-secret"));
  call("PUT", "/v1/operations/mine",
       {{"kind", "http"}, {"url", "http://127.0.0.1:1/"}, {"headers", {{"X-Token", "hush"}}}});
  job();
  EXPECT_THAT(actions(),
              ElementsAre("operation.put", "endpoint.rotate_secret", "endpoint.change", "endpoint.create"));
  const auto text = call("GET", "/v1/audit").body;
  EXPECT_THAT(text, Not(HasSubstr("hush")));
  for (const auto& secret : {endpoint.at("secret"), rotated.at("secret")})
    EXPECT_THAT(text, Not(HasSubstr(secret.get<std::string>())));
}

TEST_F(AuditTrail, IsForAdmins) {
  const auto boss = json_of(call("POST", "/v1/api-keys", {{"name", "boss"}, {"scopes", {"admin"}}}));
  key = boss.at("key");
  key = json_of(call("POST", "/v1/api-keys", {{"name", "ci"}, {"scopes", {"jobs:read", "jobs:write"}}}))
            .at("key");
  expect_problem(call("GET", "/v1/audit"), 403, "forbidden");
}

}  // namespace
}  // namespace waypost::test
