#include "geo/number_text.hpp"

#include <array>
#include <charconv>

namespace waypost::geo {

void append_degrees(std::string& out, std::int32_t e7) {
  constexpr std::int64_t one = 10'000'000;
  std::int64_t value = e7;
  if (value < 0) {
    out += '-';
    value = -value;
  }
  std::array<char, 16> digits{};
  const auto whole = std::to_chars(digits.data(), digits.data() + digits.size(), value / one);
  out.append(digits.data(), whole.ptr);
  auto rest = value % one;
  if (rest == 0) return;
  std::array<char, 7> fraction{};
  for (std::size_t i = fraction.size(); i-- > 0; rest /= 10) fraction[i] = static_cast<char>('0' + rest % 10);
  std::size_t length = fraction.size();
  while (fraction[length - 1] == '0') --length;
  out += '.';
  out.append(fraction.data(), length);
}

}  // namespace waypost::geo
