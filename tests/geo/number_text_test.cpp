#include "geo/number_text.hpp"

#include <gtest/gtest.h>

namespace waypost::geo {
namespace {

TEST(Degrees, AreWrittenInTheFewestDigitsThatSayThemExactly) {
  const std::pair<std::int32_t, std::string_view> cases[] = {
      {0, "0"},
      {1, "0.0000001"},
      {-1, "-0.0000001"},
      {10'000'000, "1"},
      {-10'000'000, "-1"},
      {525'200'080, "52.520008"},
      {-1'800'000'000, "-180"},
      {1'799'999'999, "179.9999999"},
      {100'000'010, "10.000001"},
      {900'500'000, "90.05"},
      {INT32_MAX, "214.7483647"},
      {INT32_MIN, "-214.7483648"},
  };
  for (const auto& [e7, text] : cases) {
    std::string out = "at ";
    append_degrees(out, e7);
    EXPECT_EQ(out, "at " + std::string(text));
  }
}

}  // namespace
}  // namespace waypost::geo
