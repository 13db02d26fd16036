#include "waypost/net/egress.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/use_future.hpp>

namespace waypost::net {
namespace {

using testing::HasSubstr;

EgressPolicy policy(const std::vector<std::string>& allow = {}, const std::vector<std::string>& deny = {},
                    bool allow_private = false) {
  auto made = EgressPolicy::make(allow, deny, allow_private);
  EXPECT_TRUE(made) << made.error().message;
  return std::move(*made);
}

/// "public", "private", "forbidden" or "denied", as the policy's answer reads.
std::string verdict(const EgressPolicy& guard, const std::string& address, const std::string& host = "") {
  const auto judged = guard.judge(host.empty() ? address : host, asio::ip::make_address(address));
  if (judged) return "open";
  EXPECT_EQ(judged.error().code, Code::egress_forbidden);
  for (const std::string word : {"private", "forbidden", "denied"}) {
    if (judged.error().message.contains(" is " + word)) return word;
  }
  return judged.error().message;
}

TEST(Egress, PutsEachAddressInItsTier) {
  const std::vector<std::pair<std::string, std::vector<std::string>>> tiers{
      {"open", {"1.1.1.1",         "8.8.8.8",         "9.255.255.255",        "11.0.0.0",
                "100.63.255.255",  "100.128.0.0",     "126.255.255.255",      "128.0.0.0",
                "169.253.255.255", "169.255.0.0",     "172.15.255.255",       "172.32.0.0",
                "192.0.1.0",       "192.0.3.0",       "192.88.98.255",        "192.88.100.0",
                "192.167.255.255", "192.169.0.0",     "198.17.255.255",       "198.20.0.0",
                "198.51.99.255",   "198.51.101.0",    "203.0.112.255",        "203.0.114.0",
                "223.255.255.255", "2606:4700::1111", "2001:4860:4860::8888", "2001:1::1",
                "2003::1",         "::ffff:8.8.8.8",  "::ffff:0:8.8.8.8",     "64:ff9b:2::1",
                "100:0:0:1::1",    "2001:db7::1",     "2001:db9::1",          "3fff:1000::1",
                "5f01::1",         "0:0:0:1::1"}},
      {"private",
       {"10.0.0.0", "10.255.255.255", "172.16.0.0", "172.31.255.255", "192.168.0.0", "192.168.255.255",
        "100.64.0.0", "100.127.255.255", "fc00::", "fd00::1", "fdff:ffff::1", "::ffff:10.0.0.1",
        "::ffff:0:192.168.1.1"}},
      {"forbidden",
       {"0.0.0.0",
        "0.255.255.255",
        "127.0.0.1",
        "127.255.255.255",
        "169.254.0.0",
        "169.254.169.254",
        "192.0.0.0",
        "192.0.0.192",
        "192.0.0.255",
        "192.0.2.1",
        "192.88.99.1",
        "198.18.0.0",
        "198.19.255.255",
        "198.51.100.7",
        "203.0.113.255",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        "100.100.100.200",
        "::",
        "::1",
        "::7f00:1",
        "::8.8.8.8",
        "fe80::1",
        "febf::1",
        "fec0::1",
        "feff::1",
        "ff02::1",
        "ffff::1",
        "100::1",
        "100::ffff:0:0:1",
        "2001:db8::1",
        "3fff::1",
        "3fff:fff::1",
        "5f00::1",
        "2001::1",
        "2001:0:ffff::1",
        "2002::1",
        "2002:0808:0808::1",
        "64:ff9b::8.8.8.8",
        "64:ff9b:1::1",
        "64:ff9b:1:ffff::1",
        "fd00:ec2::254",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "::ffff:0:127.0.0.1",
        "::ffff:0.0.0.0"}},
  };
  const auto guard = policy();
  for (const auto& [tier, addresses] : tiers) {
    for (const auto& address : addresses) EXPECT_EQ(verdict(guard, address), tier) << address;
  }
}

TEST(Egress, OpensWhatTheSettingsSay) {
  struct Row {
    std::vector<std::string> allow, deny;
    bool allow_private;
    std::string host, address, verdict;
  };
  const std::vector<Row> rows{
      // allow_private opens the private tier alone.
      {{}, {}, true, "", "10.1.2.3", "open"},
      {{}, {}, true, "", "fd00::1", "open"},
      {{}, {}, true, "", "::ffff:10.1.2.3", "open"},
      {{}, {}, true, "", "127.0.0.1", "forbidden"},
      {{}, {}, true, "", "169.254.169.254", "forbidden"},
      {{}, {}, true, "", "100.100.100.200", "forbidden"},
      // A block opens the private tier however wide it is.
      {{"10.0.0.0/8"}, {}, false, "", "10.1.2.3", "open"},
      {{"10.1.2.3"}, {}, false, "", "10.1.2.3", "open"},
      {{"10.1.2.3"}, {}, false, "", "10.1.2.4", "private"},
      {{"0.0.0.0/0"}, {}, false, "", "192.168.0.1", "open"},
      {{"0.0.0.0/0"}, {}, false, "", "::ffff:192.168.0.1", "open"},
      {{"::/0"}, {}, false, "", "fd00::1", "open"},
      {{"::/0"}, {}, false, "", "10.0.0.1", "private"},
      // The forbidden tier opens to nothing wider than its own block.
      {{"0.0.0.0/0"}, {}, false, "", "127.0.0.1", "forbidden"},
      {{"126.0.0.0/7"}, {}, false, "", "127.0.0.1", "forbidden"},
      {{"127.0.0.0/8"}, {}, false, "", "127.0.0.1", "open"},
      {{"127.0.0.2/32"}, {}, false, "", "127.0.0.2", "open"},
      {{"127.0.0.2/32"}, {}, false, "", "127.0.0.1", "forbidden"},
      {{"127.0.0.1"}, {}, false, "", "::ffff:127.0.0.1", "open"},
      {{"::ffff:127.0.0.1"}, {}, false, "", "127.0.0.1", "open"},
      {{"::ffff:0:0/96"}, {}, false, "", "127.0.0.1", "forbidden"},
      {{"::ffff:0:0/96"}, {}, false, "", "10.0.0.1", "open"},
      {{"::1"}, {}, false, "", "::1", "open"},
      {{"::/96"}, {}, false, "", "::1", "forbidden"},
      {{"::/96"}, {}, false, "", "::2", "open"},
      {{"::/0"}, {}, false, "", "fe80::1", "forbidden"},
      {{"2001:db8::/32"}, {}, false, "", "2001:db8::1", "open"},
      {{"2001:db8::/31"}, {}, false, "", "2001:db8::1", "forbidden"},
      {{"fc00::/7"}, {}, false, "", "fd00:ec2::254", "forbidden"},
      // An exact name opens either tier for that name.
      {{"sink.internal"}, {}, false, "sink.internal", "127.0.0.1", "open"},
      {{"Sink.Internal."}, {}, false, "sink.internal", "10.0.0.1", "open"},
      {{"sink.internal"}, {}, false, "other.internal", "127.0.0.1", "forbidden"},
      {{"sink.internal"}, {}, false, "a.sink.internal", "127.0.0.1", "forbidden"},
      {{"internal"}, {}, false, "sink.internal", "10.0.0.1", "private"},
      {{"localhost"}, {}, false, "localhost", "::1", "open"},
      // Deny beats all.
      {{}, {"8.8.8.0/24"}, false, "", "8.8.8.8", "denied"},
      {{}, {"8.8.8.0/24"}, false, "", "::ffff:8.8.8.8", "denied"},
      {{}, {"::ffff:8.8.8.0/120"}, false, "", "8.8.8.8", "denied"},
      {{}, {"0.0.0.0/0"}, false, "", "8.8.8.8", "denied"},
      {{"10.0.0.1"}, {"10.0.0.0/8"}, true, "", "10.0.0.1", "denied"},
      {{"evil.example"}, {"evil.example"}, true, "evil.example", "8.8.8.8", "denied"},
      {{}, {"evil.example"}, false, "EVIL.example.", "8.8.8.8", "denied"},
      {{}, {"evil.example"}, false, "good.example", "8.8.8.8", "open"},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(verdict(policy(row.allow, row.deny, row.allow_private), row.address, row.host), row.verdict)
        << row.host << " " << row.address << " allow " << testing::PrintToString(row.allow) << " deny "
        << testing::PrintToString(row.deny) << " private " << row.allow_private;
  }
}

TEST(Egress, SaysTierBlockAndSettingWhenItRefuses) {
  const auto message = [](const std::string& host, const std::string& address) {
    return policy().judge(host, asio::ip::make_address(address)).error().message;
  };
  EXPECT_EQ(message("intranet.example", "10.1.2.3"),
            "10.1.2.3 (of intranet.example) is private (10.0.0.0/8, a private network); set "
            "egress.allow_private = true "
            "or egress.allow = [\"10.1.2.3/32\"] to open it");
  EXPECT_EQ(
      message("127.0.0.1", "127.0.0.1"),
      "127.0.0.1 is forbidden (127.0.0.0/8, loopback); only egress.allow = [\"127.0.0.1/32\"], another block "
      "within 127.0.0.0/8 or the exact host name there would open it");
}

TEST(Egress, RefusesEntriesThatMeanNothing) {
  const std::vector<std::pair<std::string, std::string>> rows{
      {"10.0.0.0/33", "between 0 and 32"},
      {"::/129", "between 0 and 128"},
      {"10.0.0.0/", "between 0 and 32"},
      {"10.0.0.0/-1", "between 0 and 32"},
      {"10.0.0.1/8", "did you mean 10.0.0.0/8"},
      {"10/8", "not a CIDR block"},
      {"*.example.com", "neither"},
      {"", "neither"},
      {"127.1", "neither"},
      {"http://example.com", "not a CIDR block"},
  };
  for (const auto& [entry, reason] : rows) {
    const auto made = EgressPolicy::make({"10.0.0.0/8", entry}, {}, false);
    ASSERT_FALSE(made) << entry;
    EXPECT_THAT(made.error().message, testing::StartsWith("egress.allow: '" + entry + "' ")) << entry;
    EXPECT_THAT(made.error().message, HasSubstr(reason)) << entry;
  }
  EXPECT_THAT(EgressPolicy::make({}, {"*"}, false).error().message, testing::StartsWith("egress.deny: '*' "));
}

TEST(Egress, ChecksAUrlAsFarAsItCanWithoutResolving) {
  const auto guard = policy({}, {"evil.example"});
  EXPECT_TRUE(guard.check("https://good.example/hook"));
  EXPECT_EQ(guard.check("https://evil.example./hook").error().code, Code::egress_forbidden);
  EXPECT_EQ(guard.check("http://169.254.169.254/latest").error().code, Code::egress_forbidden);
  EXPECT_EQ(guard.check("http://[::ffff:a00:1]/").error().code, Code::egress_forbidden);
  EXPECT_EQ(guard.check("ftp://good.example/").error().code, Code::validation_failed);
}

template <class T>
T run(asio::awaitable<T> work) {
  asio::io_context context;
  auto result = asio::co_spawn(context, std::move(work), asio::use_future);
  context.run();
  return result.get();
}

TEST(Egress, ResolvesANameAndJudgesItsAddresses) {
  const auto url = parse_url("http://localhost:81/").value();
  const auto closed = policy();
  EXPECT_EQ(run(resolve(url, closed)).error().code, Code::egress_forbidden);
  const auto open = policy({"localhost"});
  const auto endpoints = run(resolve(url, open));
  ASSERT_TRUE(endpoints) << endpoints.error().message;
  ASSERT_FALSE(endpoints->empty());
  for (const auto& endpoint : *endpoints) {
    EXPECT_TRUE(endpoint.address().is_loopback());
    EXPECT_EQ(endpoint.port(), 81);
  }
}

TEST(Egress, JudgesALiteralWithoutResolving) {
  const auto url = parse_url("http://[::ffff:8.8.8.8]:81/").value();
  const auto guard = policy();
  const auto endpoints = run(resolve(url, guard));
  ASSERT_TRUE(endpoints);
  EXPECT_EQ(endpoints->front().port(), 81);
}

TEST(Egress, RefusesAtCreationWhatANameLeadsTo) {
  const auto guard = policy();
  const auto checked = run(check_reachable("http://localhost/", guard, std::chrono::seconds(10)));
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().code, Code::egress_forbidden);
  EXPECT_THAT(checked.error().message, HasSubstr("(of localhost)"));
}

TEST(Egress, AcceptsAtCreationANameThatDoesNotResolveYet) {
  const auto guard = policy();
  const auto checked = run(check_reachable("http://name.invalid/", guard, std::chrono::seconds(10)));
  ASSERT_TRUE(checked) << checked.error().message;
  EXPECT_EQ(checked->host, "name.invalid");
}

TEST(Egress, SurvivesTheEndOfItsContextDuringALookup) {
  const auto guard = policy();
  for (int i = 0; i < 50; ++i) {
    asio::io_context context;
    asio::co_spawn(context, check_reachable("http://localhost/", guard, std::chrono::seconds(10)),
                   asio::detached);
    context.poll_one();
  }
}

}  // namespace
}  // namespace waypost::net
