#include "app/key_commands.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "program.hpp"
#include "support/app_fixture.hpp"

namespace waypost::app {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;
using Json = nlohmann::json;

Outcome key(const std::filesystem::path& data, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "key");
  arguments.insert(arguments.end(), {"--data-dir", data.string()});
  return run_waypost({.arguments = std::move(arguments)});
}

TEST(KeyCommands, WorkOnAStoppedService) {
  const TemporaryDirectory directory;
  const auto data = directory.path() / "data";
  const auto made = key(data, {"create", "--name", "ci", "--scopes", "lookup,jobs:read", "--expires", "30d"});
  ASSERT_EQ(made.status, 0) << made.err;
  EXPECT_THAT(made.out, MatchesRegex("wp_[0-9A-Z]+_[0-9a-f]+\n")) << "the secret alone is on stdout";
  EXPECT_THAT(made.err, HasSubstr("lookup,jobs:read"));
  const auto listed = Json::parse(key(data, {"list", "--json"}).out);
  ASSERT_EQ(listed.at("data").size(), 1U);
  const std::string id = listed["data"][0].at("id");
  EXPECT_EQ(key(data, {"revoke", id}).status, 0);
  EXPECT_THAT(key(data, {"list"}).out, HasSubstr("revoked"));
}

TEST(KeyCommands, WorkOnARunningServiceAndTakeEffectAtOnce) {
  test::RunningApp app;
  const auto made = key(app.data_dir(), {"create", "--name", "ci", "--scopes", "jobs:read", "--json"});
  ASSERT_EQ(made.status, 0) << made.err;
  const auto json = Json::parse(made.out);
  EXPECT_EQ(app.get("/v1/stats").status, 401) << "a key is needed from now on";
  const test::Headers with{{"Authorization", "Bearer " + json.at("key").get<std::string>()}};
  EXPECT_EQ(app.get("/v1/stats", with).status, 200);
  EXPECT_EQ(key(app.data_dir(), {"revoke", json.at("id")}).status, 0);
  EXPECT_EQ(app.get("/v1/stats", with).status, 200) << "the last key is gone: loopback is served again";
  EXPECT_THAT(key(app.data_dir(), {"list"}).out, HasSubstr("revoked"));
}

TEST(KeyCommands, MakeKeysOfATenant) {
  const TemporaryDirectory directory;
  const auto data = directory.path() / "data";
  ASSERT_EQ(key(data, {"create", "--name", "ci", "--scopes", "lookup", "--tenant", "maps"}).status, 0);
  EXPECT_EQ(Json::parse(key(data, {"list", "--json"}).out)["data"][0].at("tenant"), "maps");
  EXPECT_THAT(key(data, {"create", "--name", "ci", "--scopes", "lookup", "--tenant", "a b"}).err,
              HasSubstr("/tenant"));
}

TEST(KeyCommands, AreInTheAuditTrailWhetherTheServiceRunsOrNot) {
  test::RunningApp app;
  ASSERT_EQ(key(app.data_dir(), {"create", "--name", "one", "--scopes", "lookup"}).status, 0);
  app.stop();
  app.join();
  const auto made = key(app.data_dir(), {"create", "--name", "two", "--scopes", "admin", "--json"});
  const auto list = Json::parse(key(app.data_dir(), {"list", "--json"}).out).at("data");
  ASSERT_EQ(key(app.data_dir(), {"revoke", list[0].at("id")}).status, 0);
  app.start_again();
  const auto bearer = "Bearer " + Json::parse(made.out).at("key").get<std::string>();
  const auto trail = test::json_of(app.get("/v1/audit", {{"Authorization", bearer}})).at("data");
  std::vector<std::pair<std::string, Json>> seen;
  for (const auto& row : trail) {
    EXPECT_EQ(row.at("actor"), "operator");
    seen.emplace_back(row.at("action"), row.at("resource"));
  }
  EXPECT_THAT(seen, testing::ElementsAre(std::pair("key.revoke", list[0].at("id")),
                                         std::pair("key.create", list[1].at("id")),
                                         std::pair("key.create", list[0].at("id"))));
}

TEST(KeyCommands, SayWhatIsWrong) {
  const TemporaryDirectory directory;
  const auto data = directory.path() / "data";
  EXPECT_EQ(key(data, {"create", "--name", "ci"}).status, 2);
  const auto scope = key(data, {"create", "--name", "ci", "--scopes", "read"});
  EXPECT_EQ(scope.status, 1);
  EXPECT_THAT(scope.err, HasSubstr("there is no scope \"read\"; there are lookup, jobs:read"));
  EXPECT_THAT(key(data, {"create", "--name", "ci", "--scopes", "work", "--expires", "soon"}).err,
              HasSubstr("--expires soon must be such as"));
  EXPECT_THAT(key(data, {"revoke", "key_1"}).err, HasSubstr("there is no API key key_1"));
  EXPECT_TRUE(Json::parse(key(data, {"list", "--json"}).out).at("data").empty());
}

TEST(Serve, RefusesOtherAddressesThanLoopbackUntilThereIsAKey) {
  const TemporaryDirectory directory;
  const auto data = directory.path() / "data";
  const auto refused =
      run_waypost({.arguments = {"serve", "--listen", "0.0.0.0:0", "--data-dir", data.string()}});
  EXPECT_EQ(refused.status, 1);
  EXPECT_THAT(refused.err, HasSubstr("auth.mode = \"none\""));
  EXPECT_THAT(refused.err, HasSubstr("waypost key create"));
}

}  // namespace
}  // namespace waypost::app
