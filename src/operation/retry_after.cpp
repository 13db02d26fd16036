#include "waypost/operation/retry_after.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <vector>

#include "waypost/base/text.hpp"

namespace waypost::operation {
namespace {

constexpr std::chrono::seconds kMost = std::chrono::days(366);
constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

std::optional<int> number(std::string_view digits) {
  int value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size() || value < 0) return std::nullopt;
  return value;
}

std::vector<std::string> words(std::string_view date) {
  std::vector<std::string> words(1);
  for (const char c : date) {
    if (c == ' ' || c == ',' || c == '-' || c == ':') {
      if (!words.back().empty()) words.emplace_back();
    } else {
      words.back() += c;
    }
  }
  if (words.back().empty()) words.pop_back();
  return words;
}

// A year of two digits that seems more than 50 years ahead is in the past (RFC 9110 §5.6.7).
int full_year(std::string_view digits, int year, Time now) {
  if (digits.size() != 2) return year;
  const int this_year = int(std::chrono::year_month_day(std::chrono::floor<std::chrono::days>(now)).year());
  const int candidate = this_year / 100 * 100 + year;
  return candidate > this_year + 50 ? candidate - 100 : candidate;
}

// "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"
std::optional<std::chrono::sys_seconds> parse_http_date(std::string_view text, Time now) {
  const std::vector<std::string> part = words(text);
  const bool asctime = part.size() == 7;
  if (!asctime && (part.size() != 8 || part[7] != "GMT")) return std::nullopt;
  const auto month = std::ranges::find(kMonths, std::string_view(part[asctime ? 1 : 2]));
  const auto day = number(part[asctime ? 2 : 1]);
  const auto year = number(part[asctime ? 6 : 3]);
  const std::size_t clock = asctime ? 3 : 4;
  const auto hour = number(part[clock]);
  const auto minute = number(part[clock + 1]);
  const auto second = number(part[clock + 2]);
  if (month == kMonths.end() || !day || !year || !hour || !minute || !second) return std::nullopt;
  if (*hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  const std::chrono::year_month_day date(
      std::chrono::year(full_year(part[asctime ? 6 : 3], *year, now)),
      std::chrono::month(static_cast<unsigned>(month - kMonths.begin()) + 1),
      std::chrono::day(static_cast<unsigned>(*day)));
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date) + std::chrono::hours(*hour) + std::chrono::minutes(*minute) +
         std::chrono::seconds(*second);
}

}  // namespace

std::optional<std::chrono::seconds> parse_retry_after(std::string_view value, Time now) {
  const std::string_view trimmed = text::trim(value);
  if (trimmed.empty()) return std::nullopt;
  if (std::ranges::all_of(trimmed, [](char c) { return c >= '0' && c <= '9'; })) {
    // More digits than an int holds is more than the most there is.
    const auto seconds = number(trimmed);
    return seconds ? std::min(std::chrono::seconds(*seconds), kMost) : kMost;
  }
  const auto date = parse_http_date(trimmed, now);
  if (!date) return std::nullopt;
  return std::clamp(std::chrono::ceil<std::chrono::seconds>(*date - now), std::chrono::seconds(0), kMost);
}

}  // namespace waypost::operation
