#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "waypost/base/error.hpp"
#include "waypost/base/time.hpp"

using SSL_CTX = struct ssl_ctx_st;

namespace waypost::net {

enum class ClientAuth {
  none,      ///< clients are not asked for a certificate
  optional,  ///< one that is shown must be valid
  required,  ///< no connection without a valid one
};

/// The files that a server speaks TLS with (`server.tls.*`), all PEM.
struct TlsFiles {
  std::filesystem::path certificate;  ///< the server's own first, then those that lead to its root
  std::filesystem::path key;
  std::filesystem::path client_ca;  ///< the roots of clients' certificates; "" when none is asked for
  ClientAuth client_auth = ClientAuth::none;
  bool operator==(const TlsFiles&) const = default;
};

/// Certificate, key and rules of a TLS server: TLS 1.2 and 1.3, forward secrecy and authenticated encryption
/// only, ALPN `http/1.1`, session tickets. Immutable: to roll a certificate another one is made. Any thread.
class TlsContext {
 public:
  /// Reads the files; blocks on them. Fails with one sentence that names the file and what is wrong with it.
  static Result<std::shared_ptr<const TlsContext>> load(const TlsFiles& files);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  /// What clients will mind of the certificate at `now`, for the log: it has expired, or is not valid yet.
  std::optional<std::string> complaint(Time now) const;
  SSL_CTX* native() const { return context_; }

 private:
  explicit TlsContext(SSL_CTX* context) : context_(context) {}
  SSL_CTX* context_;
  Time valid_from_{};
  Time valid_until_{};
};

}  // namespace waypost::net
