#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "waypost/net/egress.hpp"

namespace waypost::net {
namespace {

using testing::HasSubstr;

TEST(Url, IsTakenApart) {
  struct Row {
    std::string text, scheme, host;
    int port;
    std::string target, authority;
  };
  const std::vector<Row> rows{
      {"http://example.com", "http", "example.com", 80, "/", "example.com"},
      {"https://example.com/", "https", "example.com", 443, "/", "example.com"},
      {"HTTP://EXAMPLE.com:8080/A?b=C#d", "http", "example.com", 8080, "/A?b=C", "example.com:8080"},
      {"https://example.com:443?q", "https", "example.com", 443, "/?q", "example.com"},
      {"http://example.com:443/", "http", "example.com", 443, "/", "example.com:443"},
      {"http://example.com:/", "http", "example.com", 80, "/", "example.com"},
      {"http://example.com./x", "http", "example.com", 80, "/x", "example.com"},
      {"http://example.com#frag", "http", "example.com", 80, "/", "example.com"},
      {"http://10.1.2.3:81/", "http", "10.1.2.3", 81, "/", "10.1.2.3:81"},
      {"http://[2001:DB8:0::1]:81/", "http", "2001:db8::1", 81, "/", "[2001:db8::1]:81"},
      {"http://[::ffff:1.2.3.4]/", "http", "::ffff:1.2.3.4", 80, "/", "[::ffff:1.2.3.4]"},
      {"http://my_service/", "http", "my_service", 80, "/", "my_service"},
      {"http://xn--bcher-kva.example/%C3%BC?a|b", "http", "xn--bcher-kva.example", 80, "/%C3%BC?a|b",
       "xn--bcher-kva.example"},
      {"http://1.example/", "http", "1.example", 80, "/", "1.example"},
      {"http://0x7f.example/", "http", "0x7f.example", 80, "/", "0x7f.example"},
      {"http://h/p@q:r", "http", "h", 80, "/p@q:r", "h"},
  };
  for (const auto& row : rows) {
    const auto url = parse_url(row.text);
    ASSERT_TRUE(url) << row.text << ": " << url.error().message;
    EXPECT_EQ(url->scheme, row.scheme) << row.text;
    EXPECT_EQ(url->host, row.host) << row.text;
    EXPECT_EQ(url->port, row.port) << row.text;
    EXPECT_EQ(url->target, row.target) << row.text;
    EXPECT_EQ(url->authority(), row.authority) << row.text;
  }
}

TEST(Url, IsRefusedWithTheReason) {
  const std::vector<std::pair<std::string, std::string>> rows{
      {"", "not absolute"},
      {"example.com", "not absolute"},
      {"/path", "not absolute"},
      {"//example.com/", "not absolute"},
      {"http:/example.com", "not absolute"},
      {"ftp://example.com/", "scheme"},
      {"file:///etc/passwd", "scheme"},
      {"gopher://example.com/", "scheme"},
      {" http://example.com/", "scheme"},
      {"http://", "no host"},
      {"http:///path", "no host"},
      {"http://:80/", "no host"},
      {"http://user@example.com/", "credentials"},
      {"http://user:secret@example.com/", "credentials"},
      {"http://example.com@127.0.0.1/", "credentials"},
      {"http://[fe80::1%25eth0]/", "zone id"},
      {"http://[fe80::1%eth0]/", "zone id"},
      {"http://[::1", "bracket"},
      {"http://[::1]x/", "bracket"},
      {"http://[127.0.0.1]/", "IPv6"},
      {"http://[]/", "no host"},
      {"http://::1/", "no host"},
      {"http://example.com:0/", "port"},
      {"http://example.com:65536/", "port"},
      {"http://example.com:8o/", "port"},
      {"http://example.com:-1/", "port"},
      {"http://example.com:80:80/", "port"},
      {"http://exa mple.com/", "blank"},
      {"http://example.com/a b", "blank"},
      {"http://example.com/a\r\nHost: x", "control character"},
      {"http://example.com/\t", "control character"},
      {std::string("http://example.com/\0", 20), "control character"},
      {"http://example.com/caf\xc3\xa9", "percent-encode"},
      {"http://b\xc3\xbc"
       "cher.example/",
       "punycode"},
      {"http://\xef\xbc\x91.1.1.1/", "punycode"},
      {"http://example.com\\@127.0.0.1/", "backslash"},
      {"http://example.com/\\x", "backslash"},
      {"http://2130706433/", "number"},
      {"http://0x7f000001/", "number"},
      {"http://0x7f.1/", "number"},
      {"http://0X7F.0.0.1/", "number"},
      {"http://0177.0.0.1/", "number"},
      {"http://017700000001/", "number"},
      {"http://127.1/", "number"},
      {"http://127.0.1/", "number"},
      {"http://127.0.0.01/", "number"},
      {"http://127.0.0.256/", "number"},
      {"http://1.2.3.4.5/", "number"},
      {"http://example.0x/", "number"},
      {"http://foo.1/", "number"},
      {"http://exa%6dple.com/", "no name"},
      {"http://-example.com/", "no name"},
      {"http://example-.com/", "no name"},
      {"http://a..b/", "no name"},
      {"http://.example.com/", "no name"},
      {"http://exam!ple.com/", "no name"},
      {"http://" + std::string(64, 'a') + ".com/", "no name"},
      {"http://example.com/" + std::string(9000, 'a'), "longer than"},
  };
  for (const auto& [text, reason] : rows) {
    const auto url = parse_url(text);
    ASSERT_FALSE(url) << text;
    EXPECT_EQ(url.error().code, Code::validation_failed) << text;
    EXPECT_THAT(url.error().message, HasSubstr(reason)) << text;
  }
}

}  // namespace
}  // namespace waypost::net
