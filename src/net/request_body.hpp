#pragma once

#include <chrono>
#include <cstdint>

#include "net/chunk_decoder.hpp"
#include "net/message_head.hpp"
#include "net/wire.hpp"
#include "waypost/net/http.hpp"

namespace waypost::net {

/// The body of one request, read off the wire only as fast as it is asked for. One thread: the connection's.
class RequestBody final : public BodyReader {
 public:
  struct Options {
    Framing framing;
    std::uint64_t max_bytes = 0;            ///< as sent
    std::chrono::milliseconds patience{0};  ///< the longest wait without a byte
    RateFloor floor{0, {}};                 ///< under the pace at which it must arrive
    bool expects_continue = false;          ///< the client waits for "100 Continue" before it sends
  };
  RequestBody(Wire& wire, Options options) : wire_(wire), options_(options) {}

  /// Whether the request has no body.
  bool absent() const { return options_.framing.kind == Framing::Kind::none; }
  /// What can be said before a byte is read: payload_too_large by its Content-Length.
  Result<void> check_length() const;
  asio::awaitable<Result<std::string_view>> read() override;
  /// Whether it could not be read because the client stopped sending, or sends too slowly.
  bool came_slowly() const { return late_; }
  /// Whether the next request's bytes follow on the wire; drops what is left of this body if it has arrived
  /// already.
  bool finish();

 private:
  std::uint64_t left() const { return options_.framing.length - taken_; }
  asio::awaitable<bool> fill();
  /// The next piece of what has arrived; empty when more must arrive first or the body has ended.
  Result<std::string_view> next_buffered();
  Result<std::string_view> next_of_length();
  Result<std::string_view> next_of_chunks();
  Error too_large() const;

  Wire& wire_;
  Options options_;
  ChunkDecoder chunks_;
  std::uint64_t taken_ = 0;  // bytes of the body handed out
  std::size_t pending_ = 0;  // bytes on the wire under the last piece
  bool ended_ = false;
  bool failed_ = false;
  bool slow_ = false;
  bool late_ = false;
};

}  // namespace waypost::net
