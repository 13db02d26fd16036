#include <charconv>
#include <cmath>

#include "waypost/base/json.hpp"
#include "waypost/base/text.hpp"

namespace waypost::json {
namespace {

void append_escaped(std::string& out, char c) {
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\b':
      out += "\\b";
      return;
    case '\f':
      out += "\\f";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default: {
      constexpr std::string_view digits = "0123456789abcdef";
      out += "\\u00";
      out += digits[static_cast<unsigned char>(c) >> 4];
      out += digits[static_cast<unsigned char>(c) & 15];
    }
  }
}

void append_string(std::string& out, std::string_view value) {
  std::size_t clean = 0;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const auto c = static_cast<unsigned char>(value[i]);
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    out.append(value, clean, i - clean);
    append_escaped(out, value[i]);
    clean = i + 1;
  }
  out.append(value, clean, value.size() - clean);
}

/// Whether a text can be copied as it is: ASCII, and nothing to escape. No early exit, so that it becomes
/// vector code.
bool is_plain(std::string_view value) {
  unsigned odd = 0;
  for (const char character : value) {
    const auto c = static_cast<unsigned char>(character);
    odd |= static_cast<unsigned>(c < 0x20) | static_cast<unsigned>(c >= 0x80) |
           static_cast<unsigned>(c == '"') | static_cast<unsigned>(c == '\\');
  }
  return odd == 0;
}

}  // namespace

void Writer::separate() {
  if (comma_) out_ += ',';
  comma_ = true;
}

Writer& Writer::begin_object() {
  separate();
  out_ += '{';
  comma_ = false;
  return *this;
}

Writer& Writer::end_object() {
  out_ += '}';
  comma_ = true;
  return *this;
}

Writer& Writer::begin_array() {
  separate();
  out_ += '[';
  comma_ = false;
  return *this;
}

Writer& Writer::end_array() {
  out_ += ']';
  comma_ = true;
  return *this;
}

Writer& Writer::key(std::string_view name) {
  string(name);
  out_ += ':';
  comma_ = false;
  return *this;
}

Writer& Writer::string(std::string_view value) {
  separate();
  out_ += '"';
  if (is_plain(value)) {
    out_ += value;
  } else {
    for (std::size_t bad; (bad = text::first_invalid_utf8(value)) != std::string_view::npos;) {
      append_string(out_, value.substr(0, bad));
      out_ += "\xEF\xBF\xBD";
      value.remove_prefix(bad + 1);
    }
    append_string(out_, value);
  }
  out_ += '"';
  return *this;
}

Writer& Writer::integer(std::int64_t value) {
  separate();
  char buffer[24];
  const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, value);
  out_.append(buffer, end);
  return *this;
}

Writer& Writer::number(double value) {
  if (!std::isfinite(value)) return null();
  separate();
  char buffer[32];
  const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, value);
  out_.append(buffer, end);
  return *this;
}

Writer& Writer::boolean(bool value) {
  return raw(value ? "true" : "false");
}

Writer& Writer::null() {
  return raw("null");
}

Writer& Writer::raw(std::string_view text) {
  separate();
  out_ += text;
  return *this;
}

}  // namespace waypost::json
