#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "waypost/base/trace_context.hpp"

/// OpenTelemetry traces: what happened within a request, a job, an attempt, a webhook, and what caused what.
namespace waypost::trace {

using Nanoseconds = std::chrono::nanoseconds;

/// Named by OpenTelemetry's semantic conventions where they have a name.
struct Attribute {
  std::string_view name;  ///< a constant
  std::variant<std::string, std::int64_t> value;
};

/// Something that happened, from its beginning to its end.
struct Span {
  /// As OTLP numbers them.
  enum class Kind : std::uint8_t { internal = 1, server = 2, client = 3, producer = 4, consumer = 5 };
  TraceContext context;
  std::uint64_t parent = 0;  ///< 0 for none
  std::string state;         ///< `tracestate`
  Kind kind = Kind::internal;
  std::string name;
  Nanoseconds begin{0}, end{0};  ///< since the Unix epoch
  std::vector<Attribute> attributes;
  std::optional<std::string> error;  ///< what failed; nothing when nothing did
};

/// What every span of a process has in common.
struct Resource {
  std::string service_name = "waypost";
  std::string instance;
};

/// The body of an export request: OTLP 1.x as JSON (ExportTraceServiceRequest).
std::string to_otlp(const Resource& resource, const std::vector<Span>& spans);

}  // namespace waypost::trace
