#include "waypost/operation/retry_after.hpp"

#include <gtest/gtest.h>

namespace waypost::operation {
namespace {

const Time kNow = *from_rfc3339("1994-11-06T08:49:00.500Z");

TEST(ParseRetryAfter, ReadsSecondsAndTheThreeFormsOfADate) {
  const struct {
    std::string_view value;
    std::optional<int> seconds;
  } cases[] = {
      {"0", 0},
      {" 120 ", 120},
      {"Sun, 06 Nov 1994 08:49:37 GMT", 37},  // rounded up: never early
      {"Sunday, 06-Nov-94 08:49:37 GMT", 37},
      {"Sun Nov  6 08:49:37 1994", 37},
      {"Sun, 06 Nov 1994 08:48:37 GMT", 0},
      {"Mon, 07 Nov 1994 08:49:00 GMT", 86400},
      {"99999999999999999999", 366 * 86400},
      {"Sun, 06 Nov 2094 08:49:37 GMT", 366 * 86400},
      {"", {}},
      {"-1", {}},
      {"1.5", {}},
      {"soon", {}},
      {"Sun, 31 Feb 1994 08:49:37 GMT", {}},
      {"Sun, 06 Nov 1994 25:49:37 GMT", {}},
      {"Sun, 06 Nox 1994 08:49:37 GMT", {}},
      {"Sun, 06 Nov 1994 08:49:37 CET", {}},
  };
  for (const auto& [value, seconds] : cases) {
    const auto read = parse_retry_after(value, kNow);
    EXPECT_EQ(read.has_value(), seconds.has_value()) << value;
    if (read && seconds) EXPECT_EQ(read->count(), *seconds) << value;
  }
}

}  // namespace
}  // namespace waypost::operation
