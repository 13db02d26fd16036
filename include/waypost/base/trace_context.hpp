#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// W3C Trace Context: what tells where in a trace something belongs.
namespace waypost {

struct TraceContext {
  std::uint64_t trace_high = 0;
  std::uint64_t trace_low = 0;
  std::uint64_t span = 0;
  bool sampled = false;
  bool operator==(const TraceContext&) const = default;

  /// 32 and 16 lower-case hexadecimal digits.
  std::string trace_id() const;
  std::string span_id() const;
};

/// Reads a `traceparent`; of a later version than 00 what 00 has. Nothing when it is malformed.
std::optional<TraceContext> parse_traceparent(std::string_view text);
std::string to_traceparent(const TraceContext& context);

/// Whether a `tracestate` may be passed on: printable ASCII, at most 512 characters (§3.3.1.5).
bool is_tracestate(std::string_view text);

/// A span id that whoever knows the two numbers comes to as well; never 0.
std::uint64_t derived_span(std::uint64_t a, std::uint64_t b);

}  // namespace waypost
