#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

/// Structured log lines on stderr: a constant message and named values, as text or as one JSON object a line.
///   log::info("job ended", {{"job", id}, {"state", "succeeded"}, {"ms", 12}});
/// Any thread.
namespace waypost::log {

enum class Level { debug, info, warn, error, off };
enum class Format { text, json };

struct Field {
  std::string_view name;
  std::variant<std::string_view, std::int64_t, double, bool> value;
  Field(std::string_view n, std::string_view v) : name(n), value(v) {}
  Field(std::string_view n, const std::string& v) : name(n), value(std::string_view(v)) {}
  Field(std::string_view n, const char* v) : name(n), value(std::string_view(v)) {}
  template <class T>
    requires std::is_integral_v<T> && (!std::is_same_v<T, bool>)
  Field(std::string_view n, T v) : name(n), value(static_cast<std::int64_t>(v)) {}
  Field(std::string_view n, double v) : name(n), value(v) {}
  Field(std::string_view n, bool v) : name(n), value(v) {}
};
using Fields = std::initializer_list<Field>;

/// Any thread, at any time.
void configure(Level level, Format format);
bool enabled(Level level);
void write(Level level, std::string_view message, Fields fields);

inline void debug(std::string_view message, Fields fields = {}) {
  if (enabled(Level::debug)) write(Level::debug, message, fields);
}
inline void info(std::string_view message, Fields fields = {}) {
  if (enabled(Level::info)) write(Level::info, message, fields);
}
inline void warn(std::string_view message, Fields fields = {}) {
  if (enabled(Level::warn)) write(Level::warn, message, fields);
}
inline void error(std::string_view message, Fields fields = {}) {
  if (enabled(Level::error)) write(Level::error, message, fields);
}

}  // namespace waypost::log
