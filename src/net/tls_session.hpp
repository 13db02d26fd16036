#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

using SSL = struct ssl_st;

namespace waypost::net {

class TlsContext;

/// TLS on one non-blocking socket, server's side: tries, and says what to wait for. One thread.
class TlsSession {
 public:
  enum class Step { done, wants_read, wants_write, ended };
  struct Moved {
    Step step;
    std::size_t bytes;
  };

  TlsSession(const TlsContext& context, int socket);
  ~TlsSession();
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;

  Step handshake();
  Moved read(std::span<char> space);
  /// Up to one record. After `wants_write` the same bytes must be offered again.
  Moved write(std::string_view bytes);
  /// Tells the peer that the end is meant (close_notify), if that can be sent at once.
  void say_goodbye();

  /// Why the handshake ended: the library's words.
  const std::string& reason() const { return reason_; }
  /// Whether it ended because the client speaks HTTP without TLS.
  bool met_plain_http() const { return met_plain_http_; }

 private:
  Step step_after(int result);
  std::unique_ptr<SSL, void (*)(SSL*)> ssl_;
  std::string reason_;
  bool met_plain_http_ = false;
};

}  // namespace waypost::net
