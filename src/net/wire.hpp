#pragma once

#include <array>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <chrono>
#include <string>
#include <string_view>

#include "net/deadline.hpp"

namespace waypost::net {

using Socket = asio::basic_stream_socket<asio::ip::tcp, asio::io_context::executor_type>;

/// A server connection's bytes: its socket, what was read and not yet used, and its one deadline. One thread:
/// the context's.
class Wire {
 public:
  using Buffers = std::array<asio::const_buffer, 3>;

  Wire(asio::io_context& context, Socket socket);

  /// What has arrived and is not consumed; valid until the next `fill()`.
  std::string_view buffered() const;
  void consume(std::size_t size) { input_.consume(size); }
  /// What most heads fit into: thousands of connections that wait have a buffer of this size each.
  static constexpr std::size_t usual_head = 1024;

  /// Waits for more bytes, `room` at most, within the deadline. False at the stream's end, on an error, and
  /// when expired.
  asio::awaitable<bool> fill(std::size_t room = usual_head);
  /// Gives back the memory of a long message.
  void trim();
  enum class Written { all, some, failed };
  /// Writes what the socket's buffer takes at once, nearly always all, and drops that from `buffers`.
  Written write_now(Buffers& buffers);
  /// Writes all of it. False when the peer is gone or took nothing for `patience`.
  asio::awaitable<bool> write(Buffers buffers, std::chrono::milliseconds patience);
  /// Ends our side, reads on for at most 64 KiB or 2 s, and closes: closing with unread bytes would make the
  /// kernel send a reset, which can overtake the response just written.
  asio::awaitable<void> linger();

  Deadline& deadline() { return deadline_; }
  /// Whether the deadline broke off the last wait.
  bool expired() const { return expired_; }
  void close();
  /// The peer's address; an IPv4-mapped one as IPv4.
  std::string remote_address() const;

 private:
  Socket socket_;
  boost::beast::flat_buffer input_;
  Deadline deadline_;
  bool expired_ = false;
};

}  // namespace waypost::net
