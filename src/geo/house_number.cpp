#include "geo/house_number.hpp"

#include <algorithm>
#include <charconv>

#include "waypost/base/text.hpp"

namespace waypost::geo {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// The number that a text begins with; 0 when it begins with none, or with one too large for a house.
std::uint32_t leading(std::string_view text) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() ? value : 0;
}

}  // namespace

HouseNumber house_number(std::string_view folded) {
  constexpr std::uint32_t longest_range = 100;
  HouseNumber out;
  std::uint32_t second = 0;
  for (const auto word : text::split(folded, ' ')) {
    if (word.empty()) continue;
    const bool apart = !out.key.empty() && is_digit(out.key.back()) && is_digit(word.front());
    if (apart) out.key += '/';
    if (apart && second == 0) second = leading(word);
    if (out.first == 0) {
      const auto digit = std::ranges::find_if(word, is_digit);
      out.first = leading(word.substr(static_cast<std::size_t>(digit - word.begin())));
    }
    out.key += word;
  }
  const bool is_range = second > out.first && second - out.first <= longest_range;
  out.last = is_range ? second : out.first;
  return out;
}

}  // namespace waypost::geo
