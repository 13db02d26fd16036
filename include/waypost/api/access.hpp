#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "waypost/auth/keyring.hpp"
#include "waypost/base/clock.hpp"
#include "waypost/net/http.hpp"
#include "waypost/store/key_store.hpp"

namespace waypost::api {

/// What a route asks of whoever calls it: a scope, or nothing; of what all tenants share, that other tenants'
/// keys are `admin` ones. Has no default, so that no route is open by oversight.
class Needs {
 public:
  constexpr Needs(auth::Scope scope) : scope_(scope) {}  // NOLINT: a table reads better without casts
  static constexpr Needs nothing() { return Needs(); }
  static constexpr Needs of_server(auth::Scope scope) {
    Needs needs(scope);
    needs.of_server_ = true;
    return needs;
  }
  constexpr std::optional<auth::Scope> scope() const { return scope_; }
  constexpr bool is_of_server() const { return of_server_; }

 private:
  constexpr Needs() = default;
  std::optional<auth::Scope> scope_;
  bool of_server_ = false;
};

/// Whether this key may see and change what all tenants share.
bool serves_all(const auth::Principal& principal);

struct AccessOptions {
  /// `automatic`: with no key made yet whoever comes from loopback, and not through a trusted proxy, may do
  /// everything, and nobody else anything; from the first key on a key is needed. `keys`: always. `none`:
  /// never.
  enum class Mode : std::uint8_t { automatic, keys, none } mode = Mode::automatic;
  /// Whether a token is that of the command line of this very machine, which proves by it that it can read
  /// the keys of the service; asked of loopback only.
  std::function<bool(std::string_view token)> is_operator;
};

/// Who may do what. Any thread.
class Access {
 public:
  /// What is passed by reference outlives it.
  Access(AccessOptions options, auth::Keyring& keyring, store::KeyStore& keys, Clock& clock);

  /// The one who makes this request, if the route's needs are met. The key stands in `Authorization: Bearer`
  /// (RFC 6750 §2.1), for Google's routes in the query's `key`. Fails with unauthenticated, forbidden
  /// (naming the scope), or rate_limited.
  Result<auth::Principal> admit(const net::RequestHead& head, Needs needs);

  /// Whether the request brings a key, right or wrong.
  static bool brings_key(const net::RequestHead& head);

  auth::Keyring& keyring() { return keyring_; }
  store::KeyStore& keys() { return keys_; }

 private:
  bool is_open_to(const net::RequestHead& head) const;
  bool is_operator(std::string_view token, const net::RequestHead& head) const;
  Result<auth::Principal> check(std::string_view token, const net::RequestHead& head);
  void note_use(Time now);

  const AccessOptions options_;
  auth::Keyring& keyring_;
  store::KeyStore& keys_;
  Clock& clock_;
  auth::GuessLimiter guesses_;
  std::atomic<Time> noted_{Time{}};
};

/// The `WWW-Authenticate` field of a refusal (RFC 6750 §3); "" when it needs none.
std::string challenge(const net::RequestHead& head, const Error& error, Needs needs);

/// Adds the `RateLimit` fields (draft-ietf-httpapi-ratelimit-headers) of a key that has a rate.
void add_rate_fields(net::Response& response, const auth::Principal& principal);

}  // namespace waypost::api
