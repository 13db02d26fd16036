#pragma once

#include "store/sqlite/access.hpp"
#include "waypost/store/key_store.hpp"

namespace waypost::store::sqlite {

/// The schema's step that makes room for keys.
extern const std::string_view keys_schema;

class Keys final : public KeyStore {
 public:
  explicit Keys(Access& access) : access_(access) {}
  void add(auth::ApiKey key, Keyed keyed, Reply<Submitted> reply) override;
  void revoke(Ulid id, Time now, Reply<auth::ApiKey> reply) override;
  void used(std::vector<std::pair<Ulid, Time>> times, Reply<void> reply) override;
  void all(Reply<std::vector<auth::ApiKey>> reply) override;

 private:
  Access& access_;
};

}  // namespace waypost::store::sqlite
