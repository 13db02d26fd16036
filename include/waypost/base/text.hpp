#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Small text helpers. Pure; any thread.
namespace waypost::text {

/// Whether `s` is well-formed UTF-8 (no overlong forms, no surrogates, at most U+10FFFF).
bool is_utf8(std::string_view s);
/// The first byte at which `s` stops being well-formed UTF-8; npos when it is.
std::size_t first_invalid_utf8(std::string_view s);
/// ASCII only: header names, schemes, hosts.
bool iequals(std::string_view a, std::string_view b);
std::string lower_ascii(std::string_view s);
std::string_view trim(std::string_view s);
/// Splits at every `separator`; "a,,b" has three parts and "" has one.
std::vector<std::string_view> split(std::string_view s, char separator);
/// The candidate nearest to `word` by edit distance, when it is near enough to have been meant.
std::optional<std::string> nearest(std::string_view word, std::span<const std::string_view> candidates);
/// Percent-decoding (RFC 3986 §2.1); `plus_is_space` as in application/x-www-form-urlencoded. Nothing on a
/// bad escape.
std::optional<std::string> percent_decode(std::string_view s, bool plus_is_space);
/// Encodes all but RFC 3986 unreserved characters.
std::string percent_encode(std::string_view s);
/// Lower-case hex of bytes.
std::string hex(std::span<const unsigned char> bytes);
std::string base64(std::span<const unsigned char> bytes);
/// Standard alphabet with padding; nothing when malformed.
std::optional<std::vector<unsigned char>> base64_decode(std::string_view s);

}  // namespace waypost::text
