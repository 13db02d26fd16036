#include "waypost/auth/key_request.hpp"

#include <gtest/gtest.h>

namespace waypost::auth {
namespace {

constexpr Time now{Seconds{1'790'000'000}};

ApiKey read(std::string_view text, std::vector<Fault>& faults) {
  const auto document = json::Document::parse(text);
  return read_key_request(document->root(), now, faults);
}

std::vector<std::string> faults_of(std::string_view text) {
  std::vector<Fault> faults;
  read(text, faults);
  std::vector<std::string> out;
  for (const auto& fault : faults) out.push_back(fault.code + " @ " + fault.pointer.value_or("none"));
  return out;
}

TEST(KeyRequest, ReadsAllOfAKey) {
  std::vector<Fault> faults;
  const auto key = read(R"({"name": "ci", "scopes": ["lookup", "jobs:write"], "tenant": "maps.eu-1",
                            "expires_at": "2027-01-01T00:00:00Z", "rate_per_second": 2.5})",
                        faults);
  EXPECT_TRUE(faults.empty());
  EXPECT_EQ(key.name, "ci");
  EXPECT_EQ(key.tenant, "maps.eu-1");
  EXPECT_EQ(key.scopes.names(), (std::vector<std::string_view>{"lookup", "jobs:write"}));
  EXPECT_EQ(key.expires_at, from_rfc3339("2027-01-01T00:00:00Z"));
  EXPECT_EQ(key.rate_per_second, 2.5);
  EXPECT_EQ(key.created_at, now);
}

TEST(KeyRequest, NamesEveryFault) {
  EXPECT_EQ(faults_of("[]"), std::vector<std::string>{"wrong_type @ "});
  EXPECT_EQ(faults_of("{}"), (std::vector<std::string>{"required @ /name", "required @ /scopes"}));
  EXPECT_EQ(
      faults_of(R"({"name": "", "scopes": ["read"], "tenant": "a b", "expires_at": "2001-01-01T00:00:00Z",
                          "rate_per_second": 0, "secret": "x"})"),
      (std::vector<std::string>{"too_short @ /name", "malformed @ /tenant", "unknown_scope @ /scopes",
                                "out_of_range @ /expires_at", "out_of_range @ /rate_per_second",
                                "unknown_field @ /secret"}));
}

TEST(KeyRequest, TheSecretIsShownOnlyWhenTheKeyIsMade) {
  std::vector<Fault> faults;
  auto key = read(R"({"name": "ci", "scopes": ["admin"]})", faults);
  const auto token = give_secret(key);
  EXPECT_NE(to_json(key, token).find(token), std::string::npos);
  EXPECT_EQ(to_json(std::vector{key}).find(token.substr(30)), std::string::npos);
  EXPECT_EQ(to_json(std::vector<ApiKey>{}), R"({"data":[],"next_cursor":null})");
}

TEST(KeyRequest, ReadsDurations) {
  EXPECT_EQ(parse_duration("90s"), Seconds{90});
  EXPECT_EQ(parse_duration("15m"), std::chrono::minutes{15});
  EXPECT_EQ(parse_duration("12h"), std::chrono::hours{12});
  EXPECT_EQ(parse_duration("30d"), std::chrono::days{30});
  for (const auto* text : {"", "30", "d", "0d", "-1d", "1.5h", "30 d", "30days", "99999999999999999999d"})
    EXPECT_FALSE(parse_duration(text)) << text;
}

}  // namespace
}  // namespace waypost::auth
