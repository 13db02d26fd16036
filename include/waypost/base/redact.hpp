#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace waypost {

/// The text without what looks like one of our secrets: API keys (`wp_…`), webhook secrets (`whsec_…`) and
/// whatever follows `Bearer `. Nothing when there is none in it, as nearly always.
std::optional<std::string> redacted(std::string_view text);

/// The target of a request without the values of parameters that hold secrets: `key`, `signature`, and names
/// that speak of a secret, a token, a password or a header; `webhook.url` too, whose path may be one.
std::string redact_target(std::string_view target);

}  // namespace waypost
