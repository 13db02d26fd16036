#include "app/secret_commands.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "program.hpp"
#include "support/app_fixture.hpp"
#include "support/sink.hpp"
#include "waypost/base/key_file.hpp"

namespace waypost::app {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using Json = nlohmann::json;

Outcome secrets(const std::filesystem::path& data, std::vector<std::string> arguments,
                const std::string& keys = {}) {
  arguments.insert(arguments.begin(), "secrets");
  arguments.insert(arguments.end(), {"--data-dir", data.string()});
  if (!keys.empty()) arguments.insert(arguments.end(), {"--set", "secrets.key=" + keys});
  return run_waypost({.arguments = std::move(arguments)});
}

Json listed(const Outcome& outcome) {
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  return Json::parse(outcome.out).at("data");
}

/// A service with an endpoint whose secret and header are sealed.
class SecretCommands : public testing::Test {
 protected:
  SecretCommands() {
    const auto made =
        app.post("/v1/webhook-endpoints",
                 Json{{"url", "http://127.0.0.1:1/"}, {"headers", {{"X-Token", "hush"}}}}.dump());
    path_ = made.field("location");
  }
  void stop() {
    app.stop();
    app.join();
  }
  std::string header() { return test::json_of(app.get(path_)).at("headers").at("X-Token"); }

  test::RunningApp app;
  std::string path_;
};

TEST_F(SecretCommands, RotateBesideARunningServiceAndOnAStoppedOne) {
  const auto data = app.data_dir();
  const auto first = listed(secrets(data, {"list", "--json"}));
  ASSERT_EQ(first.size(), 1U);
  EXPECT_EQ(first[0].at("in_use"), true);
  EXPECT_EQ(first[0].at("secrets"), 2);
  const std::string oldest = first[0].at("id");

  const auto rotated = secrets(data, {"rotate", "--json"});
  EXPECT_THAT(rotated.err, AllOf(HasSubstr("put 2 secrets under the newest key"),
                                 HasSubstr("waypost secrets drop " + oldest)));
  const auto second = listed(rotated);
  ASSERT_EQ(second.size(), 2U);
  EXPECT_EQ(second[0].at("secrets"), 2);
  EXPECT_EQ(second[1], (Json{{"id", oldest}, {"in_use", false}, {"secrets", 0}}));
  EXPECT_EQ(header(), "hush");

  stop();
  EXPECT_EQ(listed(secrets(data, {"rotate", "--json"})).size(), 3U);
  EXPECT_EQ(secrets(data, {"drop", oldest}).status, 0);
  EXPECT_EQ(secrets(data, {"drop", second[0].at("id")}).status, 0);
  const auto last = listed(secrets(data, {"list", "--json"}));
  ASSERT_EQ(last.size(), 1U);
  EXPECT_THAT(secrets(data, {"drop", last[0].at("id")}).err, HasSubstr("secrets are sealed under"));
  app.start_again();
  EXPECT_EQ(header(), "hush");
  EXPECT_EQ(secrets(data, {"reseal"}).status, 0) << "the operator is known by the new key";
}

TEST_F(SecretCommands, LeaveTheSigningSecretAsItIs) {
  const auto data = app.data_dir();
  const auto signing = [&] {
    return run_waypost({.arguments = {"webhook", "secret", "--data-dir", data.string()}}).out;
  };
  const auto before = signing();
  const std::string oldest = listed(secrets(data, {"list", "--json"}))[0].at("id");
  ASSERT_EQ(secrets(data, {"rotate"}).status, 0);
  EXPECT_EQ(signing(), before);
  EXPECT_THAT(secrets(data, {"drop", oldest}).err, HasSubstr("a moment ago"))
      << "a request under way may still store a secret under it";
  stop();
  ASSERT_EQ(secrets(data, {"drop", oldest}).status, 0);
  EXPECT_EQ(signing(), before);
}

TEST_F(SecretCommands, TakeKeysFromTheConfigurationAndLeaveThemThere) {
  const auto data = app.data_dir();
  stop();
  std::ifstream file(data / "secret.key");
  std::string old;
  std::getline(file, old);
  file.close();
  std::filesystem::remove(data / "secret.key");
  const std::string fresh(64, 'a'), both = fresh + "," + old;
  EXPECT_THAT(secrets(data, {"rotate"}, both).err, HasSubstr("secrets.key"));
  const auto keys = secrets(data, {"reseal", "--json"}, both);
  EXPECT_EQ(listed(keys)[0].at("secrets"), 2);
  EXPECT_EQ(listed(secrets(data, {"list", "--json"}, fresh))[0].at("secrets"), 2);
  EXPECT_FALSE(std::filesystem::exists(data / "secret.key")) << "no file is made";
}

TEST(SecretConfiguration, IsNeverShown) {
  const std::string key(64, 'a');
  const auto printed = run_waypost({.arguments = {"config", "print", "--set", "secrets.key=" + key}});
  EXPECT_EQ(printed.status, 0) << printed.err;
  EXPECT_THAT(printed.out, AllOf(HasSubstr("secrets.key = \"(hidden)\""), testing::Not(HasSubstr(key))));
  const auto refused = run_waypost({.arguments = {"config", "check", "--set", "secrets.key=" + key + "0"}});
  EXPECT_EQ(refused.status, 1);
  EXPECT_THAT(refused.err, AllOf(HasSubstr("64 hex digits"), testing::Not(HasSubstr(key))));
}

}  // namespace
}  // namespace waypost::app
