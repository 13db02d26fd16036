#include "net/content_coding.hpp"

#include <gtest/gtest.h>

namespace waypost::net {
namespace {

TEST(ContentCoding, WeighsAcceptEncoding) {
  for (const std::string yes :
       {"gzip", "GZIP", "x-gzip", "br, gzip", "gzip;q=0.5", "gzip; q=1.000", "*", "*;q=0.1",
        "identity;q=0.5, gzip", "identity;q=0, gzip;q=0.001", "deflate,gzip;q=1,*;q=0"}) {
    EXPECT_TRUE(accepts_gzip(yes)) << yes;
  }
  for (const std::string no :
       {"", "br", "identity", "gzip;q=0", "gzip;q=0.000", "*;q=0", "gzip;q=0, *", "gzipped",
        "identity, gzip;q=0.5", "gzip;q=2", "gzip;q=0.0001", "gzip;q=x", "gzip;q="}) {
    EXPECT_FALSE(accepts_gzip(no)) << no;
  }
}

TEST(ContentCoding, KnowsTextFromWhatIsCompressedAlready) {
  for (const std::string text :
       {"application/json", "application/problem+json", "text/csv; charset=utf-8", "text/plain",
        "application/xml; charset=UTF-8", "application/x-ndjson", "text/html"}) {
    EXPECT_TRUE(is_compressible(text)) << text;
  }
  for (const std::string other : {"image/png", "application/octet-stream", "application/gzip", ""}) {
    EXPECT_FALSE(is_compressible(other)) << other;
  }
}

TEST(ContentCoding, InflatesWhatItDeflated) {
  for (const std::size_t size : {0U, 1U, 1000U, 4096U, 1'000'000U}) {
    std::string data(size, 'x');
    for (std::size_t i = 0; i < size; ++i) data[i] = static_cast<char>(i * i % 251);
    std::string out = "before";
    ASSERT_TRUE(gunzip(gzip(data), size, out)) << size;
    EXPECT_EQ(out, "before" + data);
  }
}

TEST(ContentCoding, InflatesSeveralMembersAsOne) {
  std::string out;
  ASSERT_TRUE(gunzip(gzip("one ") + gzip("two"), 7, out));
  EXPECT_EQ(out, "one two");
}

TEST(ContentCoding, StopsAtTheLimitWithoutHoldingMore) {
  std::string out;
  const auto bomb = gunzip(gzip(std::string(100'000'000, 'x')), 1000, out);
  ASSERT_FALSE(bomb);
  EXPECT_EQ(bomb.error().code, Code::payload_too_large);
  EXPECT_LE(out.capacity(), 8192U);
}

TEST(ContentCoding, RefusesEveryCutAndEveryWrongChecksum) {
  const std::string whole = gzip("a text that is long enough to be worth a few bytes");
  std::string out;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto cut = gunzip(std::string_view(whole).substr(0, size), 1000, out);
    ASSERT_FALSE(cut) << size;
    EXPECT_EQ(cut.error().code, Code::malformed_request);
  }
  std::string wrong = whole;
  wrong[wrong.size() - 8] = static_cast<char>(wrong[wrong.size() - 8] ^ 1);
  EXPECT_FALSE(gunzip(wrong, 1000, out));
}

TEST(ContentCoding, StreamsPiecesThatCanBeReadAtOnce) {
  GzipStream stream;
  std::string sent(stream.compress("first"));
  std::string out;
  EXPECT_FALSE(gunzip(sent, 100, out));
  EXPECT_EQ(out, "first");  // not the end, but all that was written so far
  sent.append(stream.compress(" second")).append(stream.finish());
  out.clear();
  ASSERT_TRUE(gunzip(sent, 100, out));
  EXPECT_EQ(out, "first second");
}

}  // namespace
}  // namespace waypost::net
