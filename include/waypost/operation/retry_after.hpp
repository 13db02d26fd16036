#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "waypost/base/time.hpp"

namespace waypost::operation {

/// How long a Retry-After header (RFC 9110 §10.2.3: seconds, or an HTTP-date in any of its three forms) asks
/// to wait from `now`: 0 when that time has passed, at most a year. Nothing when malformed. Pure.
std::optional<std::chrono::seconds> parse_retry_after(std::string_view value, Time now);

}  // namespace waypost::operation
