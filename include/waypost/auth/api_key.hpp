#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "waypost/base/id.hpp"
#include "waypost/base/tenant.hpp"
#include "waypost/base/time.hpp"

/// API keys: who may do what. Values without I/O; any thread.
namespace waypost::auth {

inline constexpr std::string_view id_prefix = "key_";
inline constexpr std::string_view token_prefix = "wp_";

/// What a key allows. `admin` allows everything.
enum class Scope : std::uint8_t { lookup, jobs_read, jobs_write, work, admin };
/// "lookup", "jobs:read" and so on, in the order of the enumeration.
std::span<const std::string_view> scope_names();
std::string_view to_string(Scope scope);
std::optional<Scope> parse_scope(std::string_view name);

/// A set of scopes.
class Scopes {
 public:
  constexpr Scopes() = default;
  constexpr explicit Scopes(std::uint8_t bits) : bits_(bits) {}
  static constexpr Scopes all() { return Scopes(0b11111); }
  constexpr void add(Scope scope) { bits_ |= bit(scope); }
  constexpr bool allow(Scope scope) const { return (bits_ & (bit(scope) | bit(Scope::admin))) != 0; }
  constexpr bool empty() const { return bits_ == 0; }
  constexpr std::uint8_t bits() const { return bits_; }
  std::vector<std::string_view> names() const;
  bool operator==(const Scopes&) const = default;

 private:
  static constexpr std::uint8_t bit(Scope scope) {
    return static_cast<std::uint8_t>(1U << static_cast<unsigned>(scope));
  }
  std::uint8_t bits_ = 0;
};

using SecretHash = std::array<unsigned char, 32>;

/// A key as it is kept: of its secret only the SHA-256.
struct ApiKey {
  Ulid ulid;
  std::string name;
  std::string tenant{default_tenant_name};
  Tenant tenant_number = default_tenant;  ///< what the store knows the tenant by; the store sets it
  Scopes scopes;
  SecretHash hash{};
  Time created_at{};
  std::optional<Time> expires_at;
  std::optional<Time> last_used_at;  ///< to the minute
  std::optional<Time> revoked_at;
  std::optional<double> rate_per_second;  ///< requests; none: no limit
  std::string id() const { return format_id(id_prefix, ulid); }
  bool operator==(const ApiKey&) const = default;
};

/// What a token says: which key, and the hash of the secret it brings.
struct Token {
  Ulid key;
  SecretHash hash{};
};

/// A new secret for `key`: sets its hash and returns the token, `wp_`, the key's ULID, `_`, 64 hex digits of
/// a 256-bit secret and 8 of a CRC-32 over all before them. The checksum tells a damaged token from a wrong
/// one without asking the store, and lets scanners of leaked secrets recognise one.
std::string give_secret(ApiKey& key);

/// Nothing when the text is no token or its checksum does not fit.
std::optional<Token> parse_token(std::string_view text);

/// Whether the token's secret is this key's: compared in constant time.
bool is_secret_of(const Token& token, const ApiKey& key);

}  // namespace waypost::auth
