#include "waypost/base/xml.hpp"

#include "waypost/base/text.hpp"

namespace waypost::xml {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r';
}

/// U+FFFE and U+FFFF are the only other characters of UTF-8 that XML 1.0 §2.2 leaves out.
bool is_no_character(std::string_view at) {
  return at.starts_with("\xEF\xBF\xBE") || at.starts_with("\xEF\xBF\xBF");
}

}  // namespace

Writer::Writer(std::string& out) : out_(out) {
  out_ += R"(<?xml version="1.0" encoding="UTF-8"?>)";
  out_ += '\n';
}

Writer& Writer::open(std::string_view name) {
  finish_tag();
  out_ += '<';
  out_ += name;
  names_.push_back(name);
  tag_open_ = true;
  return *this;
}

Writer& Writer::attribute(std::string_view name, std::string_view value) {
  out_ += ' ';
  out_ += name;
  out_ += "=\"";
  escape(value);
  out_ += '"';
  return *this;
}

Writer& Writer::text(std::string_view value) {
  finish_tag();
  escape(value);
  return *this;
}

Writer& Writer::close() {
  if (tag_open_) {
    out_ += "/>";
    tag_open_ = false;
  } else {
    out_ += "</";
    out_ += names_.back();
    out_ += '>';
  }
  names_.pop_back();
  return *this;
}

void Writer::finish_tag() {
  if (tag_open_) out_ += '>';
  tag_open_ = false;
}

void Writer::escape(std::string_view value) {
  while (!value.empty()) {
    const auto valid = value.substr(0, text::first_invalid_utf8(value));
    for (std::size_t i = 0; i < valid.size(); ++i) {
      const char c = valid[i];
      if (c == '&')
        out_ += "&amp;";
      else if (c == '<')
        out_ += "&lt;";
      else if (c == '>')
        out_ += "&gt;";
      else if (c == '"')
        out_ += "&quot;";
      else if (c == '\r')
        out_ += "&#13;";
      else if (is_control(c))
        out_ += replacement;
      else if (is_no_character(valid.substr(i)))
        out_ += replacement, i += 2;
      else
        out_ += c;
    }
    value.remove_prefix(valid.size());
    if (value.empty()) break;
    out_ += replacement;
    value.remove_prefix(1);
  }
}

}  // namespace waypost::xml
