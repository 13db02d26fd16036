#pragma once

#include <cstdint>
#include <string>

#include "net/request_reader.hpp"
#include "net/response_head.hpp"
#include "net/server_state.hpp"
#include "net/wire.hpp"

namespace waypost::net {

/// Writes the responses of one connection: framing, compression, one write for head and body. One thread: the
/// connection's.
class ResponseSender {
 public:
  ResponseSender(Wire& wire, ServerState& server) : wire_(wire), server_(server) {}

  /// Whether the connection may serve another request: not when the client did not take the whole response,
  /// nor when the connection's end is what ends the body. `keep_alive` is what the request and the server
  /// would like.
  asio::awaitable<bool> send(const RequestHead& request, const RequestFacts& facts, Response response,
                             bool keep_alive);
  /// Bytes of the last response.
  std::uint64_t bytes() const { return bytes_; }

 private:
  asio::awaitable<void> compress(Response& response);
  /// Head and body as they go out; valid until the next response.
  Wire::Buffers whole(const RequestFacts& facts, const Response& response, ResponseHead head);
  asio::awaitable<bool> send_stream(const RequestFacts& facts, const Response& response, ResponseHead head);
  asio::awaitable<bool> send_pieces(const Response& response, const ResponseHead& head);
  asio::awaitable<bool> send_piece(std::string_view piece, bool chunked);
  asio::awaitable<bool> write(Wire::Buffers buffers);

  Wire& wire_;
  ServerState& server_;
  std::string out_;
  std::uint64_t bytes_ = 0;
};

}  // namespace waypost::net
