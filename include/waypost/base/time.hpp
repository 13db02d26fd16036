#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace waypost {

using Milliseconds = std::chrono::milliseconds;
using Seconds = std::chrono::seconds;
/// Wall-clock time in UTC, to the millisecond: all that is stored or shown.
using Time = std::chrono::sys_time<Milliseconds>;

/// RFC 3339 in UTC with milliseconds: `2026-11-22T19:03:11.042Z`. Years 0000 to 9999.
std::string to_rfc3339(Time time);
/// Reads RFC 3339 with any offset and any number of fraction digits (cut to milliseconds). Nothing when
/// malformed.
std::optional<Time> from_rfc3339(std::string_view text);

}  // namespace waypost
