#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "waypost/auth/api_key.hpp"
#include "waypost/base/error.hpp"

namespace waypost::auth {

/// What is left of a key's rate, for the `RateLimit` header fields (draft-ietf-httpapi-ratelimit-headers).
struct RateStatus {
  std::int64_t quota = 0;  ///< requests a window
  std::int64_t window_seconds = 1;
  std::int64_t remaining = 0;
  std::int64_t reset_seconds = 0;  ///< until the whole quota is there again
};

/// Who makes a request.
struct Principal {
  std::string key;  ///< "key_…"; "" for whoever needs none
  Tenant tenant = default_tenant;
  Scopes scopes = Scopes::all();
  bool is_operator = false;  ///< the command line of this very machine
  std::optional<RateStatus> rate;
};

/// The keys that are valid now, as requests are checked against them. Holds no truth: the store does. Any
/// thread.
class Keyring {
 public:
  Keyring();
  ~Keyring();

  /// Replaces all keys; revoked ones are left out. What is known of the rates of those that stay is kept.
  void replace(const std::vector<ApiKey>& keys);
  /// Whether no key exists: then nobody can be asked for one.
  bool empty() const;

  /// The principal of a token. Fails with unauthenticated (malformed, unknown, expired) or rate_limited, with
  /// the seconds to wait. A token is told to be expired only to whoever knows its secret.
  Result<Principal> admit(std::string_view token, Time now);

  /// Keys that were used since the last call, with the time of the last use.
  std::vector<std::pair<Ulid, Time>> take_used();

 private:
  struct Entry;
  using Entries = std::map<Ulid, std::shared_ptr<Entry>>;
  std::shared_ptr<const Entries> entries() const;

  mutable std::mutex mutex_;
  std::shared_ptr<const Entries> entries_;
  std::atomic<bool> empty_ = true;  // asked for each request
};

/// Slows whoever guesses: after `free_failures` within a minute an address has to wait until the minute is
/// over. Holds at most `most_addresses`; when more fail at once the oldest is forgotten. Any thread.
class GuessLimiter {
 public:
  static constexpr int free_failures = 10;
  static constexpr std::size_t most_addresses = 10'000;
  /// The seconds that `address` must wait before a token of its is looked at again; nothing when it may.
  std::optional<int> must_wait(std::string_view address, Time now) const;
  /// Counts a failure; true for the one that begins the wait: worth a line in the log.
  bool failed(std::string_view address, Time now);

 private:
  struct Failures {
    Time since{};
    int count = 0;
  };
  mutable std::mutex mutex_;
  std::atomic<bool> any_ = false;  // spares those who know their key the lock
  std::unordered_map<std::string, Failures> failures_;
};

}  // namespace waypost::auth
