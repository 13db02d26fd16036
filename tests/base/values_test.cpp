#include <gmock/gmock.h>

#include <thread>

#include "waypost/base/error.hpp"
#include "waypost/base/id.hpp"
#include "waypost/base/text.hpp"
#include "waypost/base/time.hpp"

namespace waypost {
namespace {

using ::testing::ElementsAre;

TEST(Time, IsWrittenAndReadInRfc3339) {
  const auto time = from_rfc3339("2026-11-22T19:03:11.042Z");
  ASSERT_TRUE(time);
  EXPECT_EQ(to_rfc3339(*time), "2026-11-22T19:03:11.042Z");
  EXPECT_EQ(to_rfc3339(*from_rfc3339("2026-11-22T20:03:11.0429+01:00")), "2026-11-22T19:03:11.042Z");
  EXPECT_EQ(to_rfc3339(*from_rfc3339("2024-02-29t00:00:00z")), "2024-02-29T00:00:00.000Z");
  EXPECT_EQ(to_rfc3339(*from_rfc3339("1969-12-31T23:59:59.999Z")), "1969-12-31T23:59:59.999Z");
}

TEST(Time, RefusesWhatIsNotRfc3339) {
  for (const char* text :
       {"", "2026-11-22", "2026-11-22 19:03:11Z", "2026-02-30T00:00:00Z", "2026-11-22T24:00:00Z",
        "2026-11-22T19:03:11", "2026-11-22T19:03:11.Z", "2026-11-22T19:03:11Zx", "2026-11-22T19:03:11+1:00"})
    EXPECT_FALSE(from_rfc3339(text)) << text;
}

TEST(Ulid, SurvivesItsTextForm) {
  const Ulid ulid = make_ulid(Time{Milliseconds{1'700'000'000'000}});
  EXPECT_EQ(ulid.to_string().size(), 26u);
  EXPECT_EQ(Ulid::parse(ulid.to_string()), ulid);
  EXPECT_EQ(parse_id("job_", format_id("job_", ulid)), ulid);
  EXPECT_FALSE(parse_id("man_", format_id("job_", ulid)));
}

TEST(Ulid, RefusesWhatIsNone) {
  for (const char* text :
       {"", "0", "8ZZZZZZZZZZZZZZZZZZZZZZZZZ", "0123456789012345678901234U", "01234567890123456789012345 "})
    EXPECT_FALSE(Ulid::parse(text)) << text;
}

TEST(Ulid, RisesEvenWhenTheClockFalls) {
  const Ulid first = make_ulid(Time{Milliseconds{1'800'000'000'000}});
  const Ulid second = make_ulid(Time{Milliseconds{1'600'000'000'000}});
  EXPECT_GT(second.sequence(), first.sequence());
  EXPECT_LT(first.to_string(), second.to_string());
  continue_ulids_after(second.sequence() + 1'000'000);
  EXPECT_GT(make_ulid(Time{Milliseconds{1'600'000'000'000}}).sequence(), second.sequence() + 1'000'000);
}

TEST(Ulid, IsUniqueAcrossThreads) {
  constexpr int threads = 4, each = 5000;
  std::array<std::vector<std::int64_t>, threads> made;
  {
    std::vector<std::jthread> pool;
    for (auto& mine : made)
      pool.emplace_back([&mine] {
        for (int i = 0; i < each; ++i)
          mine.push_back(make_ulid(Time{Milliseconds{1'700'000'000'000}}).sequence());
      });
  }
  std::set<std::int64_t> all;
  for (const auto& mine : made) all.insert(mine.begin(), mine.end());
  EXPECT_EQ(all.size(), static_cast<std::size_t>(threads * each));
}

TEST(Utf8, IsJudgedByTheUnicodeTable) {
  EXPECT_TRUE(text::is_utf8("plain, é, 東, 😀"));
  for (const char* bad : {"\x80", "\xC0\x80", "\xC1\xBF", "\xE0\x80\x80", "\xED\xA0\x80", "\xF0\x80\x80\x80",
                          "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xE2\x82", "a\xFF"})
    EXPECT_FALSE(text::is_utf8(bad));
  EXPECT_EQ(text::first_invalid_utf8("ab\xC3("), 2u);
}

TEST(Text, SplitsTrimsAndFindsTheNearest) {
  EXPECT_THAT(text::split("a,,b", ','), ElementsAre("a", "", "b"));
  EXPECT_THAT(text::split("", ','), ElementsAre(""));
  EXPECT_EQ(text::trim(" \t x y\r\n"), "x y");
  const std::array<std::string_view, 3> names{"server.listen", "server.io_threads", "log.level"};
  EXPECT_EQ(text::nearest("server.listne", names), "server.listen");
  EXPECT_FALSE(text::nearest("zzz", names));
}

TEST(Text, DecodesAndEncodesPercentAndBase64) {
  EXPECT_EQ(text::percent_decode("a%20b+c%C3%A9", true), "a b cé");
  EXPECT_EQ(text::percent_decode("a+b", false), "a+b");
  EXPECT_FALSE(text::percent_decode("%", true));
  EXPECT_FALSE(text::percent_decode("%2", true));
  EXPECT_FALSE(text::percent_decode("%zz", true));
  EXPECT_EQ(text::percent_encode("a b/é~"), "a%20b%2F%C3%A9~");
  for (const std::string plain : {"", "f", "fo", "foo", "foob"}) {
    const std::vector<unsigned char> bytes(plain.begin(), plain.end());
    EXPECT_EQ(text::base64_decode(text::base64(bytes)), bytes);
  }
  EXPECT_EQ(text::base64(std::vector<unsigned char>{'f', 'o'}), "Zm8=");
  EXPECT_FALSE(text::base64_decode("Zm8"));
  EXPECT_FALSE(text::base64_decode("Zm=8"));
}

TEST(ErrorCodes, HaveOneRowEach) {
  EXPECT_EQ(describe(Code::validation_failed).status, 422);
  EXPECT_EQ(describe(Code::insufficient_storage).name, "insufficient_storage");
}

}  // namespace
}  // namespace waypost
