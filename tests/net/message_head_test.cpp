#include "net/message_head.hpp"

#include <gtest/gtest.h>

#include "net/chunk_decoder.hpp"
#include "net/response_head.hpp"

namespace waypost::net {
namespace {

/// All that a chunked body decodes to when it arrives in parts of `size` bytes, or "malformed" or
/// "incomplete".
std::string decode(std::string_view body, std::size_t size) {
  ChunkDecoder decoder;
  std::string out;
  while (!body.empty()) {
    std::string_view part = body.substr(0, size);
    body.remove_prefix(part.size());
    while (!part.empty()) {
      const auto step = decoder.step(part);
      if (step.state == ChunkDecoder::State::malformed) return "malformed";
      out.append(step.data);
      part.remove_prefix(step.consumed);
      if (step.state == ChunkDecoder::State::done) return out + "|" + std::string(part) + std::string(body);
    }
  }
  return "incomplete";
}

TEST(ChunkDecoder, DecodesTheSameHoweverTheBytesArrive) {
  const std::string body =
      "4\r\nwiki\r\n0006 ; a=\"b\"\r\npedia \r\nE;x\r\nin \r\n\r\nchunks.\r\n0;y\r\nT: 1\r\nU: 2\r\n\r\nNEXT";
  for (std::size_t size = 1; size <= body.size(); ++size) {
    EXPECT_EQ(decode(body, size), "wikipedia in \r\n\r\nchunks.|NEXT") << size;
  }
}

TEST(ChunkDecoder, BoundsExtensionsTrailersAndSizes) {
  EXPECT_EQ(decode("1;" + std::string(20'000, 'e') + "\r\na\r\n0\r\n\r\n", 1000), "malformed");
  EXPECT_EQ(decode("0\r\nT: " + std::string(20'000, 't') + "\r\n\r\n", 1000), "malformed");
  EXPECT_EQ(decode("fffffffffffffffff\r\n", 1000), "malformed");
  EXPECT_EQ(decode("0000000000000000\r\n\r\n", 1000), "malformed");
  EXPECT_EQ(decode("fffffffffffffff\r\nabc", 1000), "incomplete");
}

TEST(HeadScanner, LooksAtEachByteOnce) {
  const std::string head = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
  HeadScanner scanner(100, 100);
  for (std::size_t size = 0; size < head.size(); ++size) {
    ASSERT_EQ(scanner.scan(std::string_view(head).substr(0, size)), HeadScanner::State::incomplete) << size;
  }
  EXPECT_EQ(scanner.scan(head + "body"), HeadScanner::State::complete);
  EXPECT_EQ(scanner.size(), head.size());
}

TEST(Target, IsSplitIntoPathAndQuery) {
  const auto parts = split_target("/a?b?c");
  EXPECT_EQ(parts->path, "/a");
  EXPECT_EQ(parts->query, "b?c");
  EXPECT_EQ(split_target("/a?")->query, "");
  EXPECT_FALSE(split_target("a/b"));
  EXPECT_FALSE(split_target("?a"));
}

TEST(Host, IsCheckedByItsGrammar) {
  for (const std::string good :
       {"", "a", "a.b-c_d", "a:80", "a:", "1.2.3.4:5", "[::1]", "[::1]:80", "a%20b", "a~!$&'()*+,;="}) {
    EXPECT_TRUE(is_host_value(good)) << good;
  }
  for (const std::string bad :
       {"a b", "a/b", "a?b", "a#b", "a@b", "a:b", "a:1:2", "[::1", "[x]", "[::1]x", "a:123456", "a\\b"}) {
    EXPECT_FALSE(is_host_value(bad)) << bad;
  }
}

TEST(Date, IsWrittenAsRfc9110Wants) {
  EXPECT_EQ(DateCache::format(784111777), "Sun, 06 Nov 1994 08:49:37 GMT");
}

}  // namespace
}  // namespace waypost::net
