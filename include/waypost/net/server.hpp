#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "waypost/net/http.hpp"

namespace waypost::net {

/// Limits of `server.*` (one row each in the configuration).
struct ServerLimits {
  std::size_t max_connections = 10000;   ///< over all io threads; a further one gets 503 and is closed
  std::size_t max_uri_bytes = 16384;     ///< 414
  std::size_t max_header_bytes = 32768;  ///< the whole head; 431
  std::chrono::seconds header_timeout{10};
  std::chrono::seconds body_timeout{30};  ///< without progress, reading or writing
  std::chrono::seconds idle_timeout{75};  ///< keep-alive, between requests
};

/// The HTTP/1.1 server of one io_context: its own SO_REUSEPORT acceptor and connections. All on that context's
/// thread.
class Server {
 public:
  /// Binds and listens at once. Fails with Code::internal and a message that names address, port and reason.
  /// `service` outlives the server.
  static Result<std::unique_ptr<Server>> listen(asio::io_context& context, const std::string& address,
                                                std::uint16_t port, ServerLimits limits, Service& service,
                                                std::shared_ptr<std::atomic<std::size_t>> open_connections);
  ~Server();
  std::uint16_t port() const;
  /// Starts accepting.
  void start();
  /// Stops accepting and closes idle connections; a request under way gets its response with Connection: close.
  void drain();
  /// Requests under way on this context (head complete, response not yet written). Its own thread only.
  std::size_t in_flight() const;
  /// Drops every connection. The server may be destroyed once the context has run what is left.
  void close();

 private:
  struct Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace waypost::net
