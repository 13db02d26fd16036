#include "geo/postal_key.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "geo/fold.hpp"

namespace waypost::geo {
namespace {

/// What may follow the beginning of a code: 9 stands for a digit, a for a letter.
constexpr auto rests = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"GB", "9aa"},
    {"IM", "9aa"},
    {"JE", "9aa"},
    {"GG", "9aa"},
    {"CA", "9a9"},
    {"NL", "aa"},
    {"US", "9999"},
    {"PR", "9999"},
    {"BR", "999"},
    {"PT", "999"},
    {"JP", "9999"},
    {"AR", "aaa"},
    {"MT", "9999"},
    {"IE", "a999"},
    {"TW", "999"},
    {"BN", "9999"},
    {"LV", "9999"},
});

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool has_shape(std::string_view word, std::string_view shape) {
  return std::ranges::equal(
      word, shape, [](char c, char kind) { return kind == '9' ? is_digit(c) : c >= 'a' && c <= 'z'; });
}

}  // namespace

std::string postal_key(std::string_view written) {
  constexpr std::size_t longest = 10;
  const bool plain = std::ranges::all_of(written, is_digit);
  auto key = plain ? std::string(written) : fold(written);
  std::erase(key, ' ');
  return std::ranges::any_of(key, is_digit) && key.size() <= longest ? key : std::string();
}

bool extends_postal_code(std::string_view country, std::string_view word) {
  return std::ranges::any_of(
      rests, [&](const auto& rest) { return rest.first == country && has_shape(word, rest.second); });
}

bool may_extend_postal_code(std::string_view word) {
  return std::ranges::any_of(
      rests, [word](const auto& rest) { return rest.second.contains('a') && has_shape(word, rest.second); });
}

bool has_longer_postal_codes(std::string_view country) {
  return std::ranges::any_of(rests, [country](const auto& rest) { return rest.first == country; });
}

}  // namespace waypost::geo
