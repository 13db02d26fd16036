#pragma once

#include <string_view>

#include "net/message_head.hpp"
#include "waypost/net/http.hpp"

namespace waypost::net {

/// What the server itself needs to know of a request.
struct RequestFacts {
  Framing framing;
  bool head_request = false;
  bool keep_alive = true;
  bool http_1_0 = false;
  bool expects_continue = false;
};

/// Reads a complete head into `head`, whose views are into `text`, and checks what RFC 9112 demands of the
/// whole: one valid Host, one length, a target this server understands. `head.request_id` is set to the
/// client's when that is usable, else left as it was. Fails with malformed_request or uri_too_long; `head`
/// then holds what could be read.
Result<RequestFacts> read_request(std::string_view text, std::size_t max_uri_bytes, RequestHead& head);

/// 1 to 128 visible ASCII characters.
bool is_request_id(std::string_view text);
/// W3C Trace Context level 1: version 00 (a higher one may carry more), ids in lower-case hex and not all
/// zero.
bool is_traceparent(std::string_view text);

/// Whether a body with this Content-Encoding is gzip or plain. Fails with unsupported_media_type for any
/// other coding.
Result<bool> is_gzip_body(const RequestHead& head);

}  // namespace waypost::net
