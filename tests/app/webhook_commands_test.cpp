#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "program.hpp"
#include "waypost/base/clock.hpp"
#include "waypost/webhook/signature.hpp"

namespace waypost::app {
namespace {

using testing::HasSubstr;

const std::string secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const std::string body = R"({"test": 2432232314})";

Outcome run_webhook(std::vector<std::string> arguments, const std::string& input = body) {
  arguments.insert(arguments.begin(), "webhook");
  return run_waypost({.arguments = std::move(arguments), .input = input});
}

// The example that the specification's reference libraries share.
TEST(WebhookCommands, SignAsTheReferenceLibrariesDo) {
  const Outcome outcome = run_webhook(
      {"sign", "--secret", secret, "--id", "msg_p5jXN8AQM9LWM0D4loKWxJek", "--timestamp", "1614265330", "-"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(outcome.out,
            "webhook-id: msg_p5jXN8AQM9LWM0D4loKWxJek\n"
            "webhook-timestamp: 1614265330\n"
            "webhook-signature: v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=\n");
}

TEST(WebhookCommands, VerifyWhatTheySigned) {
  const Outcome signed_now = run_webhook({"sign", "--secret", secret, "--json", "-"});
  const auto headers = nlohmann::json::parse(signed_now.out);
  const auto verify = [&](const std::string& text, std::vector<std::string> more = {}) {
    std::vector<std::string> arguments = {"verify",
                                          "--secret",
                                          secret,
                                          "--id",
                                          headers["id"].get<std::string>(),
                                          "--timestamp",
                                          std::to_string(headers["timestamp"].get<std::int64_t>()),
                                          "--signature",
                                          headers["signature"].get<std::string>()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    arguments.push_back("-");
    return run_webhook(arguments, text);
  };
  EXPECT_EQ(verify(body).out, "valid\n");
  EXPECT_EQ(verify(body).status, 0);
  const Outcome altered = verify(body + " ");
  EXPECT_EQ(altered.status, 1);
  EXPECT_THAT(altered.err, HasSubstr("no signature"));
  const Outcome json = verify(body + " ", {"--json"});
  EXPECT_EQ(json.status, 1);
  EXPECT_EQ(nlohmann::json::parse(json.out)["valid"], false);
}

TEST(WebhookCommands, SayWhatIsWrong) {
  const Outcome old = run_webhook(
      {"verify", "--secret", secret, "--id", "a", "--timestamp", "1614265330", "--signature", "v1,x", "-"});
  EXPECT_EQ(old.status, 1);
  EXPECT_THAT(old.err, HasSubstr("webhook-timestamp"));
  EXPECT_EQ(run_webhook({"sign", "-"}).status, 2) << "no secret";
  const Outcome malformed = run_webhook({"sign", "--secret", "x", "-"});
  EXPECT_EQ(malformed.status, 1);
  EXPECT_THAT(malformed.err, HasSubstr("whsec_"));
  EXPECT_THAT(run_webhook({"sign", "--secret", secret, "/nowhere/body"}).err, HasSubstr("/nowhere/body"));
}

}  // namespace
}  // namespace waypost::app
