#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "waypost/base/error.hpp"

/// The heads of HTTP/1.1 messages, read strictly (RFC 9112): what two parsers could read differently is
/// refused, since such differences are how requests get smuggled. Shared by server and client. Pure; any
/// thread.
namespace waypost::net {

using FieldView = std::pair<std::string_view, std::string_view>;

/// Finds the end of a head while its bytes arrive, looking at each byte once.
class HeadScanner {
 public:
  enum class State { incomplete, complete, bare_line_feed, start_line_too_long, too_large };

  HeadScanner(std::size_t max_start_line, std::size_t max_head)
      : max_start_line_(max_start_line), max_head_(max_head) {}

  /// `bytes` starts with the head's first byte and holds at least what it held at the last call.
  State scan(std::string_view bytes);
  /// The head's length with the empty line that ends it, once complete.
  std::size_t size() const { return scanned_; }

 private:
  std::size_t max_start_line_;
  std::size_t max_head_;
  std::size_t scanned_ = 0;
  std::size_t line_start_ = 0;
};

struct RequestLine {
  std::string_view method;
  std::string_view target;
  int minor_version = 1;  ///< of HTTP/1.x
};

struct StatusLine {
  int status = 0;
  int minor_version = 1;
};

/// Takes a complete head apart; the views are into `head`. `fields` is cleared first. Fails with
/// malformed_request.
Result<RequestLine> parse_request_head(std::string_view head, std::vector<FieldView>& fields);
Result<StatusLine> parse_response_head(std::string_view head, std::vector<FieldView>& fields);

/// How the end of a message's body is told.
struct Framing {
  enum class Kind { none, length, chunked, until_close };
  Kind kind = Kind::none;
  std::uint64_t length = 0;  ///< of Kind::length
};

/// RFC 9112 §6.3 for requests. Fails with malformed_request where the length is told twice, badly or in a way
/// that this server does not know.
Result<Framing> request_framing(const std::vector<FieldView>& fields, int minor_version);
/// The same for responses; `head_request` when the request was HEAD.
Result<Framing> response_framing(const std::vector<FieldView>& fields, StatusLine line, bool head_request);

/// Whether the connection may serve another message after this one (RFC 9112 §9.3).
bool keeps_alive(const std::vector<FieldView>& fields, int minor_version);

/// Whether `host` may stand in a Host field: uri-host and port, possibly empty (RFC 9112 §3.2).
bool is_host_value(std::string_view host);

/// Path and query of a request target in origin, absolute or asterisk form.
struct TargetParts {
  std::string_view path;
  std::string_view query;
};
Result<TargetParts> split_target(std::string_view target);

}  // namespace waypost::net
