#pragma once

#include <any>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "waypost/base/error.hpp"

/// HTTP in our own words: what the routes see. Nothing here knows Beast.
namespace waypost::net {

namespace asio = boost::asio;

struct Field {
  std::string name;
  std::string value;
};

/// A parsed request head. All views live as long as the request is being handled.
struct RequestHead {
  std::string_view method;
  std::string_view target;  ///< as received
  std::string_view path;    ///< of the target, undecoded; of an absolute-form target too
  std::string_view query;   ///< after '?', undecoded; "" when there is none
  std::vector<std::pair<std::string_view, std::string_view>> fields;
  std::string_view request_id;   ///< the client's X-Request-Id when usable, else one made here
  std::string_view traceparent;  ///< W3C, "" when absent or malformed
  std::string_view remote_address;

  /// First value of a header, compared without case; nothing when absent.
  std::optional<std::string_view> field(std::string_view name) const;
  /// Every value of a header joined by ", " (RFC 9110 §5.3); nothing when absent.
  std::optional<std::string> joined(std::string_view name) const;
};

/// The body of a request that is read piece by piece, as it was sent: a Content-Encoding is the reader's to
/// undo, off the io thread.
class BodyReader {
 public:
  virtual ~BodyReader() = default;
  /// The next bytes; valid until the next call; empty at the end. Fails with payload_too_large,
  /// request_timeout or malformed_request; the connection is then closed after the response.
  virtual asio::awaitable<Result<std::string_view>> read() = 0;
};

struct Request {
  RequestHead head;
  std::string_view body;         ///< the whole (inflated) body, unless the plan said to stream
  BodyReader* stream = nullptr;  ///< set when the plan said to stream
  std::any context;              ///< the plan's
};

/// A response body that is produced piece by piece.
class BodySource {
 public:
  virtual ~BodySource() = default;
  /// The next bytes; valid until the next call; empty at the end. A failure cuts the connection, so that the
  /// client sees a truncated body and not a short one.
  virtual asio::awaitable<Result<std::string_view>> read() = 0;
};

struct Response {
  int status = 200;
  std::string_view content_type = "application/json";  ///< a constant; "" for none
  std::vector<Field> fields;  ///< others; framing, Date and X-Request-Id are added by the server
  std::string body;
  std::unique_ptr<BodySource> stream;          ///< in place of `body`
  std::optional<std::uint64_t> stream_length;  ///< Content-Length of the stream; chunked without it
  bool close = false;                          ///< close the connection afterwards
  bool compress = true;                        ///< may be sent gzipped when the client accepts that
};

/// What to do with the body of a request whose head has arrived.
struct BodyPlan {
  std::size_t max_bytes = 0;  ///< of the whole body, inflated (of a stream, as sent); more is 413
  bool stream = false;        ///< hand over a BodyReader instead of the whole body
  std::optional<Response> refuse_at_once;  ///< answer this without reading the body (nor a 100 Continue)
  std::any context;         ///< what the service found out from the head; handed back with the request
  std::string traceparent;  ///< replaces the head's for all that follows; "" leaves it
};

/// How a request ended.
struct Finished {
  int status = 0;
  std::chrono::microseconds elapsed{0};  ///< from the complete head; 0 when there was none
  std::uint64_t bytes = 0;               ///< of the response, head and body
  const std::any& context;               ///< the plan's; empty when there was none
};

/// What a server serves; called on the io thread of the connection, must not block it. One Service serves all
/// io threads at once, so it holds no state of its own that changes.
class Service {
 public:
  virtual ~Service() = default;
  virtual BodyPlan plan(const RequestHead& head) = 0;
  /// Never throws for expected failures; what it throws is logged and answered by `refuse` with
  /// Code::internal.
  virtual asio::awaitable<Response> handle(const Request& request) = 0;
  /// Renders a failure that the server itself found (malformed, too large, timed out, overloaded, draining).
  /// `head` holds what could be read of it; possibly nothing but a request id.
  virtual Response refuse(const RequestHead& head, const Error& error) = 0;
  /// Told of each response once it is written or has failed to be: for metrics, the access log and traces.
  virtual void finished(const RequestHead& head, const Finished& how) { (void)head, (void)how; }
};

}  // namespace waypost::net
