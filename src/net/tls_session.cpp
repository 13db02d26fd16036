#include "net/tls_session.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdint>
#include <new>

#include "waypost/net/tls.hpp"

namespace waypost::net {

namespace {

int socket_of(BIO* bio) {
  return static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio)));
}

bool is_transient(int error) {
  return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

int send_bytes(BIO* bio, const char* data, std::size_t size, std::size_t* sent) {
  BIO_clear_retry_flags(bio);
  // The library's own socket BIO would raise SIGPIPE when the peer is gone.
  const auto count = ::send(socket_of(bio), data, size, MSG_NOSIGNAL);
  if (count < 0 && is_transient(errno)) BIO_set_retry_write(bio);
  *sent = count > 0 ? static_cast<std::size_t>(count) : 0;
  return count > 0 ? 1 : 0;
}

int receive_bytes(BIO* bio, char* data, std::size_t size, std::size_t* received) {
  BIO_clear_retry_flags(bio);
  const auto count = ::recv(socket_of(bio), data, size, 0);
  if (count < 0 && is_transient(errno)) BIO_set_retry_read(bio);
  if (count == 0) BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
  *received = count > 0 ? static_cast<std::size_t>(count) : 0;
  return count > 0 ? 1 : 0;
}

long control(BIO* bio, int command, long, void*) {
  if (command == BIO_CTRL_EOF) return BIO_test_flags(bio, BIO_FLAGS_IN_EOF);
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

BIO_METHOD* make_method() {
  BIO_METHOD* method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket");
  BIO_meth_set_write_ex(method, &send_bytes);
  BIO_meth_set_read_ex(method, &receive_bytes);
  BIO_meth_set_ctrl(method, &control);
  return method;
}

BIO* bio_of(int socket) {
  static BIO_METHOD* const method = make_method();  // as long as the process
  BIO* bio = BIO_new(method);
  if (bio == nullptr) throw std::bad_alloc();
  BIO_set_data(bio, reinterpret_cast<void*>(static_cast<std::intptr_t>(socket)));
  BIO_set_init(bio, 1);
  return bio;
}

}  // namespace

TlsSession::TlsSession(const TlsContext& context, int socket) : ssl_(SSL_new(context.native()), &SSL_free) {
  if (!ssl_) throw std::bad_alloc();
  BIO* bio = bio_of(socket);
  SSL_set_bio(ssl_.get(), bio, bio);
  SSL_set_accept_state(ssl_.get());
}

TlsSession::~TlsSession() = default;

TlsSession::Step TlsSession::step_after(int result) {
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_NONE:
      return Step::done;
    case SSL_ERROR_WANT_READ:
      return Step::wants_read;
    case SSL_ERROR_WANT_WRITE:
      return Step::wants_write;
    default:
      return Step::ended;
  }
}

TlsSession::Step TlsSession::handshake() {
  ERR_clear_error();
  const Step step = step_after(SSL_do_handshake(ssl_.get()));
  if (step != Step::ended) return step;
  const auto error = ERR_peek_error();
  const auto* reason = ERR_reason_error_string(error);
  reason_ = reason == nullptr ? "the client ended it" : reason;
  met_plain_http_ = ERR_GET_LIB(error) == ERR_LIB_SSL && ERR_GET_REASON(error) == SSL_R_HTTP_REQUEST;
  ERR_clear_error();
  return step;
}

TlsSession::Moved TlsSession::read(std::span<char> space) {
  ERR_clear_error();
  std::size_t count = 0;
  const int result = SSL_read_ex(ssl_.get(), space.data(), space.size(), &count);
  return {step_after(result), count};
}

TlsSession::Moved TlsSession::write(std::string_view bytes) {
  ERR_clear_error();
  std::size_t count = 0;
  const int result = SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &count);
  return {step_after(result), count};
}

void TlsSession::say_goodbye() {
  ERR_clear_error();
  if (SSL_is_init_finished(ssl_.get()) == 1) SSL_shutdown(ssl_.get());
  ERR_clear_error();
}

}  // namespace waypost::net
