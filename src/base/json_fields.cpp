#include <algorithm>
#include <charconv>

#include "waypost/base/hint.hpp"
#include "waypost/base/json.hpp"
#include "waypost/base/text.hpp"

namespace waypost::json {
namespace {

/// Enough of a value to recognise it in an error message.
std::string shown(Value value) {
  constexpr std::size_t most = 60;
  std::string text(value.raw().substr(0, most));
  while (!text.empty() && !text::is_utf8(text)) text.pop_back();
  if (text.size() < value.raw().size()) text += "…";
  return text;
}

std::string_view article(Kind kind) {
  switch (kind) {
    case Kind::null:
      return "null";
    case Kind::boolean:
      return "a boolean";
    case Kind::number:
      return "a number";
    case Kind::string:
      return "a string";
    case Kind::array:
      return "an array";
    case Kind::object:
      return "an object";
  }
  return "";
}

std::string escape_pointer(std::string_view token) {
  std::string out;
  for (const char c : token) {
    if (c == '~')
      out += "~0";
    else if (c == '/')
      out += "~1";
    else
      out += c;
  }
  return out;
}

template <class T>
std::optional<T> from_text(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return {};
  return value;
}

std::string number_text(double value) {
  std::string out;
  Writer(out).number(value);
  return out;
}

}  // namespace

Fields::Fields(Value object, std::string pointer, std::vector<Fault>& faults, Source source)
    : object_(object), pointer_(std::move(pointer)), faults_(faults), source_(source) {}

std::string Fields::pointer(std::string_view name) const {
  return pointer_ + "/" + escape_pointer(name);
}

void Fields::fault(std::string_view name, std::string code, std::string detail) {
  Fault fault{.code = std::move(code), .detail = std::move(detail)};
  if (source_ == Source::body) {
    fault.pointer = pointer(name);
  } else {
    std::string dotted = pointer(name).substr(1);
    std::ranges::replace(dotted, '/', '.');
    fault.parameter = std::move(dotted);
  }
  faults_.push_back(std::move(fault));
}

std::optional<Value> Fields::take(std::string_view name) {
  asked_.push_back(name);
  const auto value = object_.find(name);
  if (!value || value->is(Kind::null)) return {};
  return value;
}

void Fields::require(std::string_view name) {
  const auto value = object_.find(name);
  if (!value || value->is(Kind::null)) fault(name, "required", "is required");
}

std::optional<std::string_view> Fields::string(std::string_view name, Range<std::size_t> length) {
  const auto value = take(name);
  if (!value) return {};
  if (!value->is(Kind::string)) {
    fault(name, "wrong_type",
          "must be a string, not " + std::string(article(value->kind())) + " (" + shown(*value) + ")");
    return {};
  }
  const std::string_view text = value->string();
  // Lengths are in characters: what a person counts, not UTF-8 bytes.
  const auto characters =
      static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; }));
  if (characters < length.min) {
    fault(name, "too_short",
          length.min == 1 ? "must not be empty"
                          : "must have at least " + std::to_string(length.min) + " characters");
    return {};
  }
  if (characters > length.max) {
    fault(
        name, "too_long",
        "must have at most " + std::to_string(length.max) + " characters, not " + std::to_string(characters));
    return {};
  }
  return text;
}

std::optional<std::int64_t> Fields::integer(std::string_view name, Range<std::int64_t> range) {
  const auto value = take(name);
  if (!value) return {};
  std::optional<std::int64_t> read;
  bool typed = value->is(Kind::number);
  if (typed) {
    read = value->integer();
    // 5.0 and 5e0 are the integer 5 in JSON Schema's sense.
    if (const double d = value->number();
        !read && d == static_cast<double>(static_cast<std::int64_t>(std::clamp(d, -9e15, 9e15))))
      read = static_cast<std::int64_t>(d);
  } else if (source_ == Source::query && value->is(Kind::string)) {
    read = from_text<std::int64_t>(value->string());
  }
  if (!read && !typed) {
    fault(name, "wrong_type", "must be an integer, not " + shown(*value));
    return {};
  }
  if (!read && value->number() >= static_cast<double>(range.min) &&
      value->number() <= static_cast<double>(range.max)) {
    fault(name, "wrong_type", "must be an integer, not " + shown(*value));
    return {};
  }
  if (!read || *read < range.min || *read > range.max) {
    fault(name, "out_of_range",
          "must be between " + std::to_string(range.min) + " and " + std::to_string(range.max) + ", not " +
              shown(*value));
    return {};
  }
  return read;
}

std::optional<double> Fields::number(std::string_view name, Range<double> range) {
  const auto value = take(name);
  if (!value) return {};
  std::optional<double> read;
  if (value->is(Kind::number))
    read = value->number();
  else if (source_ == Source::query && value->is(Kind::string))
    read = from_text<double>(value->string());
  if (!read) {
    fault(name, "wrong_type", "must be a number, not " + shown(*value));
    return {};
  }
  if (!(*read >= range.min && *read <= range.max)) {
    fault(name, "out_of_range",
          "must be between " + number_text(range.min) + " and " + number_text(range.max) + ", not " +
              shown(*value));
    return {};
  }
  return read;
}

std::optional<bool> Fields::boolean(std::string_view name) {
  const auto value = take(name);
  if (!value) return {};
  if (value->is(Kind::boolean)) return value->boolean();
  if (source_ == Source::query && value->is(Kind::string)) {
    if (value->string() == "true") return true;
    if (value->string() == "false") return false;
  }
  fault(name, "wrong_type", "must be true or false, not " + shown(*value));
  return {};
}

std::optional<Value> Fields::any(std::string_view name) {
  asked_.push_back(name);
  return object_.find(name);
}

std::optional<Value> Fields::object(std::string_view name) {
  const auto value = take(name);
  if (!value) return {};
  if (value->is(Kind::object)) return value;
  fault(name, "wrong_type", "must be an object, not " + shown(*value));
  return {};
}

std::optional<Value> Fields::array(std::string_view name) {
  const auto value = take(name);
  if (!value) return {};
  if (value->is(Kind::array)) return value;
  fault(name, "wrong_type", "must be an array, not " + shown(*value));
  return {};
}

std::optional<std::vector<std::string>> Fields::strings(std::string_view name) {
  const auto value = take(name);
  if (!value) return {};
  std::vector<std::string> out;
  if (source_ == Source::query && value->is(Kind::string)) {
    for (const auto part : text::split(value->string(), ',')) out.emplace_back(part);
    return out;
  }
  if (!value->is(Kind::array)) {
    fault(name, "wrong_type", "must be an array of strings, not " + shown(*value));
    return {};
  }
  std::size_t index = 0;
  for (const Value element : value->children()) {
    if (element.is(Kind::string))
      out.emplace_back(element.string());
    else
      faults_.push_back({.pointer = pointer(name) + "/" + std::to_string(index),
                         .code = "wrong_type",
                         .detail = "must be a string, not " + shown(element)});
    ++index;
  }
  return out.size() == index ? std::optional(std::move(out)) : std::nullopt;
}

void Fields::finish() {
  for (const Value member : object_.children()) {
    if (std::ranges::find(asked_, member.key()) != asked_.end()) continue;
    fault(member.key(), "unknown_field", "is not a known field" + text::hint(member.key(), asked_));
  }
}

}  // namespace waypost::json
