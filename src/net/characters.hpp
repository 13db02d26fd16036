#pragma once

#include <array>
#include <cstdint>
#include <string_view>

/// The character classes of HTTP (RFC 9110 §5.5, §5.6.2) as one table.
namespace waypost::net::characters {

inline constexpr std::uint8_t token_bit = 1;
inline constexpr std::uint8_t value_bit = 2;
inline constexpr std::uint8_t visible_bit = 4;
inline constexpr std::uint8_t target_bit = 8;
inline constexpr std::uint8_t host_bit = 16;

inline constexpr std::array<std::uint8_t, 256> classes = [] {
  std::array<std::uint8_t, 256> table{};
  for (unsigned c = 0; c < 256; ++c) {
    const bool visible = c > 0x20 && c < 0x7f;
    const bool alphanumeric = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const bool mark =
        c != 0 && c < 0x7f && std::string_view("!#$%&'*+-.^_`|~").contains(static_cast<char>(c));
    if (alphanumeric || mark) table[c] |= token_bit;
    if (visible || c == ' ' || c == '\t' || c >= 0x80) table[c] |= value_bit;
    if (visible) table[c] |= visible_bit;
    if (visible || c >= 0x80) table[c] |= target_bit;
    // unreserved, percent-encoded and sub-delims of RFC 3986 §3.2.2
    const bool host =
        c != 0 && c < 0x7f && std::string_view("!$&'()*+,;=-._~%").contains(static_cast<char>(c));
    if (alphanumeric || host) table[c] |= host_bit;
  }
  return table;
}();

inline bool has(char c, std::uint8_t bit) {
  return (classes[static_cast<unsigned char>(c)] & bit) != 0;
}

inline bool all(std::string_view text, std::uint8_t bit) {
  std::uint8_t common = bit;
  for (const char c : text) common &= classes[static_cast<unsigned char>(c)];
  return common != 0;
}

inline bool is_token(std::string_view text) {
  return !text.empty() && all(text, token_bit);
}
/// What a field's value may hold: visible ASCII, blanks and obs-text; no control characters.
inline bool is_field_value(std::string_view text) {
  return all(text, value_bit);
}
/// What may stand in a request target: no blanks, no control characters.
inline bool is_target(std::string_view text) {
  return !text.empty() && all(text, target_bit);
}
inline bool is_visible_ascii(std::string_view text) {
  return all(text, visible_bit);
}

/// ASCII only; `lower` must be in lower case already.
inline bool equals_lower(std::string_view text, std::string_view lower) {
  if (text.size() != lower.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if ((c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c) != lower[i]) return false;
  }
  return true;
}

/// Without the blanks around it (OWS, RFC 9110 §5.6.3).
inline std::string_view trim_blanks(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

/// Calls `use` with each element of a comma-separated list, blanks and empty elements left out (RFC 9110
/// §5.6.1).
template <class Use>
void for_each_element(std::string_view list, Use use) {
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    const std::string_view element = trim_blanks(list.substr(0, comma));
    if (!element.empty()) use(element);
    if (comma == std::string_view::npos) return;
    list.remove_prefix(comma + 1);
  }
}

}  // namespace waypost::net::characters
