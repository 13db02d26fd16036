#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "waypost/net/connection_count.hpp"
#include "waypost/net/http.hpp"

namespace boost::asio {
class io_context;
class thread_pool;
}  // namespace boost::asio

namespace waypost::net {

/// Limits of `server.*` (one row each in the configuration).
struct ServerLimits {
  std::size_t max_connections = 10000;  ///< over all io threads; a further one gets 503 and is closed
  std::size_t max_connections_per_address = 10000;   ///< the same of one peer (ConnectionCount); 429
  std::size_t max_uri_bytes = 16384;                 ///< 414
  std::size_t max_header_bytes = 32768;              ///< the whole head; 431
  std::chrono::milliseconds header_timeout{10'000};  ///< for a whole head; 408
  std::chrono::milliseconds body_timeout{30'000};    ///< without progress, reading (408) or writing
  std::chrono::milliseconds idle_timeout{75'000};    ///< keep-alive, between requests
};

/// The HTTP/1.1 server of one io_context: its own SO_REUSEPORT acceptor and connections. All on that
/// context's thread, which must be the only one that runs the context; large bodies are (de)compressed on
/// `background`, which must be joined before the context is destroyed.
///
/// A response over 1 KiB of a textual type is sent gzipped to clients that accept it, unless the Response
/// forbids it, is encoded already or is a 206; it then carries `Vary: Accept-Encoding`, and a strong ETag is
/// sent weak ("x" as W/"x"), so If-None-Match must be compared weakly, as RFC 9110 §13.1.2 demands anyway.
class Server {
 public:
  /// Binds and listens at once. Fails with Code::internal and a message that names address, port and reason.
  /// `service` outlives the server.
  /// `connections` is shared by the servers of all io threads.
  static Result<std::unique_ptr<Server>> listen(asio::io_context& context, asio::thread_pool& background,
                                                const std::string& address, std::uint16_t port,
                                                ServerLimits limits, Service& service,
                                                std::shared_ptr<ConnectionCount> connections);
  /// Fails when another process listens on that port: SO_REUSEPORT would else let two share it in silence.
  /// Call it once, before the first `listen`. Port 0 is always free.
  static Result<void> check_port_free(asio::io_context& context, const std::string& address,
                                      std::uint16_t port);
  ~Server();
  std::uint16_t port() const;
  /// Starts accepting.
  void start();
  /// Stops accepting and closes idle connections; a request under way gets its response with Connection:
  /// close.
  void drain();
  /// Requests under way on this context (head complete, response not yet written). Any thread.
  std::size_t in_flight() const;
  /// Drops every connection. The server may be destroyed once the context has run what is left.
  void close();

 private:
  struct Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace waypost::net
