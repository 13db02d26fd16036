#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>

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

template <class Word>
constexpr Word in_each_byte(unsigned char value) {
  return static_cast<Word>(0x0101'0101'0101'0101U * value);
}

/// The top bits of the bytes that cannot be copied as they are: what is not ASCII, or needs an escape. A byte
/// above one of those may be marked too, as subtracting borrows from it; none is marked where there are none.
template <class Word>
constexpr Word odd_bytes(Word bytes) {
  const auto equal = [bytes](unsigned char c) {
    return (bytes ^ in_each_byte<Word>(c)) - in_each_byte<Word>(1);
  };
  return static_cast<Word>((bytes | (bytes - in_each_byte<Word>(0x20)) | equal('"') | equal('\\')) &
                           in_each_byte<Word>(0x80));
}

/// Copies a text, eight bytes at a time and the last ones twice. False when it holds anything odd.
bool copy_plain(std::string_view text, char* to) {
  const std::size_t size = text.size();
  std::uint64_t odd = 0;
  const auto copy = [&]<class Word>(std::size_t at, Word word) {
    std::memcpy(&word, text.data() + at, sizeof word);
    std::memcpy(to + at, &word, sizeof word);
    odd |= odd_bytes(word);
  };
  if (size >= 8) {
    for (std::size_t at = 0; at + 8 < size; at += 8) copy(at, std::uint64_t{});
    copy(size - 8, std::uint64_t{});
  } else if (size >= 4) {
    copy(0, std::uint32_t{});
    copy(size - 4, std::uint32_t{});
  } else {
    for (std::size_t at = 0; at < size; ++at) copy(at, std::uint8_t{});
  }
  return odd == 0;
}

/// Appends a text in quotes, after a comma or before a colon where one is due: in one step, as most of what
/// is written is this. False, and nothing is appended, when it is not plain.
bool append_plain(std::string& out, bool comma, std::string_view value, bool colon) {
  const std::size_t before = out.size();
  const std::size_t after = before + value.size() + 2 + std::size_t{comma} + std::size_t{colon};
  out.resize_and_overwrite(after, [&](char* data, std::size_t) {
    char* to = data + before;
    *to = ',';  // or what the quote replaces
    to += comma;
    *to++ = '"';
    const bool plain = copy_plain(value, to);
    to[value.size()] = '"';
    if (colon) data[after - 1] = ':';
    return plain ? after : before;
  });
  return out.size() == after;
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
  if (!append_plain(out_, comma_, name, true)) {
    string(name);
    out_ += ':';
  }
  comma_ = false;
  return *this;
}

Writer& Writer::string(std::string_view value) {
  if (append_plain(out_, comma_, value, false)) {
    comma_ = true;
    return *this;
  }
  separate();
  out_ += '"';
  for (std::size_t bad; (bad = text::first_invalid_utf8(value)) != std::string_view::npos;) {
    append_string(out_, value.substr(0, bad));
    out_ += "\xEF\xBF\xBD";
    value.remove_prefix(bad + 1);
  }
  append_string(out_, value);
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
