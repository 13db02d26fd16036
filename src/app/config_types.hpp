#pragma once

#include <chrono>
#include <concepts>
#include <initializer_list>
#include <limits>

#include "app/config_keys.hpp"

/// The types of configuration values: each reads a TOML value into a member and shows a member as TOML.
namespace waypost::app {

template <class T>
struct Type {
  std::string wanted;
  std::function<std::optional<T>(const Value&)> read;
  std::function<std::optional<std::string>(const T&)> show;
  bool is_text = false;
  bool is_secret = false;                      ///< its value is never shown
  std::string schema = R"("type": "string")";  ///< members of its JSON Schema
};

template <std::unsigned_integral T>
Type<T> integer(std::int64_t min, std::int64_t max) {
  return {.wanted = fmt::format("an integer from {} to {}", min, max),
          .read = [min, max](const Value& value) -> std::optional<T> {
            const auto* number = std::get_if<std::int64_t>(&value.content);
            if (number == nullptr || *number < min || *number > max) return std::nullopt;
            return static_cast<T>(*number);
          },
          .show = [](const T& value) { return fmt::format("{}", value); },
          .schema = fmt::format(R"("type": "integer", "minimum": {}, "maximum": {})", min, max)};
}

inline Type<std::chrono::seconds> seconds(std::int64_t min, std::int64_t max) {
  const auto count = integer<std::uint64_t>(min, max);
  return {.wanted = count.wanted,
          .read = [count](const Value& value) -> std::optional<std::chrono::seconds> {
            const auto number = count.read(value);
            if (!number) return std::nullopt;
            return std::chrono::seconds(*number);
          },
          .show = [](const std::chrono::seconds& value) { return fmt::format("{}", value.count()); },
          .schema = count.schema};
}

inline Type<double> number(double min, double max) {
  return {.wanted = fmt::format("a number from {} to {}", min, max),
          .read = [min, max](const Value& value) -> std::optional<double> {
            const auto number = as_number(value);
            if (!number || !(*number >= min && *number <= max)) return std::nullopt;
            return number;
          },
          .show = [](const double& value) { return fmt::format("{}", value); },
          .schema = fmt::format(R"("type": "number", "minimum": {}, "maximum": {})", min, max)};
}

inline Type<bool> boolean() {
  return {.wanted = "true or false",
          .read = [](const Value& value) -> std::optional<bool> {
            const auto* flag = std::get_if<bool>(&value.content);
            if (flag == nullptr) return std::nullopt;
            return *flag;
          },
          .show = [](const bool& value) { return std::string(value ? "true" : "false"); },
          .schema = R"("type": "boolean")"};
}

/// A value that is written as a string: `parse` says what it means, `format` writes it.
template <class T>
Type<T> text_value(std::string wanted, std::function<std::optional<T>(const std::string&)> parse,
                   std::function<std::string(const T&)> format) {
  return {.wanted = std::move(wanted),
          .read = [parse](const Value& value) -> std::optional<T> {
            const auto* string = std::get_if<std::string>(&value.content);
            if (string == nullptr) return std::nullopt;
            return parse(*string);
          },
          .show = [format](const T& value) { return quote_toml(format(value)); },
          .is_text = true};
}

template <class T>
struct Choice {
  std::string name;
  T value;
};

/// One of a few words. `unsupported`: words of the contract that a later version takes.
template <class T>
Type<T> choice(std::vector<Choice<T>> choices) {
  std::string wanted, names;
  for (std::size_t i = 0; i < choices.size(); ++i) {
    wanted += i == 0 ? "" : i + 1 == choices.size() ? " or " : ", ";
    wanted += quote_toml(choices[i].name);
    names += (i == 0 ? "" : ", ") + quote_toml(choices[i].name);
  }
  auto type = text_value<T>(
      wanted,
      [choices](const std::string& name) -> std::optional<T> {
        const auto found = std::ranges::find(choices, name, &Choice<T>::name);
        if (found == choices.end()) return std::nullopt;
        return found->value;
      },
      [choices](const T& value) { return std::ranges::find(choices, value, &Choice<T>::value)->name; });
  type.schema = "\"enum\": [" + names + "]";
  return type;
}

template <class T>
Type<std::vector<T>> list(std::string wanted, Type<T> element, std::size_t min_size, std::size_t max_size) {
  return {.wanted = std::move(wanted),
          .read = [=](const Value& value) -> std::optional<std::vector<T>> {
            const auto* elements = std::get_if<std::vector<Value>>(&value.content);
            if (elements == nullptr || elements->size() < min_size || elements->size() > max_size)
              return std::nullopt;
            std::vector<T> out;
            for (const Value& one : *elements) {
              auto read = element.read(one);
              if (!read) return std::nullopt;
              out.push_back(std::move(*read));
            }
            return out;
          },
          .show =
              [=](const std::vector<T>& values) {
                std::string out;
                for (const T& value : values)
                  out += (out.empty() ? "" : ", ") + element.show(value).value_or("");
                return "[" + out + "]";
              },
          .schema = fmt::format(R"("type": "array", "minItems": {}, "maxItems": {}, "items": {{{}}})",
                                min_size, max_size, element.schema)};
}

/// A value that may be absent; in the file it is then left out.
template <class T>
Type<std::optional<T>> maybe(Type<T> type) {
  return {.wanted = type.wanted,
          .read = [type](const Value& value) -> std::optional<std::optional<T>> {
            auto read = type.read(value);
            if (!read) return std::nullopt;
            return std::optional<std::optional<T>>(std::in_place, std::move(read));
          },
          .show = [type](const std::optional<T>& value) { return value ? type.show(*value) : std::nullopt; },
          .is_text = type.is_text,
          .schema = type.schema};
}

}  // namespace waypost::app
