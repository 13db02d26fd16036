#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "waypost/net/egress.hpp"
#include "waypost/net/http.hpp"

namespace boost::asio::ssl {
class context;
}

namespace waypost::net {

/// Lets the owner of a call break it off. Used on one thread: that of the call.
class Abort {
 public:
  /// Breaks the call off (closes its socket), now or as soon as it starts. Idempotent.
  void request();
  bool requested() const { return requested_; }
  /// For the callee: what to do on `request()`; called at once when it was already requested. "{}" takes it
  /// back.
  void on_request(std::function<void()> action);

 private:
  bool requested_ = false;
  std::function<void()> action_;
};

struct ClientResponse {
  int status = 0;
  std::vector<Field> fields;
  std::string body;
  std::string address;  ///< ip:port that answered
  const std::string* field(std::string_view name) const;
};

/// Takes the body of a 2xx response piece by piece, so that memory does not grow with it.
class BodySink {
 public:
  virtual ~BodySink() = default;
  /// The response is there, but for its body. Called again when the request was sent once more.
  virtual void begin(const ClientResponse& head) = 0;
  /// `bytes` are valid until this is over. False: no more is wanted, and the call fails as bad_response.
  virtual asio::awaitable<bool> take(std::string_view bytes) = 0;
};

struct ClientRequest {
  std::string_view method = "GET";
  Url url;
  std::vector<Field>
      fields;             ///< Host, framing and Connection are the client's: such fields here are left out
  std::string_view body;  ///< must live until the call ends
  std::chrono::milliseconds timeout{15000};  ///< from now to the last byte of the response
  std::size_t max_response_bytes = 1 << 20;
  bool truncate = false;  ///< keep the first max_response_bytes and drop the rest, instead of failing
  /// Where the body of a 2xx response goes, if not into the response; outlives the call. `timeout` is then
  /// for each step towards the end and not for the whole.
  BodySink* sink = nullptr;
};

struct ClientError {
  enum class Kind { egress_forbidden, unresolved, connect, tls, timeout, protocol, too_large, aborted };
  Kind kind;
  std::string message;  ///< for the user: what, which address, why
  std::string address;  ///< ip:port when one was tried
};
/// Stable name of a kind: "egress_forbidden", "name_not_resolved", "connect_failed", "tls_failed",
/// "timed_out", "bad_response", "response_too_large", "aborted".
std::string_view to_string(ClientError::Kind kind);

/// An HTTP/1.1 client of one io_context: keep-alive connections pooled by origin, TLS verified against the
/// system's roots with SNI and host name check, the egress guard on every connect (a pooled connection's
/// address was judged for this very origin when it was made), redirects never followed. A request on a reused
/// connection that the server closed before the first response byte is sent once more on a new one. Content
/// codings are neither asked for nor undone. All on the context's thread; calls must have ended, or never be
/// resumed, once it is destroyed.
class Client {
 public:
  struct Options {
    std::size_t max_idle_per_origin = 64;
    std::size_t max_idle = 512;
    std::chrono::seconds idle_timeout{30};
    std::string ca_file;  ///< extra roots, for tests and private authorities; "" for the system's only
  };
  /// `policy` outlives the client. Throws std::runtime_error when `ca_file` cannot be read.
  Client(asio::io_context& context, const EgressPolicy& policy, Options options);
  ~Client();
  /// `abort` and the request's body outlive the call. Interim (1xx) responses are skipped.
  asio::awaitable<std::expected<ClientResponse, ClientError>> send(ClientRequest request, Abort& abort);
  /// Closes the idle connections.
  void close_idle();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace waypost::net
