#include "geo/number_text.hpp"

#include <array>
#include <charconv>

namespace waypost::geo {

char* write_degrees(char* to, std::int32_t e7) {
  constexpr std::uint32_t one = 10'000'000;
  const auto magnitude = e7 < 0 ? 0 - static_cast<std::uint32_t>(e7) : static_cast<std::uint32_t>(e7);
  if (e7 < 0) *to++ = '-';
  to = std::to_chars(to, to + 3, magnitude / one).ptr;
  auto fraction = magnitude % one;
  if (fraction == 0) return to;
  int digits = 7;
  for (; fraction % 10 == 0; fraction /= 10) --digits;
  *to++ = '.';
  for (int i = digits; i-- > 0; fraction /= 10) to[i] = static_cast<char>('0' + fraction % 10);
  return to + digits;
}

void append_degrees(std::string& out, std::int32_t e7) {
  std::array<char, most_degrees_digits> digits;
  out.append(digits.data(), write_degrees(digits.data(), e7));
}

void append_fixed_degrees(std::string& out, std::int32_t e7) {
  constexpr std::size_t decimals = 7;
  const auto start = out.size();
  append_degrees(out, e7);
  auto point = out.find('.', start);
  if (point == std::string::npos) {
    point = out.size();
    out += '.';
  }
  out.resize(point + 1 + decimals, '0');
}

}  // namespace waypost::geo
