#include "net/request_body.hpp"

#include <algorithm>
#include <string>

namespace waypost::net {

namespace {

constexpr std::size_t read_size = 64 * 1024;
constexpr std::string_view continue_line = "HTTP/1.1 100 Continue\r\n\r\n";

}  // namespace

Error RequestBody::too_large() const {
  return Error{.code = Code::payload_too_large,
               .message = "the body is longer than " + std::to_string(options_.max_bytes) +
                          " bytes, the most taken here"};
}

Result<void> RequestBody::check_length() const {
  const bool known = options_.framing.kind == Framing::Kind::length;
  if (known && options_.framing.length > options_.max_bytes) return std::unexpected(too_large());
  return {};
}

asio::awaitable<Result<std::string_view>> RequestBody::read() {
  if (auto fits = check_length(); !fits) {
    failed_ = true;
    co_return std::unexpected(std::move(fits.error()));
  }
  while (true) {
    auto piece = next_buffered();
    if (!piece || !piece->empty() || ended_) co_return piece;
    if (co_await fill()) continue;
    failed_ = true;
    late_ = slow_ || (wire_.expired() && !wire_.peer_reads_slowly());
    if (slow_) co_return fail(Code::request_timeout, "the body arrived too slowly");
    if (wire_.expired()) {
      co_return fail(Code::request_timeout, "the body stopped arriving before its end");
    }
    co_return fail(Code::malformed_request, "the connection ended before the body did");
  }
}

asio::awaitable<bool> RequestBody::fill() {
  if (std::exchange(options_.expects_continue, false)) {
    const Wire::Buffers line{asio::buffer(continue_line)};
    const bool sent = co_await wire_.write(line, options_.patience);
    if (!sent) co_return false;
  }
  const auto since = std::chrono::steady_clock::now();
  const std::size_t before = wire_.buffered().size();
  wire_.deadline().set(options_.patience);
  const bool filled = co_await wire_.fill(read_size);
  wire_.deadline().clear();
  if (!filled) co_return false;
  slow_ = !options_.floor.note(std::chrono::steady_clock::now() - since, wire_.buffered().size() - before);
  co_return !slow_;
}

Result<std::string_view> RequestBody::next_buffered() {
  wire_.consume(std::exchange(pending_, 0));
  if (failed_) return fail(Code::malformed_request, "the body could not be read to its end");
  if (ended_) return std::string_view{};
  auto piece = options_.framing.kind == Framing::Kind::chunked ? next_of_chunks() : next_of_length();
  if (piece) taken_ += piece->size();
  if (piece && taken_ > options_.max_bytes) piece = std::unexpected(too_large());
  failed_ = !piece;
  return piece;
}

Result<std::string_view> RequestBody::next_of_length() {
  if (left() == 0) {
    ended_ = true;
    return std::string_view{};
  }
  const std::string_view piece = wire_.buffered().substr(0, static_cast<std::size_t>(left()));
  pending_ = piece.size();
  return piece;
}

Result<std::string_view> RequestBody::next_of_chunks() {
  while (!wire_.buffered().empty()) {
    const auto step = chunks_.step(wire_.buffered());
    if (step.state == ChunkDecoder::State::malformed) {
      return fail(Code::malformed_request, "the body's chunked coding is broken (RFC 9112 §7.1)");
    }
    ended_ = step.state == ChunkDecoder::State::done;
    if (!step.data.empty()) {
      pending_ = step.consumed;
      return step.data;
    }
    wire_.consume(step.consumed);
    if (ended_) break;
  }
  return std::string_view{};
}

bool RequestBody::finish() {
  options_.max_bytes = UINT64_MAX;  // dropping what has arrived anyway costs nothing
  // A client that still waits for "100 Continue" may send the body or not: where the next request starts is
  // unknown.
  while (!ended_ && !failed_ &&
         (!options_.expects_continue || options_.framing.kind == Framing::Kind::none)) {
    const auto piece = next_buffered();
    if (!piece || (piece->empty() && !ended_)) return false;
  }
  wire_.consume(std::exchange(pending_, 0));
  return ended_ && !failed_;
}

}  // namespace waypost::net
