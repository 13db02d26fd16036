#include "net/wire.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace waypost::net {

namespace {

using boost::system::error_code;

constexpr std::size_t max_kept_bytes = 16 * 1024;
constexpr std::size_t max_linger_bytes = 64 * 1024;
constexpr std::chrono::seconds max_linger_time{2};

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

}  // namespace

Wire::Wire(asio::io_context& context, Socket socket)
    : socket_(std::move(socket)), deadline_(context, [this] {
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

asio::awaitable<bool> Wire::fill(std::size_t room) {
  expired_ = false;
  error_code error;
  const std::size_t count = co_await socket_.async_read_some(
      input_.prepare(room), asio::redirect_error(asio::use_awaitable, error));
  input_.commit(count);
  co_return !error && !expired_ && count > 0;
}

void Wire::trim() {
  if (input_.size() == 0 && input_.capacity() > max_kept_bytes) input_ = {};
}

Wire::Written Wire::write_now(Buffers& buffers) {
  error_code error;
  const bool one = buffers[1].size() + buffers[2].size() == 0;  // which the kernel takes with less ado
  const std::size_t count = one ? socket_.write_some(buffers[0], error) : socket_.write_some(buffers, error);
  if (error && error != asio::error::would_block && error != asio::error::try_again) return Written::failed;
  return advance(buffers, count) ? Written::some : Written::all;
}

asio::awaitable<bool> Wire::write(Buffers buffers, std::chrono::milliseconds patience) {
  expired_ = false;
  while (true) {
    const Written written = write_now(buffers);
    if (written != Written::some) co_return written == Written::all;
    deadline_.set(patience);
    error_code error;
    co_await socket_.async_wait(Socket::wait_write, asio::redirect_error(asio::use_awaitable, error));
    deadline_.clear();
    if (error || expired_) co_return false;
  }
}

asio::awaitable<void> Wire::linger() {
  error_code error;
  socket_.shutdown(Socket::shutdown_send, error);
  if (error) co_return close();
  deadline_.set(max_linger_time);
  std::size_t drained = input_.size();
  input_.clear();
  while (drained < max_linger_bytes && co_await fill()) {
    drained += input_.size();
    input_.clear();
  }
  close();
}

std::string Wire::remote_address() const {
  error_code error;
  const auto address = socket_.remote_endpoint(error).address();
  if (error) return {};
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).to_string();
  }
  return address.to_string();
}

void Wire::close() {
  error_code ignored;
  socket_.close(ignored);
}

}  // namespace waypost::net
