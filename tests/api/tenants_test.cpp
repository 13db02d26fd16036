#include <gmock/gmock.h>

#include <set>

#include "api/router.hpp"
#include "support/app_fixture.hpp"
#include "support/sink.hpp"

// §1: what belongs to a key's tenant is 404 for every other one, on every route.
namespace waypost::test {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

/// Whose a route's things are, and what a call of it that would be fine says.
struct Walk {
  enum class Of : std::uint8_t { tenant, server } of;
  std::string query = {}, body = {};
};

constexpr auto tenant = Walk::Of::tenant, server = Walk::Of::server;

/// Every route of the service stands here, or a test fails.
const std::map<std::string, Walk> walks{
    {"GET /openapi.json", {server}},
    {"GET /docs", {server}},
    {"GET /docs/docs.js", {server}},
    {"GET /docs/docs.css", {server}},
    {"GET /livez", {server}},
    {"GET /maps/api/geocode/json", {server}},
    {"GET /maps/api/geocode/xml", {server}},
    {"GET /v1/geocode", {server}},
    {"GET /v1/reverse", {server}},
    {"GET /v1/places/{id}", {server}},
    {"GET /v1/autocomplete", {server}},
    {"GET /v1/gazetteer", {server}},
    {"GET /api", {server}},
    {"GET /api/", {server}},
    {"GET /reverse", {server}},
    {"GET /reverse/", {server}},
    {"GET /search", {server}},
    {"GET /search/", {server}},
    {"GET /lookup", {server}},
    {"GET /status", {server}},
    {"POST /v1/jobs", {tenant}},
    {"GET /v1/jobs", {tenant}},
    {"POST /v1/jobs/bulk", {tenant}},
    {"POST /v1/jobs/cancel", {tenant}},
    {"POST /v1/jobs/retry", {tenant}},
    {"GET /v1/jobs/{id}", {tenant, "?wait=30"}},
    {"PATCH /v1/jobs/{id}", {tenant, "", R"({"priority": 1})"}},
    {"DELETE /v1/jobs/{id}", {tenant}},
    {"GET /v1/jobs/{id}/result", {tenant}},
    {"GET /v1/jobs/{id}/attempts", {tenant}},
    {"GET /v1/jobs/{id}/report", {tenant}},
    {"GET /v1/jobs/{id}/events", {tenant}},
    {"GET /v1/jobs/{id}/explain", {tenant}},
    {"POST /v1/jobs/{id}/cancel", {tenant}},
    {"POST /v1/jobs/{id}/pause", {tenant}},
    {"POST /v1/jobs/{id}/resume", {tenant}},
    {"POST /v1/jobs/{id}/confirm", {tenant}},
    {"POST /v1/jobs/{id}/retry", {tenant}},
    {"POST /v1/manifests", {tenant}},
    {"GET /v1/manifests", {tenant}},
    {"GET /v1/manifests/{id}", {tenant}},
    {"DELETE /v1/manifests/{id}", {tenant}},
    {"GET /v1/stats", {tenant}},
    {"GET /v1/queues", {server}},
    {"PATCH /v1/queues/{name}", {server}},
    {"GET /v1/operations", {server}},
    {"PUT /v1/operations/{type}", {server}},
    {"DELETE /v1/operations/{type}", {server}},
    {"POST /v1/webhook-endpoints", {tenant}},
    {"GET /v1/webhook-endpoints", {tenant}},
    {"GET /v1/webhook-endpoints/{id}", {tenant}},
    {"PATCH /v1/webhook-endpoints/{id}", {tenant, "", R"({"description": "ours"})"}},
    {"DELETE /v1/webhook-endpoints/{id}", {tenant}},
    {"POST /v1/webhook-endpoints/{id}/rotate-secret", {tenant}},
    {"POST /v1/webhook-endpoints/{id}/test", {tenant}},
    {"GET /v1/webhook-endpoints/{id}/deliveries", {tenant}},
    {"POST /v1/webhook-endpoints/{id}/replay", {tenant, "", R"({"since": "2026-01-01T00:00:00Z"})"}},
    {"POST /v1/deliveries/{id}/redeliver", {tenant}},
    {"POST /v1/api-keys", {server}},
    {"GET /v1/api-keys", {server}},
    {"GET /v1/api-keys/{id}", {server}},
    {"DELETE /v1/api-keys/{id}", {server}},
    {"GET /v1/audit", {server}},
    {"GET /v1/secret-keys", {server}},
    {"POST /v1/secret-keys", {server}},
    {"POST /v1/secret-keys/reseal", {server}},
    {"DELETE /v1/secret-keys/{id}", {server}},
    {"GET /healthz", {server}},
    {"GET /readyz", {server}},
    {"GET /metrics", {server}},
};

/// One client: a key, and calls with it.
class Caller {
 public:
  Caller(RunningApp& app, std::string key) : app_(app), key_(std::move(key)) {}

  RawResponse call(std::string_view method, std::string_view target, std::string_view body = {},
                   std::string_view type = "application/json", Headers headers = {}) const {
    headers.emplace_back("Authorization", "Bearer " + key_);
    if (!body.empty()) headers.emplace_back("Content-Type", type);
    return app_.call(method, target, headers, body);
  }
  RawResponse get(std::string_view target) const { return call("GET", target); }
  RawResponse post(std::string_view target, const Json& body) const {
    return call("POST", target, body.dump());
  }
  Json ended(const std::string& id) const {
    for (;;) {
      Json job = json_of(get("/v1/jobs/" + id + "?wait=20"));
      const auto state = job.at("state").get<std::string>();
      if (state != "preparing" && state != "queued" && state != "running" && state != "completing")
        return job;
    }
  }

 private:
  RunningApp& app_;
  std::string key_;
};

class Tenants : public testing::Test {
 public:
  static Json made(const RawResponse& response) {
    EXPECT_THAT(response.status, testing::AnyOf(201, 202)) << response.body;
    return json_of(response);
  }
  std::string key(const std::string& owner, const Json& scopes) {
    const Json request{{"name", "some"}, {"scopes", scopes}, {"tenant", owner}};
    return made(boss_ ? boss_->post("/v1/api-keys", request) : app.post("/v1/api-keys", request.dump()))
        .at("key");
  }
  void SetUp() override {
    boss_.emplace(app, key("default", {"admin"}));
    const Json scopes{"lookup", "jobs:read", "jobs:write", "work"};
    ours_.emplace(app, key("default", scopes));
    theirs_.emplace(app, key("theirs", scopes));
  }

  RunningApp app;
  std::optional<Caller> boss_, ours_, theirs_;
};

TEST_F(Tenants, EveryRouteIsSaidToBeATenantsOrTheServers) {
  std::set<std::string> routes, walked;
  for (const auto& route : api::routes())
    routes.insert(std::string(route.method) + " " + std::string(route.path));
  for (const auto& [name, walk] : walks) walked.insert(name);
  EXPECT_EQ(routes, walked);
}

TEST_F(Tenants, EveryIdOfAnotherTenantIs404OnEveryRoute) {
  const Json endpoint = made(theirs_->post("/v1/webhook-endpoints", {{"url", "http://127.0.0.1:1/"}}));
  const Json delivery =
      made(theirs_->call("POST", "/v1/webhook-endpoints/" + endpoint.at("id").get<std::string>() + "/test"));
  const Json manifest = made(theirs_->call("POST", "/v1/manifests", "n\n1\n", "text/csv"));
  const Json batch = made(theirs_->call("POST", "/v1/jobs?type=echo", "n\n1\n2\n", "text/csv"));
  ASSERT_EQ(theirs_->ended(batch.at("id")).at("state"), "succeeded");
  const std::map<std::string, std::string> ids{{"/v1/jobs/", batch.at("id")},
                                               {"/v1/manifests/", manifest.at("id")},
                                               {"/v1/webhook-endpoints/", endpoint.at("id")},
                                               {"/v1/deliveries/", delivery.at("id")}};
  const auto target_of = [&](const api::Route& route, const Walk& walk) {
    std::string path(route.path);
    const auto brace = path.find('{');
    const auto id = ids.find(path.substr(0, brace));
    EXPECT_NE(id, ids.end()) << path << ": whose id stands there?";
    if (id != ids.end()) path.replace(brace, path.find('}') + 1 - brace, id->second);
    return path + walk.query;
  };
  std::size_t walked = 0;
  for (const auto& route : api::routes()) {
    const std::string name = std::string(route.method) + " " + std::string(route.path);
    const auto walk = walks.find(name);
    if (walk == walks.end() || walk->second.of == server || route.path.find('{') == std::string_view::npos)
      continue;
    SCOPED_TRACE(name);
    ++walked;
    const auto target = target_of(route, walk->second);
    for (const auto* stranger : {&ours_, &boss_})
      expect_problem((*stranger)->call(route.method, target, walk->second.body), 404, "not_found");
  }
  EXPECT_EQ(walked, static_cast<std::size_t>(std::ranges::count_if(walks, [](const auto& walk) {
              return walk.second.of == tenant && walk.first.find('{') != std::string::npos;
            })));
  // The ids are good ones, and nothing happened to what they name.
  const Json after = theirs_->ended(batch.at("id"));
  EXPECT_EQ(after.at("priority"), 0);
  for (const auto& [prefix, id] : ids)
    if (prefix != "/v1/deliveries/") {
      EXPECT_EQ(theirs_->get(prefix + id).status, 200);
    }
  EXPECT_EQ(theirs_->get("/v1/jobs/" + batch.at("id").get<std::string>() + "/report").status, 200);
  EXPECT_NE(
      theirs_->call("POST", "/v1/deliveries/" + delivery.at("id").get<std::string>() + "/redeliver").status,
      404);
}

TEST_F(Tenants, ListsAndCountsShowNothingOfOthers) {
  made(theirs_->post("/v1/webhook-endpoints", {{"url", "http://127.0.0.1:1/"}}));
  made(theirs_->call("POST", "/v1/manifests", "n\n1\n", "text/csv"));
  const Json job{{"type", "echo"}, {"delay_seconds", 3600}, {"tags", {{"team", "maps"}}}};
  made(theirs_->post("/v1/jobs", job));
  for (const std::string list : {"/v1/jobs", "/v1/jobs?state=scheduled", "/v1/jobs?type=echo",
                                 "/v1/jobs?tag.team=maps", "/v1/manifests", "/v1/webhook-endpoints"}) {
    EXPECT_THAT(json_of(ours_->get(list)).at("data"), IsEmpty()) << list;
    EXPECT_THAT(json_of(theirs_->get(list)).at("data"), SizeIs(1)) << list;
  }
  const auto scheduled = [](const Caller& caller) {
    return json_of(caller.get("/v1/stats")).at("jobs").at("by_state").at("scheduled");
  };
  EXPECT_EQ(scheduled(*ours_), 0);
  EXPECT_EQ(scheduled(*theirs_), 1);
  const auto pending = [](const Caller& caller) {
    return json_of(caller.get("/v1/stats")).at("webhooks").at("pending");
  };
  EXPECT_EQ(pending(*theirs_), 0);
  const Json filter{{"filter", {{"state", "scheduled"}}}};
  EXPECT_EQ(json_of(ours_->post("/v1/jobs/cancel", filter)), (Json{{"matched", 0}, {"changed", 0}}));
  EXPECT_EQ(json_of(theirs_->post("/v1/jobs/cancel", filter)), (Json{{"matched", 1}, {"changed", 1}}));
  EXPECT_EQ(pending(*theirs_), 1) << "their endpoint is told of the end";
  EXPECT_EQ(pending(*ours_), 0);
  EXPECT_EQ(json_of(ours_->post("/v1/jobs/retry", {{"filter", {{"state", "cancelled"}}}})).at("matched"), 0);
}

TEST_F(Tenants, AJobRefersToNothingOfOthers) {
  const Json later{{"type", "echo"}, {"delay_seconds", 3600}};
  const auto theirs = made(theirs_->post("/v1/jobs", later)).at("id");
  Json job{{"type", "echo"}, {"depends_on", {theirs}}};
  EXPECT_EQ(faults_of(expect_problem(ours_->post("/v1/jobs", job), 422, "unknown_job")),
            std::vector<std::string>{"unknown_job @ /depends_on/0"});
  EXPECT_EQ(theirs_->post("/v1/jobs", job).status, 202);
  const auto manifest = made(theirs_->call("POST", "/v1/manifests", "n\n1\n", "text/csv")).at("id");
  job = {{"type", "echo"}, {"manifest", {{"id", manifest}}}};
  expect_problem(ours_->post("/v1/jobs", job), 422, "unknown_manifest");
  EXPECT_EQ(theirs_->post("/v1/jobs", job).status, 202);
}

TEST_F(Tenants, KeysThatClientsChooseAreApart) {
  const auto send = [](const Caller& caller) {
    const Json job{{"type", "sleep"},
                   {"payload", {{"seconds", 60}}},
                   {"unique", {{"key", "u"}, {"on_conflict", "reject"}}},
                   {"concurrency_key", "c"}};
    return caller.call("POST", "/v1/jobs", job.dump(), "application/json", {{"Idempotency-Key", "k"}});
  };
  const Json ours = made(send(*ours_));
  const auto answer = send(*theirs_);
  EXPECT_EQ(answer.field("idempotency-replayed"), "");
  const Json theirs = made(answer);
  EXPECT_NE(ours.at("id"), theirs.at("id"));
  for (const auto& [caller, id] :
       {std::pair(&*ours_, ours.at("id")), std::pair(&*theirs_, theirs.at("id"))}) {
    std::string state;
    while (state != "running")
      state = json_of(caller->get("/v1/jobs/" + id.get<std::string>())).at("state").get<std::string>();
    EXPECT_EQ(send(*caller).field("idempotency-replayed"), "true");
  }
}

TEST_F(Tenants, EndpointsHearOfTheirTenantsJobsOnly) {
  const auto hears = [](Sink& sink, const Caller& caller) {
    made(caller.post("/v1/webhook-endpoints", {{"url", sink.url()}}));
  };
  Sink our_sink, their_sink;
  hears(our_sink, *ours_);
  hears(their_sink, *theirs_);
  const auto tells_of = [](const Sink::Request& told) {
    return Json::parse(told.body).at("data").at("job").at("id").get<std::string>();
  };
  const Json job{{"type", "echo"}};
  const auto their_job = made(theirs_->post("/v1/jobs", job)).at("id").get<std::string>();
  EXPECT_EQ(tells_of(their_sink.wait_for(1).front()), their_job);
  const auto our_job = made(ours_->post("/v1/jobs", job)).at("id").get<std::string>();
  EXPECT_EQ(tells_of(our_sink.wait_for(1).front()), our_job);
  EXPECT_EQ(their_sink.requests().size(), 1u);
}

TEST_F(Tenants, WhatAllShareIsChangedByTheDefaultTenantAndByAdmins) {
  const Json change{{"paused", false}};
  const auto patch = [&](const Caller& caller) {
    return caller.call("PATCH", "/v1/queues/mail", change.dump());
  };
  const Caller their_boss(app, key("theirs", {"admin"}));
  EXPECT_EQ(patch(*ours_).status, 200);
  EXPECT_EQ(patch(their_boss).status, 200);
  expect_problem(patch(*theirs_), 403, "forbidden");
  expect_problem(theirs_->get("/metrics"), 403, "forbidden");
  EXPECT_EQ(ours_->get("/metrics").status, 200);
  EXPECT_EQ(theirs_->get("/v1/queues").status, 200);
  EXPECT_EQ(theirs_->get("/v1/operations").status, 200);
}

TEST_F(Tenants, AnAdminSeesTheJobsOfItsOwnTenant) {
  const Caller their_boss(app, key("theirs", {"admin"}));
  const auto id = made(theirs_->post("/v1/jobs", {{"type", "echo"}})).at("id").get<std::string>();
  EXPECT_EQ(their_boss.get("/v1/jobs/" + id).status, 200);
  EXPECT_EQ(boss_->get("/v1/jobs/" + id).status, 404);
  EXPECT_EQ(json_of(boss_->get("/v1/api-keys")).at("data").back().at("tenant"), "theirs");
}

}  // namespace
}  // namespace waypost::test
