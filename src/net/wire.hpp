#pragma once

#include <array>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "net/deadline.hpp"
#include "net/rate_floor.hpp"
#include "net/tls_session.hpp"

namespace waypost::net {

using Socket = asio::basic_stream_socket<asio::ip::tcp, asio::io_context::executor_type>;

/// A server connection's bytes: its socket, plain or under TLS, what was read and not yet used, and its one
/// deadline. A plain one pays a branch for TLS and no more. One thread: the context's.
class Wire {
 public:
  using Buffers = std::array<asio::const_buffer, 3>;

  /// `taking` is the floor under the pace at which the peer takes what is written.
  Wire(asio::io_context& context, Socket socket, RateFloor taking);

  /// Agrees with the peer on TLS, within the deadline, before anything else is read or written. False when it
  /// cannot be: `refusal` says why.
  asio::awaitable<bool> start_tls(const TlsContext& tls);
  bool secure() const { return tls_ != nullptr; }
  struct Refusal {
    std::string reason;
    bool plain_http = false;  ///< the peer speaks HTTP without TLS, and so does the wire from now on
  };
  const Refusal& refusal() const { return refusal_; }

  /// What has arrived and is not consumed; valid until the next `fill()`.
  std::string_view buffered() const;
  void consume(std::size_t size) { input_.consume(size); }
  /// What most heads fit into: thousands of connections that wait have a buffer of this size each.
  static constexpr std::size_t usual_head = 1024;

  /// Waits for more bytes, `room` at most, within the deadline. False at the stream's end, on an error, and
  /// when expired.
  asio::awaitable<bool> fill(std::size_t room = usual_head) {
    expired_ = false;
    return tls_ == nullptr ? fill_plain(room) : fill_secure(room);
  }
  /// Gives back the memory of a long message.
  void trim();
  enum class Written { all, some, failed };
  /// Writes what the socket's buffer takes at once, nearly always all, and drops that from `buffers`.
  Written write_now(Buffers& buffers) {
    return tls_ == nullptr ? write_plain(buffers) : write_secure(buffers);
  }
  /// Writes all of it. False when the peer is gone, took nothing for `patience`, or takes it too slowly.
  asio::awaitable<bool> write(Buffers buffers, std::chrono::milliseconds patience);
  /// Ends our side, reads on for at most 64 KiB or 2 s, and closes: closing with unread bytes would make the
  /// kernel send a reset, which can overtake the response just written.
  asio::awaitable<void> linger();

  Deadline& deadline() { return deadline_; }
  /// Whether the deadline broke off the last wait.
  bool expired() const { return expired_; }
  /// Whether a `write` gave up because the peer took too little.
  bool peer_reads_slowly() const { return reads_slowly_; }
  void close();
  /// The peer's address; an IPv4-mapped one as IPv4.
  asio::ip::address remote_address() const;

 private:
  asio::awaitable<bool> fill_plain(std::size_t room);
  asio::awaitable<bool> fill_secure(std::size_t room);
  Written write_plain(Buffers& buffers);
  Written write_secure(Buffers& buffers);
  /// Waits for what TLS cannot go on without. False when nothing would help.
  asio::awaitable<bool> wait_for(TlsSession::Step step);
  /// Waits until the socket takes more. False when the peer is gone or too slow.
  asio::awaitable<bool> wait_writable(std::chrono::milliseconds patience);
  /// Bytes that were written and that the peer has not acknowledged.
  std::int64_t unacknowledged();

  Socket socket_;
  std::unique_ptr<TlsSession> tls_;
  RateFloor taking_;
  Refusal refusal_;
  int turns_ = 0;  // reads since this thread last saw to its other connections
  boost::beast::flat_buffer input_;
  Deadline deadline_;
  bool expired_ = false;
  bool reads_slowly_ = false;
};

}  // namespace waypost::net
