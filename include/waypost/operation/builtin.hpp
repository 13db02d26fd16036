#pragma once

#include <memory>

#include "waypost/base/clock.hpp"
#include "waypost/net/egress.hpp"
#include "waypost/operation/operation.hpp"

namespace waypost::operation {

/// `echo`: returns its payload, any JSON, byte for byte.
std::unique_ptr<Operation> make_echo();

/// `sleep`: `{seconds}`, 0 to 86400, fractions too. Waits on the io context's timer and returns `{"seconds":
/// …}`.
std::unique_ptr<Operation> make_sleep();

/// `http`: one request. `{method, url, headers, body, expect_status}`, of which only `url` is required.
///
/// - `method` is GET, or POST when there is a body, unless given.
/// - `body` is sent byte for byte as it stands in the payload, as `application/json`; but a JSON string is
/// sent as the
///   text it holds, as `text/plain; charset=utf-8`. A Content-Type in `headers` replaces either, so a string
///   may hold XML, a form, or JSON already written. null is no body.
/// - `headers` may not hold what belongs to the connection (hop-by-hop fields of RFC 9110 §7.6.1, Host,
/// framing).
///   The task's traceparent is sent unless `headers` has its own.
/// - `expect_status`, when given, lists the statuses that succeed, in place of 2xx.
///
/// Result: `{"status", "headers", "body"}`. Header names are in lower case, values of repeated ones joined by
/// ", " but for `set-cookie`, always a list. `body` is the JSON when the response says it is (and it is
/// I-JSON), else text, null when empty; what is not UTF-8 or has a Content-Encoding is `body_base64` instead.
///
/// Failures: `http_status` (408, 425, 429 and 5xx are retried, honouring Retry-After, others not), a name of
/// net::ClientError::Kind (retried, but for egress_forbidden and response_too_large: over 1 MiB).
/// `policy` and `clock` outlive the operation.
std::unique_ptr<Operation> make_http(const net::EgressPolicy& policy, const Clock& clock);

}  // namespace waypost::operation
