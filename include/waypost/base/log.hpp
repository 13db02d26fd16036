#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

/// Structured log lines on stderr: a constant message and named values, as text or as one JSON object a line.
///   log::info("job ended", {{"job_id", id}, {"state", "succeeded"}, {"ms", 12}});
/// Nothing that a value holds can break a line or end it early, and what looks like one of our secrets
/// (`wp_…`, `whsec_…`, `Bearer …`) is left out of it. Ids have the same names everywhere: `request_id`,
/// `trace_id`, `job_id`, `key_id`. Any thread.
namespace waypost::log {

enum class Level { debug, info, warn, error, off };
enum class Format { text, json };
std::string_view to_string(Level level);

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

/// Call once, before threads start.
void configure(Level level, Format format);
bool enabled(Level level);
void write(Level level, std::string_view message, Fields fields);
/// A line of a record that has to be whole, such as the access log: at any level, and never taken together
/// with lines that are like it.
void record(std::string_view message, Fields fields);

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

/// While it lives a thread of its own writes the lines: who logs never waits for the disk or the terminal. At
/// most 4 MiB wait to be written; what comes on top is dropped, counted, and said so. A line that is repeated
/// within a second is written once, and once more with how often it was `repeated`. One at a time: one inside
/// another does nothing.
class Background {
 public:
  Background();
  ~Background();
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;

 private:
  bool mine_ = false;
};

/// Waits, a second at most, until what was logged is written: before an end that runs no destructors.
void flush();

/// Since the start, for metrics.
struct Figures {
  std::array<std::uint64_t, 4> lines{};  ///< by Level, those that were taken together counted each
  std::uint64_t dropped = 0;
};
Figures figures();

}  // namespace waypost::log
