#include "geo/number_text.hpp"

#include <array>
#include <charconv>

namespace waypost::geo {
namespace {

constexpr std::int64_t one = 10'000'000;
constexpr std::size_t decimals = 7;

}  // namespace

void append_fixed_degrees(std::string& out, std::int32_t e7) {
  std::int64_t value = e7;
  if (value < 0) {
    out += '-';
    value = -value;
  }
  std::array<char, 16> digits{};
  const auto whole = std::to_chars(digits.data(), digits.data() + digits.size(), value / one);
  out.append(digits.data(), whole.ptr);
  auto rest = value % one;
  std::array<char, decimals> fraction{};
  for (std::size_t i = decimals; i-- > 0; rest /= 10) fraction[i] = static_cast<char>('0' + rest % 10);
  out += '.';
  out.append(fraction.data(), decimals);
}

void append_degrees(std::string& out, std::int32_t e7) {
  append_fixed_degrees(out, e7);
  while (out.back() == '0') out.pop_back();
  if (out.back() == '.') out.pop_back();
}

}  // namespace waypost::geo
