#pragma once

#include <utility>
#include <vector>

#include "waypost/auth/api_key.hpp"
#include "waypost/store/job_store.hpp"

namespace waypost::store {

/// Where API keys live. As with JobStore: any thread, returns at once, a write is answered once it is
/// durable.
class KeyStore {
 public:
  virtual ~KeyStore() = default;
  /// The first key of a tenant makes the tenant.
  virtual void add(auth::ApiKey key, Keyed keyed, Reply<Submitted> reply) = 0;
  /// The key as it is then; one that was revoked before keeps its time. Code::not_found when there is none.
  virtual void revoke(Ulid id, Time now, Reply<auth::ApiKey> reply) = 0;
  /// Notes when keys were last used; those that are gone are passed over.
  virtual void used(std::vector<std::pair<Ulid, Time>> times, Reply<void> reply) = 0;
  /// All of them, revoked ones too, in the order in which they were made.
  virtual void all(Reply<std::vector<auth::ApiKey>> reply) = 0;
};

}  // namespace waypost::store
