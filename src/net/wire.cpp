#include "net/wire.hpp"

#include <linux/sockios.h>
#include <sys/ioctl.h>

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "waypost/net/address_block.hpp"
#include "waypost/net/tls.hpp"

namespace waypost::net {

namespace {

using boost::system::error_code;

constexpr std::size_t max_kept_bytes = 16 * 1024;
constexpr std::size_t max_linger_bytes = 64 * 1024;
constexpr std::chrono::seconds max_linger_time{2};
/// The most that a TLS record holds (RFC 8446 §5.1).
constexpr std::size_t max_record = 16 * 1024;
/// Records that one connection may read in a row while others wait.
constexpr int max_turns = 4;

/// Drops the first `count` bytes; whether any are left.
bool advance(Wire::Buffers& buffers, std::size_t count) {
  bool left = false;
  for (auto& buffer : buffers) {
    const std::size_t part = std::min(count, buffer.size());
    buffer += part;
    count -= part;
    left = left || buffer.size() > 0;
  }
  return left;
}

/// The first record's worth of what is to be written, in one piece: each piece would become a record of its
/// own. The same buffers give the same bytes again, as TLS wants it when a write is tried once more.
std::string_view first_record(const Wire::Buffers& buffers) {
  thread_local std::array<char, max_record> record;
  const auto first = std::ranges::find_if(buffers, [](const auto& buffer) { return buffer.size() > 0; });
  if (first == buffers.end()) return {};
  const bool whole = first->size() >= max_record || first->size() == asio::buffer_size(buffers);
  if (whole) return {static_cast<const char*>(first->data()), std::min(first->size(), max_record)};
  return {record.data(), asio::buffer_copy(asio::buffer(record), buffers)};
}

}  // namespace

Wire::Wire(asio::io_context& context, Socket socket, RateFloor taking)
    : socket_(std::move(socket)), taking_(taking), deadline_(context, [this] {
        expired_ = true;
        error_code ignored;
        socket_.cancel(ignored);
      }) {
  error_code ignored;
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  socket_.non_blocking(true, ignored);
}

std::string_view Wire::buffered() const {
  const auto data = input_.cdata();
  return {static_cast<const char*>(data.data()), data.size()};
}

asio::awaitable<bool> Wire::start_tls(const TlsContext& tls) {
  expired_ = false;
  tls_ = std::make_unique<TlsSession>(tls, socket_.native_handle());
  auto step = tls_->handshake();
  while (step != TlsSession::Step::done) {
    const bool ready = co_await wait_for(step);
    if (!ready) break;
    step = tls_->handshake();
  }
  if (step == TlsSession::Step::done) co_return true;
  refusal_ = {.reason = expired_ ? "it took too long" : tls_->reason(), .plain_http = tls_->met_plain_http()};
  if (refusal_.plain_http) tls_.reset();
  co_return false;
}

asio::awaitable<bool> Wire::wait_for(TlsSession::Step step) {
  if (step == TlsSession::Step::ended) co_return false;
  const auto event = step == TlsSession::Step::wants_read ? Socket::wait_read : Socket::wait_write;
  error_code error;
  turns_ = 0;
  co_await socket_.async_wait(event, asio::redirect_error(asio::use_awaitable, error));
  co_return !error && !expired_;
}

asio::awaitable<bool> Wire::fill_plain(std::size_t room) {
  error_code error;
  const std::size_t count = co_await socket_.async_read_some(
      input_.prepare(room), asio::redirect_error(asio::use_awaitable, error));
  input_.commit(count);
  co_return !error && !expired_ && count > 0;
}

asio::awaitable<bool> Wire::fill_secure(std::size_t room) {
  if (++turns_ > max_turns) {
    turns_ = 0;
    co_await asio::post(socket_.get_executor(), asio::use_awaitable);
    if (expired_) co_return false;
  }
  while (true) {
    const auto space = input_.prepare(room);
    const auto [step, count] = tls_->read({static_cast<char*>(space.data()), space.size()});
    input_.commit(count);
    if (step == TlsSession::Step::done) co_return true;
    const bool ready = co_await wait_for(step);
    if (!ready) co_return false;
  }
}

void Wire::trim() {
  if (input_.size() == 0 && input_.capacity() > max_kept_bytes) input_ = {};
}

Wire::Written Wire::write_plain(Buffers& buffers) {
  error_code error;
  const bool one = buffers[1].size() + buffers[2].size() == 0;  // which the kernel takes with less ado
  const std::size_t count = one ? socket_.write_some(buffers[0], error) : socket_.write_some(buffers, error);
  if (error && error != asio::error::would_block && error != asio::error::try_again) return Written::failed;
  return advance(buffers, count) ? Written::some : Written::all;
}

Wire::Written Wire::write_secure(Buffers& buffers) {
  bool left = true;
  while (left) {
    const std::string_view record = first_record(buffers);
    if (record.empty()) return Written::all;
    const auto [step, count] = tls_->write(record);
    if (step == TlsSession::Step::wants_write) return Written::some;
    if (step != TlsSession::Step::done) return Written::failed;
    left = advance(buffers, count);
  }
  return Written::all;
}

asio::awaitable<bool> Wire::write(Buffers buffers, std::chrono::milliseconds patience) {
  while (true) {
    const Written written = write_now(buffers);
    if (written != Written::some) co_return written == Written::all;
    const bool taken = co_await wait_writable(patience);
    if (!taken) co_return false;
  }
}

asio::awaitable<bool> Wire::wait_writable(std::chrono::milliseconds patience) {
  while (true) {
    expired_ = false;
    const auto since = std::chrono::steady_clock::now();
    const auto before = unacknowledged();
    deadline_.set(patience);
    error_code error;
    co_await socket_.async_wait(Socket::wait_write, asio::redirect_error(asio::use_awaitable, error));
    deadline_.clear();
    if (error && !expired_) co_return false;
    // The socket counts as writable again only when much of its buffer is free: a slow reader has taken
    // something all the same.
    const auto taken = before - unacknowledged();
    const auto waited = std::chrono::steady_clock::now() - since;
    reads_slowly_ = (expired_ && taken <= 0) ||
                    !taking_.note(waited, static_cast<std::uint64_t>(std::max<std::int64_t>(taken, 0)));
    if (reads_slowly_) co_return false;
    if (!expired_) co_return true;
  }
}

std::int64_t Wire::unacknowledged() {
  int bytes = 0;
  ::ioctl(socket_.native_handle(), SIOCOUTQ, &bytes);
  return bytes;
}

asio::awaitable<void> Wire::linger() {
  error_code error;
  if (tls_) tls_->say_goodbye();
  socket_.shutdown(Socket::shutdown_send, error);
  if (error) co_return close();
  deadline_.set(max_linger_time);
  std::size_t drained = input_.size();
  input_.clear();
  expired_ = false;
  while (drained < max_linger_bytes && co_await fill_plain(usual_head)) {  // what it means no longer matters
    drained += input_.size();
    input_.clear();
  }
  close();
}

asio::ip::address Wire::remote_address() const {
  error_code error;
  return plain_address(socket_.remote_endpoint(error).address());
}

void Wire::close() {
  error_code ignored;
  socket_.close(ignored);
}

}  // namespace waypost::net
