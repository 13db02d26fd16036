#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace waypost {

/// What went wrong, as a program switches on it. One row per code in `describe()`.
enum class Code {
  malformed_request,
  invalid_json,
  invalid_parameter,
  unauthenticated,
  forbidden,
  not_found,
  method_not_allowed,
  not_acceptable,
  request_timeout,
  payload_too_large,
  uri_too_long,
  unsupported_media_type,
  headers_too_large,
  conflict,
  idempotency_in_progress,
  duplicate_job,
  precondition_failed,
  range_not_satisfiable,
  validation_failed,
  idempotency_key_reused,
  unknown_operation,
  unknown_job,
  egress_forbidden,
  unknown_manifest,
  empty_manifest,
  malformed_manifest,
  etag_mismatch,
  rate_limited,
  overloaded,
  draining,
  internal,
  insufficient_storage,
};

/// The fixed facts of a code: its public name, its HTTP status (RFC 9110) and its RFC 9457 title.
struct CodeFacts {
  Code code;
  std::string_view name;
  int status;
  std::string_view title;
};

/// Row of `code` in the one table of codes. Any thread.
const CodeFacts& describe(Code code);

/// One thing wrong with an input. Exactly one of `pointer` (RFC 6901, into the body; "" is the whole body)
/// and `parameter` (a query parameter or header) is set.
struct Fault {
  std::optional<std::string> pointer;
  std::optional<std::string> parameter;
  std::string code;    ///< stable: required, wrong_type, out_of_range, unknown_field, too_long, …
  std::string detail;  ///< says what is wrong with which value, and what would be right
};

/// An expected failure. `message` is for the client; `cause` is for the log only and never leaves the
/// process.
struct Error {
  Code code = Code::internal;
  std::string message;
  std::string cause;
  std::vector<Fault> faults;
  std::optional<std::size_t> line;         ///< from 1, of texts
  std::optional<std::size_t> column;       ///< from 1, in bytes
  std::optional<std::size_t> byte;         ///< from 0, of binary input such as gzip
  std::optional<int> retry_after_seconds;  ///< for 429 and 503
};

template <class T>
using Result = std::expected<T, Error>;

/// Shorthand: `return fail(Code::not_found, "there is no job X");`
inline std::unexpected<Error> fail(Code code, std::string message, std::string cause = {}) {
  return std::unexpected(Error{.code = code, .message = std::move(message), .cause = std::move(cause)});
}

}  // namespace waypost
