#include "base/log_line.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <chrono>

#include "waypost/base/json.hpp"
#include "waypost/base/redact.hpp"
#include "waypost/base/text.hpp"
#include "waypost/base/time.hpp"

namespace waypost::log {
namespace {

/// A code point that changes how a terminal shows what is around it, or that some programs take for the end
/// of a line: C1 controls, separators, and marks of direction (Unicode TR 36 §2.5).
bool is_deceptive(unsigned code) {
  return (code >= 0x80 && code <= 0x9f) || code == 0x2028 || code == 0x2029 || code == 0x200e ||
         code == 0x200f || (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069) ||
         code == 0xfeff;
}

/// The code point of the UTF-8 sequence that a valid text begins with, and its length.
std::pair<unsigned, std::size_t> first_code(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned>(static_cast<unsigned char>(text[i])); };
  const unsigned lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  if (lead < 0xe0) return {(lead & 0x1f) << 6 | (byte(1) & 0x3f), 2};
  if (lead < 0xf0) return {(lead & 0x0f) << 12 | (byte(1) & 0x3f) << 6 | (byte(2) & 0x3f), 3};
  return {(lead & 0x07) << 18 | (byte(1) & 0x3f) << 12 | (byte(2) & 0x3f) << 6 | (byte(3) & 0x3f), 4};
}

/// Looks at every byte, without an early end: so the compiler takes many at once.
bool is_plain_ascii(std::string_view value) {
  bool odd = false;
  for (const char c : value) odd |= c < ' ' || c > '~' || c == '"' || c == '\\';
  return !odd;
}

/// As a JSON string, in which also what could deceive a reader is escaped. Bytes that are no UTF-8 become
/// U+FFFD.
void append_quoted(std::string& out, std::string_view value) {
  out += '"';
  const bool valid = text::is_utf8(value);
  while (!value.empty()) {
    const auto [code, length] = valid || static_cast<unsigned char>(value[0]) < 0x80
                                    ? first_code(value)
                                    : std::pair<unsigned, std::size_t>{0xfffd, 1};
    if (code == '"' || code == '\\')
      out += {'\\', value[0]};
    else if (code == '\n')
      out += "\\n";
    else if (code < 0x20 || code == 0x7f || is_deceptive(code))
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", code);
    else if (code == 0xfffd && length == 1)
      out += "\\ufffd";
    else
      out += value.substr(0, length);
    value.remove_prefix(length);
  }
  out += '"';
}

void append_text(std::string& out, Format format, std::string_view value) {
  const auto without_secrets = redacted(value);
  if (without_secrets) value = *without_secrets;
  const bool plain = is_plain_ascii(value);
  // As logfmt has it: bare where that is unmistakable.
  if (plain && format == Format::text && !value.empty() && !value.contains(' ') && !value.contains('='))
    out += value;
  else if (plain)
    out.append("\"").append(value).append("\"");
  else
    append_quoted(out, value);
}

void append_integer(std::string& out, std::int64_t value) {
  std::array<char, 20> digits;
  out.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr);
}

void append_value(std::string& out, Format format, const Field& field) {
  if (const auto* text = std::get_if<std::string_view>(&field.value))
    append_text(out, format, *text);
  else if (const auto* integer = std::get_if<std::int64_t>(&field.value))
    append_integer(out, *integer);
  else if (const auto* real = std::get_if<double>(&field.value))
    json::Writer(out).number(*real);
  else
    out += std::get<bool>(field.value) ? "true" : "false";
}

}  // namespace

std::string_view to_string(Level level) {
  constexpr std::string_view names[] = {"debug", "info", "warn", "error", "off"};
  return names[static_cast<int>(level)];
}

void append_time(std::string& out, Format format) {
  const std::string now = to_rfc3339(std::chrono::floor<Milliseconds>(std::chrono::system_clock::now()));
  if (format == Format::json)
    out.append("{\"time\":\"").append(now).append("\",");
  else
    out.append(now).append(" ");
}

void append_line(std::string& out, Format format, Level level, std::string_view message, Fields fields) {
  if (format == Format::json) {
    out.append("\"level\":\"").append(to_string(level)).append("\",\"message\":");
    append_quoted(out, message);
    for (const Field& field : fields) {
      out.append(",\"").append(field.name).append("\":");
      append_value(out, format, field);
    }
    out += "}\n";
    return;
  }
  fmt::format_to(std::back_inserter(out), "{:<5} {}", to_string(level), message);
  for (const Field& field : fields) {
    out.append(" ").append(field.name).append("=");
    append_value(out, format, field);
  }
  out += '\n';
}

std::string repeated(std::string_view line, Format format, std::uint64_t times) {
  const std::size_t end = line.size() - (format == Format::json ? 2 : 1);
  return std::string(line.substr(0, end)) + (format == Format::json
                                                 ? fmt::format(",\"repeated\":{}}}\n", times)
                                                 : fmt::format(" repeated={}\n", times));
}

}  // namespace waypost::log
