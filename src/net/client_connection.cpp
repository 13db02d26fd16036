#include "net/client_connection.hpp"

#include <sys/socket.h>

#include <array>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "net/connection_pool.hpp"

namespace waypost::net {

namespace {

using Buffers = std::array<asio::const_buffer, 2>;

constexpr std::size_t max_joined_body = 16 * 1024;

std::string text_of(const asio::ip::tcp::endpoint& endpoint) {
  const std::string address = endpoint.address().to_string();
  const bool v6 = endpoint.address().is_v6();
  return (v6 ? "[" + address + "]" : address) + ":" + std::to_string(endpoint.port());
}

bool is_address(const std::string& host) {
  boost::system::error_code error;
  asio::ip::make_address(host, error);
  return !error;
}

}  // namespace

ClientConnection::ClientConnection(asio::io_context& context, std::string origin)
    : context_(context),
      origin_(std::move(origin)),
      socket_(context),
      deadline_(context, [this] { on_deadline(); }) {}

void ClientConnection::on_deadline() {
  expired_ = true;
  if (pool_ != nullptr) return pool_->drop(this);
  close();
}

asio::awaitable<ClientConnection::Error> ClientConnection::connect(asio::ip::tcp::endpoint endpoint) {
  Error error;
  expired_ = false;
  address_ = text_of(endpoint);
  socket_ = Socket(context_);
  co_await socket_.async_connect(endpoint, asio::redirect_error(asio::use_awaitable, error));
  if (error) co_return error;
  socket_.set_option(asio::ip::tcp::no_delay(true), error);
  socket_.non_blocking(true, error);
  co_return error;
}

asio::awaitable<ClientConnection::Error> ClientConnection::start_tls(asio::ssl::context& roots,
                                                                     const std::string& host) {
  tls_ = std::make_unique<asio::ssl::stream<Socket&>>(socket_, roots);
  SSL* session = tls_->native_handle();
  X509_VERIFY_PARAM* expected = SSL_get0_param(session);
  X509_VERIFY_PARAM_set_hostflags(expected, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  // An address is no server name (RFC 6066 §3), and certificates hold it in a field of its own.
  const bool set = is_address(host)
                       ? X509_VERIFY_PARAM_set1_ip_asc(expected, host.c_str()) == 1
                       : SSL_set_tlsext_host_name(session, host.c_str()) == 1 &&
                             X509_VERIFY_PARAM_set1_host(expected, host.c_str(), host.size()) == 1;
  if (!set) co_return asio::error::invalid_argument;
  Error error;
  co_await tls_->async_handshake(asio::ssl::stream_base::client,
                                 asio::redirect_error(asio::use_awaitable, error));
  co_return error;
}

std::string ClientConnection::distrust() const {
  const long result = tls_ ? SSL_get_verify_result(tls_->native_handle()) : X509_V_OK;
  return result == X509_V_OK ? "" : X509_verify_cert_error_string(result);
}

asio::awaitable<ClientConnection::Error> ClientConnection::write(std::string_view head,
                                                                 std::string_view body) {
  Error error;
  if (tls_) {
    // Each buffer becomes TLS records of its own: a small body goes in its head's.
    std::string joined;
    if (body.size() <= max_joined_body) head = joined.append(head).append(std::exchange(body, {}));
    const Buffers both{asio::buffer(head), asio::buffer(body)};
    co_await asio::async_write(*tls_, both, asio::redirect_error(asio::use_awaitable, error));
    co_return error;
  }
  // Nearly always the socket's buffer takes it all at once: then there is nothing to wait for.
  Buffers buffers{asio::buffer(head), asio::buffer(body)};
  const std::size_t count = socket_.write_some(buffers, error);
  if (!error && count == head.size() + body.size()) co_return error;
  if (error && error != asio::error::would_block && error != asio::error::try_again) co_return error;
  const std::size_t of_head = std::min(count, head.size());
  buffers = {asio::buffer(head.substr(of_head)), asio::buffer(body.substr(count - of_head))};
  error.clear();
  co_await asio::async_write(socket_, buffers, asio::redirect_error(asio::use_awaitable, error));
  co_return error;
}

asio::awaitable<ClientConnection::Error> ClientConnection::fill(std::size_t room) {
  Error error;
  std::size_t count = 0;
  const auto space = input_.prepare(room);
  if (tls_) {
    count = co_await tls_->async_read_some(space, asio::redirect_error(asio::use_awaitable, error));
  } else {
    count = co_await socket_.async_read_some(space, asio::redirect_error(asio::use_awaitable, error));
  }
  input_.commit(count);
  co_return error;
}

std::string_view ClientConnection::buffered() const {
  const auto data = input_.cdata();
  return {static_cast<const char*>(data.data()), data.size()};
}

void ClientConnection::close() {
  Error ignored;
  socket_.close(ignored);
}

bool ClientConnection::is_quiet() {
  if (!socket_.is_open() || !buffered().empty()) return false;
  char byte = 0;
  const auto count = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  // TLS may have sent session tickets; only the read that follows can tell.
  if (count > 0) return tls_ != nullptr;
  return count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

}  // namespace waypost::net
