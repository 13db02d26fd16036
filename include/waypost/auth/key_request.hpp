#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "waypost/auth/api_key.hpp"
#include "waypost/base/json.hpp"

/// API keys as JSON: what is asked for, and what is shown. Pure; any thread.
namespace waypost::auth {

/// Reads `{name, scopes, tenant?, expires_at?, rate_per_second?}` and notes every fault. The key has an id
/// and no secret yet.
ApiKey read_key_request(json::Value body, Time now, std::vector<Fault>& faults);

/// A key without its secret; with `token` the answer to its making, which shows the secret this one time.
std::string to_json(const ApiKey& key, std::string_view token = {});
/// `{"data": […], "next_cursor": null}`.
std::string to_json(const std::vector<ApiKey>& keys);

/// "90s", "15m", "12h", "30d" as seconds; nothing when it is none of these or not over 0.
std::optional<Seconds> parse_duration(std::string_view text);

}  // namespace waypost::auth
