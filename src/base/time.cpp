#include "waypost/base/time.hpp"

#include <charconv>

namespace waypost {
namespace {

void two_digits(char* at, int value) {
  at[0] = static_cast<char>('0' + value / 10);
  at[1] = static_cast<char>('0' + value % 10);
}

/// Reads exactly `count` digits.
bool digits(std::string_view& text, int count, int& value) {
  if (text.size() < static_cast<std::size_t>(count)) return false;
  value = 0;
  for (int i = 0; i < count; ++i) {
    const char c = text[static_cast<std::size_t>(i)];
    if (c < '0' || c > '9') return false;
    value = value * 10 + (c - '0');
  }
  text.remove_prefix(static_cast<std::size_t>(count));
  return true;
}

bool literal(std::string_view& text, char expected) {
  if (text.empty() || (text.front() | 0x20) != (expected | 0x20)) return false;
  text.remove_prefix(1);
  return true;
}

}  // namespace

std::string to_rfc3339(Time time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{time - day};
  std::string out = "0000-00-00T00:00:00.000Z";
  const int year = static_cast<int>(date.year());
  two_digits(&out[0], year / 100);
  two_digits(&out[2], year % 100);
  two_digits(&out[5], static_cast<int>(static_cast<unsigned>(date.month())));
  two_digits(&out[8], static_cast<int>(static_cast<unsigned>(date.day())));
  two_digits(&out[11], static_cast<int>(clock.hours().count()));
  two_digits(&out[14], static_cast<int>(clock.minutes().count()));
  two_digits(&out[17], static_cast<int>(clock.seconds().count()));
  const int ms = static_cast<int>(clock.subseconds().count());
  out[20] = static_cast<char>('0' + ms / 100);
  two_digits(&out[21], ms % 100);
  return out;
}

std::optional<Time> from_rfc3339(std::string_view text) {
  int year, month, day, hour, minute, second;
  if (!digits(text, 4, year) || !literal(text, '-') || !digits(text, 2, month) || !literal(text, '-') ||
      !digits(text, 2, day) || text.empty() || (text.front() != 'T' && text.front() != 't'))
    return {};
  text.remove_prefix(1);
  if (!digits(text, 2, hour) || !literal(text, ':') || !digits(text, 2, minute) || !literal(text, ':') ||
      !digits(text, 2, second))
    return {};
  int ms = 0;
  if (literal(text, '.')) {
    int scale = 100, count = 0;
    while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
      ms += (text.front() - '0') * scale;
      scale /= 10;
      ++count;
      text.remove_prefix(1);
    }
    if (count == 0) return {};
  }
  std::chrono::minutes offset{0};
  if (!literal(text, 'Z')) {
    if (text.empty() || (text.front() != '+' && text.front() != '-')) return {};
    const int sign = text.front() == '-' ? -1 : 1;
    text.remove_prefix(1);
    int hours, minutes;
    if (!digits(text, 2, hours) || !literal(text, ':') || !digits(text, 2, minutes) || hours > 23 ||
        minutes > 59)
      return {};
    offset = std::chrono::minutes{sign * (hours * 60 + minutes)};
  }
  const std::chrono::year_month_day date{std::chrono::year{year},
                                         std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)}};
  if (!text.empty() || !date.ok() || hour > 23 || minute > 59 || second > 60) return {};
  // A leap second has no place of its own on the Unix time line: it counts as the second that follows.
  return std::chrono::sys_days{date} + std::chrono::hours{hour} + std::chrono::minutes{minute} +
         Seconds{second} + Milliseconds{ms} - offset;
}

}  // namespace waypost
