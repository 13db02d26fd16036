#include <gmock/gmock.h>

#include <fstream>

#include "support/app_fixture.hpp"

// §1 Authentication: API keys, their scopes and rates.
namespace waypost::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

Headers bearer(const std::string& key) {
  return {{"Authorization", "Bearer " + key}};
}

class Auth : public testing::Test {
 public:
  /// Makes a key as `admin` would; the first one needs nobody's leave.
  Json make(const Json& request, const std::string& admin = {}) {
    const auto response = app.post("/v1/api-keys", request.dump(), admin.empty() ? Headers{} : bearer(admin));
    EXPECT_EQ(response.status, 201) << response.body;
    return json_of(response);
  }
  std::string admin_key() { return make({{"name", "boss"}, {"scopes", {"admin"}}}).at("key"); }
  std::string key(const std::string& admin, const Json& scopes) {
    return make({{"name", "some"}, {"scopes", scopes}}, admin).at("key");
  }

  ManualClock clock;
  RunningApp app{clock, {}};
};

TEST_F(Auth, WithoutAnyKeyLoopbackMayDoEverything) {
  EXPECT_EQ(app.get("/v1/stats").status, 200);
  EXPECT_EQ(json_of(app.get("/v1/api-keys")), (Json{{"data", Json::array()}, {"next_cursor", nullptr}}));
}

TEST_F(Auth, FromTheFirstKeyOnARequestNeedsOne) {
  const auto admin = admin_key();
  const auto refused = app.get("/v1/stats");
  expect_problem(refused, 401, "unauthenticated");
  EXPECT_EQ(refused.field("www-authenticate"), "Bearer realm=\"waypost\"");
  EXPECT_EQ(app.get("/v1/stats", bearer(admin)).status, 200);
  EXPECT_EQ(app.get("/v1/stats", {{"Authorization", "bearer  " + admin}}).status, 200)
      << "the scheme has no case";
  EXPECT_EQ(app.get("/healthz").status, 200) << "health needs no key";
  EXPECT_EQ(app.get("/readyz").status, 200);
}

TEST_F(Auth, AWrongKeyIsToldSo) {
  const auto admin = admin_key();
  auto forged = admin;
  forged[40] = forged[40] == 'a' ? 'b' : 'a';
  for (const auto& wrong : {forged, std::string("wp_x"), std::string("secret")}) {
    const auto refused = app.get("/v1/stats", bearer(wrong));
    expect_problem(refused, 401, "unauthenticated");
    EXPECT_EQ(refused.field("www-authenticate"), "Bearer realm=\"waypost\", error=\"invalid_token\"");
  }
  expect_problem(app.get("/v1/stats", {{"Authorization", "Basic dXNlcjpwYXNz"}}), 401, "unauthenticated");
  expect_problem(app.get("/v1/stats?key=" + admin), 401, "unauthenticated");
}

TEST_F(Auth, AKeyDoesWhatItsScopesAllow) {
  const auto admin = admin_key();
  const auto reader = key(admin, {"jobs:read"});
  const auto writer = key(admin, {"jobs:write"});
  const auto mapper = key(admin, {"lookup"});
  const Json echo = {{"type", "echo"}};
  EXPECT_EQ(app.get("/v1/jobs", bearer(reader)).status, 200);
  const auto refused = app.post("/v1/jobs", echo.dump(), bearer(reader));
  const auto problem = expect_problem(refused, 403, "forbidden");
  EXPECT_THAT(problem.at("detail").get<std::string>(), HasSubstr("jobs:write"));
  EXPECT_EQ(refused.field("www-authenticate"),
            "Bearer realm=\"waypost\", error=\"insufficient_scope\", scope=\"jobs:write\"");
  EXPECT_EQ(app.post("/v1/jobs", echo.dump(), bearer(writer)).status, 202);
  EXPECT_EQ(app.get("/v1/jobs", bearer(writer)).status, 403);
  EXPECT_EQ(app.get("/v1/geocode?q=Toledo", bearer(mapper)).status, 200);
  EXPECT_EQ(app.get("/v1/api-keys", bearer(mapper)).status, 403);
  EXPECT_EQ(app.post("/v1/jobs", echo.dump(), bearer(admin)).status, 202) << "admin may do all";
}

TEST_F(Auth, AMissingKeyIsToldBeforeTheBodyIsAskedFor) {
  admin_key();
  RawClient client(app.port());
  client.send(
      "POST /v1/jobs HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n"
      "Expect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.receive().status, 401);
}

TEST_F(Auth, GooglesClientsSendTheirKeyInTheQueryAndAreToldInGooglesWords) {
  const auto admin = admin_key();
  const auto mapper = key(admin, {"lookup"});
  const auto reader = key(admin, {"jobs:read"});
  const std::string target = "/maps/api/geocode/json?address=Toledo,Spain";
  EXPECT_EQ(json_of(app.get(target + "&key=" + mapper)).at("status"), "OK");
  EXPECT_EQ(json_of(app.get(target, bearer(mapper))).at("status"), "OK");
  const auto missing = app.get(target);
  EXPECT_EQ(missing.status, 200);
  EXPECT_EQ(json_of(missing).at("status"), "REQUEST_DENIED");
  EXPECT_THAT(json_of(missing).at("error_message").get<std::string>(),
              StartsWith("You must use an API key to authenticate each request"));
  EXPECT_EQ(json_of(missing).at("results"), Json::array());
  EXPECT_EQ(json_of(app.get(target + "&key=" + reader)).at("status"), "REQUEST_DENIED");
  for (const auto& wrong : {std::string("AIza-not-ours"), std::string()})
    EXPECT_EQ(json_of(app.get(target + "&key=" + wrong)).at("error_message"),
              "The provided API key is invalid.");
}

TEST_F(Auth, AKeysRateIsToldAndHeld) {
  const auto admin = admin_key();
  const auto slow =
      make({{"name", "slow"}, {"scopes", {"lookup", "jobs:read"}}, {"rate_per_second", 2}}, admin).at("key");
  const auto first = app.get("/v1/stats", bearer(slow));
  EXPECT_EQ(first.field("ratelimit-policy"), "\"key\";q=2;w=1");
  EXPECT_EQ(first.field("ratelimit"), "\"key\";r=1;t=1");
  EXPECT_EQ(app.get("/v1/stats", bearer(slow)).status, 200);
  const auto third = app.get("/v1/stats", bearer(slow));
  expect_problem(third, 429, "rate_limited");
  EXPECT_EQ(third.field("retry-after"), "1");
  const auto google = app.get("/maps/api/geocode/json?address=Toledo&key=" + slow.get<std::string>());
  EXPECT_EQ(json_of(google).at("status"), "OVER_QUERY_LIMIT");
  EXPECT_EQ(app.get("/v1/stats", bearer(admin)).status, 200) << "others are not held";
  EXPECT_FALSE(app.get("/v1/stats", bearer(admin)).has("ratelimit"));
  clock.advance(std::chrono::seconds(1));
  EXPECT_EQ(app.get("/v1/stats", bearer(slow)).status, 200);
}

TEST_F(Auth, KeysAreListedWithoutSecretsAndRevoked) {
  const auto admin = admin_key();
  const auto made = make({{"name", "ci"}, {"scopes", {"jobs:read"}}}, admin);
  const std::string id = made.at("id");
  const auto listed = json_of(app.get("/v1/api-keys", bearer(admin))).at("data");
  ASSERT_EQ(listed.size(), 2U);
  EXPECT_FALSE(listed[1].contains("key"));
  EXPECT_EQ(listed[1].at("name"), "ci");
  EXPECT_EQ(listed[1].at("scopes"), Json{"jobs:read"});
  EXPECT_EQ(app.get("/v1/stats", bearer(made.at("key"))).status, 200);
  EXPECT_EQ(app.call("DELETE", "/v1/api-keys/" + id, bearer(admin)).status, 204);
  EXPECT_EQ(app.get("/v1/stats", bearer(made.at("key"))).status, 401);
  EXPECT_NE(json_of(app.get("/v1/api-keys/" + id, bearer(admin))).at("revoked_at"), nullptr);
  EXPECT_EQ(app.call("DELETE", "/v1/api-keys/" + id, bearer(admin)).status, 204) << "it holds already";
  expect_problem(app.get("/v1/api-keys/key_01KAQ5ZS6E8V1X0Y2T3R4W5N7M", bearer(admin)), 404, "not_found");
}

TEST_F(Auth, ARepeatedRequestMakesNoSecondKeyAndShowsTheFirstOnesSecretAgain) {
  const auto admin = admin_key();
  const auto ask = [&](const std::string& name) {
    Headers headers = bearer(admin);
    headers.emplace_back("Idempotency-Key", "key-1");
    return app.post("/v1/api-keys", Json{{"name", name}, {"scopes", {"jobs:read"}}}.dump(), headers);
  };
  const auto first = ask("ci"), again = ask("ci");
  ASSERT_EQ(first.status, 201) << first.body;
  EXPECT_EQ(again.status, 201);
  EXPECT_EQ(again.body, first.body);
  EXPECT_EQ(again.field("location"), first.field("location"));
  EXPECT_EQ(again.field("cache-control"), "no-store");
  EXPECT_EQ(again.field("idempotency-replayed"), "true");
  EXPECT_EQ(app.get("/v1/stats", bearer(json_of(again).at("key"))).status, 200);
  EXPECT_EQ(json_of(app.get("/v1/api-keys", bearer(admin))).at("data").size(), 2U);
  expect_problem(ask("other"), 422, "idempotency_key_reused");
  clock.advance(std::chrono::hours(24) + std::chrono::minutes(1));
  EXPECT_NE(ask("ci").body, first.body) << "kept for a day";
}

TEST_F(Auth, TheSecretOfAKeptAnswerIsNotAtRestInTheClear) {
  const auto admin = admin_key();
  Headers headers = bearer(admin);
  headers.emplace_back("Idempotency-Key", "key-1");
  const std::string body = R"({"name": "ci", "scopes": ["jobs:read"]})";
  const std::string secret = json_of(app.post("/v1/api-keys", body, headers)).at("key");
  std::size_t bytes = 0;
  for (const auto& file : std::filesystem::recursive_directory_iterator(app.data_dir())) {
    if (!file.is_regular_file()) continue;
    std::ifstream stream(file.path(), std::ios::binary);
    const std::string content(std::istreambuf_iterator<char>(stream), {});
    bytes += content.size();
    EXPECT_FALSE(content.contains(secret)) << file.path();
  }
  EXPECT_GT(bytes, 4096U) << "the database is there";
}

TEST_F(Auth, AnExpiredKeyIsRefused) {
  const auto admin = admin_key();
  const auto brief = make({{"name", "brief"},
                           {"scopes", {"jobs:read"}},
                           {"expires_at", to_rfc3339(clock.now() + std::chrono::seconds(90))}},
                          admin);
  EXPECT_EQ(app.get("/v1/stats", bearer(brief.at("key"))).status, 200);
  clock.advance(std::chrono::seconds(90));
  expect_problem(app.get("/v1/stats", bearer(brief.at("key"))), 401, "unauthenticated");
}

TEST_F(Auth, WhoGuessesHasToWait) {
  const auto admin = admin_key();
  for (int i = 0; i < 10; ++i) EXPECT_EQ(app.get("/v1/stats", bearer("wp_guess")).status, 401);
  const auto slowed = app.get("/v1/stats", bearer("wp_guess"));
  expect_problem(slowed, 429, "rate_limited");
  EXPECT_FALSE(slowed.field("retry-after").empty());
  clock.advance(std::chrono::minutes(1));
  EXPECT_EQ(app.get("/v1/stats", bearer(admin)).status, 200);
}

TEST_F(Auth, EveryFaultOfAKeyRequestIsNamed) {
  const auto response = app.post("/v1/api-keys", R"({"scopes": ["read"], "rate": 1})");
  const auto problem = expect_problem(response, 422, "validation_failed");
  EXPECT_THAT(faults_of(problem),
              ElementsAre("required @ /name", "unknown_field @ /rate", "unknown_scope @ /scopes"));
  EXPECT_TRUE(json_of(app.get("/v1/api-keys")).at("data").empty()) << "nothing was made";
}

}  // namespace
}  // namespace waypost::test
