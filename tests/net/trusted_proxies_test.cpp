#include "waypost/net/trusted_proxies.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/net_raw_client.hpp"
#include "support/net_test_server.hpp"

namespace waypost::test {
namespace {

using net::TrustedProxies;
using testing::EndsWith;
using testing::HasSubstr;
using Fields = std::vector<std::pair<std::string_view, std::string_view>>;
namespace ip = boost::asio::ip;

const TrustedProxies proxies = TrustedProxies::make({"10.0.0.0/8", "2001:db8::/32", "127.0.0.1"}).value();

std::string client(Fields fields, const char* peer = "10.0.0.1") {
  const net::RequestHead head{.fields = std::move(fields)};
  return proxies.client_of(head, ip::make_address(peer)).to_string();
}

TEST(TrustedProxies, TakeTheRightMostAddressThatIsNotTheirs) {
  EXPECT_EQ(client({{"X-Forwarded-For", "192.0.2.7"}}), "192.0.2.7");
  EXPECT_EQ(client({{"X-Forwarded-For", "6.6.6.6, 192.0.2.7, 10.2.3.4"}}), "192.0.2.7");
  EXPECT_EQ(client({{"X-Forwarded-For", "6.6.6.6"}, {"X-Forwarded-For", "192.0.2.7"}}), "192.0.2.7");
  EXPECT_EQ(client({{"Forwarded", "for=6.6.6.6;proto=http, For=\"192.0.2.7:4711\";by=10.0.0.1"}}),
            "192.0.2.7");
  EXPECT_EQ(client({{"Forwarded", "for=\"[2001:db9::1]:80\""}}), "2001:db9::1");
  EXPECT_EQ(client({{"X-Forwarded-For", "::ffff:192.0.2.7"}}), "192.0.2.7");
}

TEST(TrustedProxies, TakeTheFirstWhenAllAreTheirs) {
  EXPECT_EQ(client({{"X-Forwarded-For", "10.9.9.9, 10.2.3.4"}}), "10.9.9.9");
}

TEST(TrustedProxies, StopAtWhatIsNoAddress) {
  EXPECT_EQ(client({}), "10.0.0.1");
  EXPECT_EQ(client({{"X-Forwarded-For", "192.0.2.7, unknown"}}), "10.0.0.1");
  EXPECT_EQ(client({{"Forwarded", "for=192.0.2.7, for=_hidden, for=10.2.3.4"}}), "10.2.3.4");
  EXPECT_EQ(client({{"Forwarded", "for=\"[2001:db9::1\", proto=https"}}), "10.0.0.1");
  EXPECT_EQ(client({{"X-Forwarded-For", ""}}), "10.0.0.1");
}

TEST(TrustedProxies, BelieveNeitherFieldWhenTheTwoDisagree) {
  EXPECT_EQ(client({{"Forwarded", "for=192.0.2.7"}, {"X-Forwarded-For", "192.0.2.7"}}), "192.0.2.7");
  EXPECT_EQ(client({{"Forwarded", "for=6.6.6.6"}, {"X-Forwarded-For", "192.0.2.7"}}), "10.0.0.1");
}

TEST(TrustedProxies, ArePartedOnlyOutsideQuotes) {
  EXPECT_EQ(client({{"Forwarded", "for=192.0.2.7;host=\"a, for=6.6.6.6\""}}), "192.0.2.7");
  EXPECT_EQ(client({{"Forwarded", "host=\"a\\\", for=6.6.6.6\";for=192.0.2.7"}}), "192.0.2.7");
}

TEST(TrustedProxies, NameTheEntryAtFault) {
  const auto bad = TrustedProxies::make({"10.0.0.0/8", "proxy.example"});
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().message, "'proxy.example' is not a CIDR block such as 10.0.0.0/8");
  EXPECT_THAT(TrustedProxies::make({"10.0.0.1/8"}).error().message, HasSubstr("did you mean 10.0.0.0/8?"));
}

struct BehindProxy : testing::Test {
  BehindProxy() {
    service.on_handle = [](const net::Request& request) -> asio::awaitable<net::Response> {
      co_return text_response(std::string(request.head.remote_address) +
                              (request.head.via_proxy ? " via proxy" : " directly"));
    };
  }
  static std::string ask(const TestServer& server, const char* from = "127.0.0.1") {
    RawClient client(server.port(), 0, from);
    client.send("GET / HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 192.0.2.7\r\n\r\n");
    return client.receive().body;
  }
  ScriptedService service;
};

TEST_F(BehindProxy, TheClientIsWhoTheTrustedProxySays) {
  TestServer server(service, net::ServerSettings{.proxies = proxies});
  EXPECT_EQ(ask(server), "192.0.2.7 via proxy");
  EXPECT_EQ(ask(server, "127.0.0.2"), "127.0.0.2 directly") << "whose word does not count";
}

TEST_F(BehindProxy, NobodysWordCountsUnlessConfigured) {
  TestServer server(service);
  EXPECT_EQ(ask(server), "127.0.0.1 directly");
}

TEST_F(BehindProxy, ATrustedProxyMayHaveMoreConnectionsThanOneAddress) {
  TestServer server(service,
                    net::ServerSettings{.limits = {.max_connections_per_address = 1}, .proxies = proxies});
  RawClient first(server.port());
  EXPECT_EQ(ask(server), "192.0.2.7 via proxy");
}

}  // namespace
}  // namespace waypost::test
