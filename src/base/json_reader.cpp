#include <algorithm>
#include <charconv>
#include <cstdlib>

#include "waypost/base/json.hpp"
#include "waypost/base/text.hpp"

namespace waypost::json {
namespace {

/// Line and column (from 1, in bytes) of an offset.
Error at(std::string_view text, std::size_t offset, std::string message) {
  const std::string_view before = text.substr(0, offset);
  const auto line = static_cast<std::size_t>(std::ranges::count(before, '\n')) + 1;
  const auto last = before.rfind('\n');
  const std::size_t column = offset - (last == std::string_view::npos ? 0 : last + 1) + 1;
  Error error{.code = Code::invalid_json, .line = line, .column = column};
  error.message = message + " at line " + std::to_string(line) + ", column " + std::to_string(column);
  return error;
}

void append_utf8(std::string& out, std::uint32_t c) {
  const auto byte = [&](std::uint32_t b) { out += static_cast<char>(b); };
  if (c < 0x80) {
    byte(c);
  } else if (c < 0x800) {
    byte(0xC0 | c >> 6);
    byte(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    byte(0xE0 | c >> 12);
    byte(0x80 | (c >> 6 & 0x3F));
    byte(0x80 | (c & 0x3F));
  } else {
    byte(0xF0 | c >> 18);
    byte(0x80 | (c >> 12 & 0x3F));
    byte(0x80 | (c >> 6 & 0x3F));
    byte(0x80 | (c & 0x3F));
  }
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

}  // namespace

/// Recursive descent; the depth limit bounds the recursion.
class Parser {
 public:
  Parser(std::string_view text, Limits limits, Document& document)
      : text_(text), limits_(limits), out_(document) {}

  Result<void> run() {
    if (text_.size() > UINT32_MAX / 2) return fail(Code::payload_too_large, "JSON over 2 GiB is not read");
    if (text_.starts_with("\xEF\xBB\xBF"))
      return refuse(0, "a byte order mark is not allowed in JSON (RFC 8259 §8.1)");
    out_.text_ = text_;
    out_.nodes_.reserve(16);
    skip_space();
    if (auto r = value(1); !r) return r;
    skip_space();
    if (at_ != text_.size()) return refuse(at_, "unexpected text after the end of the JSON value");
    return {};
  }

 private:
  using Node = Document::Node;
  struct Text {
    std::uint32_t at = 0, length = 0;
    bool unescaped = false;
  };

  std::unexpected<Error> refuse(std::size_t where, std::string message) const {
    return std::unexpected(at(text_, where, std::move(message)));
  }

  bool done() const { return at_ >= text_.size(); }
  char peek() const { return done() ? '\0' : text_[at_]; }
  std::uint32_t here() const { return static_cast<std::uint32_t>(at_); }

  void skip_space() {
    while (!done() && (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\r' || text_[at_] == '\t'))
      ++at_;
  }

  std::uint32_t add(Kind kind) {
    Node node;
    node.kind = kind;
    node.begin = here();
    out_.nodes_.push_back(node);
    return static_cast<std::uint32_t>(out_.nodes_.size() - 1);
  }

  Result<void> value(std::size_t depth) {
    if (done()) return refuse(at_, "the JSON text ends where a value is expected");
    if (out_.nodes_.size() >= limits_.max_values)
      return fail(Code::payload_too_large,
                  "the JSON text has more than " + std::to_string(limits_.max_values) + " values");
    switch (peek()) {
      case '{':
        return object(depth);
      case '[':
        return array(depth);
      case '"': {
        const std::uint32_t node = add(Kind::string);
        auto text = string();
        if (!text) return std::unexpected(text.error());
        Node& n = out_.nodes_[node];
        n.text = text->at;
        n.text_length = text->length;
        n.text_unescaped = text->unescaped;
        n.end = here();
        return {};
      }
      case 't':
        return literal("true", Kind::boolean);
      case 'f':
        return literal("false", Kind::boolean);
      case 'n':
        return literal("null", Kind::null);
      default:
        return number();
    }
  }

  Result<void> literal(std::string_view word, Kind kind) {
    if (!text_.substr(at_).starts_with(word)) return refuse(at_, "invalid literal");
    const std::uint32_t node = add(kind);
    at_ += word.size();
    out_.nodes_[node].end = here();
    return {};
  }

  Result<void> number() {
    const std::size_t start = at_;
    const std::uint32_t node = add(Kind::number);
    if (peek() == '-') ++at_;
    if (!is_digit(peek()))
      return refuse(at_, start == at_ ? "unexpected character" : "a digit is missing in a number");
    if (peek() == '0' && at_ + 1 < text_.size() && is_digit(text_[at_ + 1]))
      return refuse(at_, "a number must not start with 0");
    while (is_digit(peek())) ++at_;
    if (peek() == '.') {
      ++at_;
      if (!is_digit(peek())) return refuse(at_, "a digit is missing after the decimal point");
      while (is_digit(peek())) ++at_;
    }
    if (peek() == 'e' || peek() == 'E') {
      ++at_;
      if (peek() == '+' || peek() == '-') ++at_;
      if (!is_digit(peek())) return refuse(at_, "a digit is missing in the exponent");
      while (is_digit(peek())) ++at_;
    }
    out_.nodes_[node].end = here();
    return {};
  }

  Result<void> array(std::size_t depth) {
    if (depth > limits_.max_depth) return too_deep();
    const std::uint32_t node = add(Kind::array);
    ++at_;
    skip_space();
    std::uint32_t previous = 0, count = 0;
    if (peek() == ']') {
      ++at_;
    } else {
      for (;;) {
        skip_space();
        link(previous);
        previous = static_cast<std::uint32_t>(out_.nodes_.size());
        if (auto r = value(depth + 1); !r) return r;
        ++count;
        skip_space();
        if (peek() == ',') {
          ++at_;
          continue;
        }
        if (done() || peek() != ']') return refuse(at_, "expected ',' or ']' in an array");
        ++at_;
        break;
      }
    }
    finish(node, count);
    return {};
  }

  Result<void> object(std::size_t depth) {
    if (depth > limits_.max_depth) return too_deep();
    const std::uint32_t node = add(Kind::object);
    ++at_;
    skip_space();
    std::uint32_t previous = 0, count = 0;
    if (peek() == '}') {
      ++at_;
    } else {
      for (;;) {
        skip_space();
        if (auto r = member(depth, previous); !r) return r;
        ++count;
        skip_space();
        if (peek() == ',') {
          ++at_;
          continue;
        }
        if (done() || peek() != '}') return refuse(at_, "expected ',' or '}' in an object");
        ++at_;
        break;
      }
    }
    finish(node, count);
    return check_duplicates(node);
  }

  Result<void> member(std::size_t depth, std::uint32_t& previous) {
    if (peek() != '"') return refuse(at_, "expected a string as the member's name");
    const auto key = string();
    if (!key) return std::unexpected(key.error());
    skip_space();
    if (peek() != ':') return refuse(at_, "expected ':' after the member's name");
    ++at_;
    skip_space();
    link(previous);
    previous = static_cast<std::uint32_t>(out_.nodes_.size());
    if (auto r = value(depth + 1); !r) return r;
    Node& n = out_.nodes_[previous];
    n.key = key->at;
    n.key_length = key->length;
    n.key_unescaped = key->unescaped;
    return {};
  }

  std::unexpected<Error> too_deep() const {
    return refuse(at_, "nesting deeper than " + std::to_string(limits_.max_depth) + " levels");
  }

  void link(std::uint32_t previous) {
    if (previous != 0) out_.nodes_[previous].next = static_cast<std::uint32_t>(out_.nodes_.size());
  }

  void finish(std::uint32_t node, std::uint32_t count) {
    out_.nodes_[node].count = count;
    out_.nodes_[node].end = here();
  }

  /// Few members are compared pairwise, many are sorted: a hostile object must not cost the square of its
  /// size.
  Result<void> check_duplicates(std::uint32_t object) {
    std::vector<std::pair<std::string_view, std::uint32_t>> keys;
    const std::uint32_t count = out_.nodes_[object].count;
    if (count < 2) return {};
    std::uint32_t node = object + 1;
    if (count <= 8) {
      std::array<std::string_view, 8> seen;
      for (std::uint32_t i = 0; i < count; ++i, node = out_.nodes_[node].next) {
        seen[i] = key_of(node);
        for (std::uint32_t j = 0; j < i; ++j)
          if (seen[i] == seen[j]) return duplicate(node);
      }
      return {};
    }
    keys.reserve(count);
    for (std::uint32_t i = 0; i < count; ++i, node = out_.nodes_[node].next)
      keys.emplace_back(key_of(node), node);
    std::ranges::sort(keys);
    const auto same = std::ranges::adjacent_find(keys, {}, [](const auto& k) { return k.first; });
    if (same != keys.end()) return duplicate(std::next(same)->second);
    return {};
  }

  std::string_view key_of(std::uint32_t node) const {
    const Node& n = out_.nodes_[node];
    return out_.view(n.key, n.key_length, n.key_unescaped);
  }

  std::unexpected<Error> duplicate(std::uint32_t node) const {
    return refuse(out_.nodes_[node].begin, "duplicate member \"" + std::string(key_of(node)) + "\"");
  }

  /// Reads a string at '"'. Without escapes it stays a view into the source.
  Result<Text> string() {
    const std::size_t start = ++at_;
    std::size_t clean = start;  // start of what is not yet copied, once there is an escape
    std::optional<std::size_t> copy;
    bool ascii = true;
    for (;;) {
      if (done()) return refuse(start - 1, "this string is not closed");
      const auto c = static_cast<unsigned char>(text_[at_]);
      if (c == '"') break;
      if (c < 0x20) return refuse(at_, "a control character in a string must be escaped");
      if (c == '\\') {
        if (!copy) copy = out_.unescaped_->size();
        out_.unescaped_->append(text_, clean, at_ - clean);
        if (auto r = escape(); !r) return std::unexpected(r.error());
        clean = at_;
        continue;
      }
      ascii &= c < 0x80;
      ++at_;
    }
    if (!ascii) {
      const auto bad = text::first_invalid_utf8(text_.substr(start, at_ - start));
      if (bad != std::string_view::npos) return refuse(start + bad, "invalid UTF-8");
    }
    Text result{.at = static_cast<std::uint32_t>(start), .length = static_cast<std::uint32_t>(at_ - start)};
    if (copy) {
      out_.unescaped_->append(text_, clean, at_ - clean);
      result = {.at = static_cast<std::uint32_t>(*copy),
                .length = static_cast<std::uint32_t>(out_.unescaped_->size() - *copy),
                .unescaped = true};
    }
    ++at_;
    return result;
  }

  Result<void> escape() {
    const std::size_t start = at_++;
    if (done()) return refuse(start, "this escape is not finished");
    const char c = text_[at_++];
    constexpr std::string_view from = "\"\\/bfnrt", to = "\"\\/\b\f\n\r\t";
    if (const auto simple = from.find(c); simple != std::string_view::npos) {
      *out_.unescaped_ += to[simple];
      return {};
    }
    if (c != 'u') return refuse(start, "unknown escape in a string");
    auto unit = hex4();
    if (!unit) return refuse(start, "\\u needs four hexadecimal digits");
    std::uint32_t code = *unit;
    if (code >= 0xDC00 && code <= 0xDFFF) return refuse(start, "lone surrogate");
    if (code >= 0xD800 && code <= 0xDBFF) {
      if (!text_.substr(at_).starts_with("\\u")) return refuse(start, "lone surrogate");
      at_ += 2;
      unit = hex4();
      if (!unit || *unit < 0xDC00 || *unit > 0xDFFF) return refuse(start, "lone surrogate");
      code = 0x10000 + ((code - 0xD800) << 10) + (*unit - 0xDC00);
    }
    append_utf8(*out_.unescaped_, code);
    return {};
  }

  std::optional<std::uint32_t> hex4() {
    if (at_ + 4 > text_.size()) return {};
    std::uint32_t value = 0;
    const char* const first = text_.data() + at_;
    const auto [end, error] = std::from_chars(first, first + 4, value, 16);
    if (error != std::errc{} || end != first + 4) return {};
    at_ += 4;
    return value;
  }

  std::string_view text_;
  Limits limits_;
  Document& out_;
  std::size_t at_ = 0;
};

Result<Document> Document::parse(std::string_view text, Limits limits) {
  Document document;
  Parser parser(text, limits, document);
  if (auto r = parser.run(); !r) return std::unexpected(std::move(r.error()));
  return document;
}

std::string_view Document::view(std::uint32_t at, std::uint32_t length, bool unescaped) const {
  return (unescaped ? std::string_view(*unescaped_) : text_).substr(at, length);
}

Kind Value::kind() const {
  return document_->nodes_[index_].kind;
}

std::string_view Value::raw() const {
  const auto& n = document_->nodes_[index_];
  return document_->text_.substr(n.begin, n.end - n.begin);
}

bool Value::boolean() const {
  return raw().front() == 't';
}

std::string_view Value::string() const {
  const auto& n = document_->nodes_[index_];
  return document_->view(n.text, n.text_length, n.text_unescaped);
}

std::optional<std::int64_t> Value::integer() const {
  const std::string_view text = raw();
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return {};
  return value;
}

double Value::number() const {
  const std::string_view text = raw();
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  // Out of range: from_chars leaves the value alone; strtod gives infinity or zero as IEEE 754 has it.
  if (error == std::errc::result_out_of_range) return std::strtod(std::string(text).c_str(), nullptr);
  return value;
}

std::size_t Value::size() const {
  return document_->nodes_[index_].count;
}

std::string_view Value::key() const {
  const auto& n = document_->nodes_[index_];
  return document_->view(n.key, n.key_length, n.key_unescaped);
}

std::optional<Value> Value::find(std::string_view name) const {
  const auto& nodes = document_->nodes_;
  std::uint32_t node = nodes[index_].count == 0 ? 0 : index_ + 1;
  for (; node != 0; node = nodes[node].next) {
    const Value child(document_, node);
    if (child.key() == name) return child;
  }
  return {};
}

std::vector<Value> Value::children() const {
  const auto& nodes = document_->nodes_;
  std::vector<Value> out;
  out.reserve(nodes[index_].count);
  std::uint32_t node = nodes[index_].count == 0 ? 0 : index_ + 1;
  for (; node != 0; node = nodes[node].next) out.push_back(Value(document_, node));
  return out;
}

}  // namespace waypost::json
