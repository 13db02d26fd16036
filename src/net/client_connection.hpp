#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "net/deadline.hpp"
#include "waypost/net/client.hpp"

namespace waypost::net {

class ConnectionPool;

/// One connection to an origin, plain or TLS, with the one deadline of whatever it is doing. One thread: the
/// context's.
class ClientConnection {
 public:
  using Socket = asio::basic_stream_socket<asio::ip::tcp, asio::io_context::executor_type>;
  using Error = boost::system::error_code;

  ClientConnection(asio::io_context& context, std::string origin);

  asio::awaitable<Error> connect(asio::ip::tcp::endpoint endpoint);
  /// Checks the certificate against `roots` and `host`.
  asio::awaitable<Error> start_tls(asio::ssl::context& roots, const std::string& host);
  /// Why the last `start_tls` distrusted the certificate; "" when that was not the reason.
  std::string distrust() const;

  asio::awaitable<Error> write(std::string_view head, std::string_view body);
  /// Waits for more bytes; asio::error::eof at the stream's proper end.
  asio::awaitable<Error> fill(std::size_t room);
  std::string_view buffered() const;
  void consume(std::size_t size) { input_.consume(size); }

  /// When reached the connection is closed, and what it was doing fails.
  Deadline& deadline() { return deadline_; }
  bool expired() const { return expired_; }
  void close();
  /// Whether the peer has neither closed nor sent anything since the last response.
  bool is_quiet();

  const std::string& origin() const { return origin_; }
  const std::string& address() const { return address_; }  ///< ip:port
  /// Set while it waits in that pool, which then drops it at its deadline.
  void set_pool(ConnectionPool* pool) { pool_ = pool; }

 private:
  void on_deadline();

  asio::io_context& context_;
  std::string origin_;
  std::string address_;
  Socket socket_;
  std::unique_ptr<asio::ssl::stream<Socket&>> tls_;
  boost::beast::flat_buffer input_;
  ConnectionPool* pool_ = nullptr;
  bool expired_ = false;
  Deadline deadline_;
};

}  // namespace waypost::net
