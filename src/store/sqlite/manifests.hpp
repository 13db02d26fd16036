#pragma once

#include "store/sqlite/access.hpp"
#include "waypost/store/manifest_store.hpp"

namespace waypost::store::sqlite {

/// The schema's step that makes room for manifests, and notes which jobs run over them.
extern const std::string_view manifests_schema;

/// Code::unknown_manifest when the job is to run over a stored manifest that its tenant does not have.
Result<void> find_manifest(Statements& sql, const job::Job& job);
/// Notes that the job runs over its manifest, if that is a stored one.
void use_manifest(Statements& sql, const job::Job& job);

class Manifests final : public ManifestStore {
 public:
  explicit Manifests(Access& access) : access_(access) {}
  void add(StoredManifest manifest, std::optional<IdempotencyKey> idempotency, StoredAnswer answer,
           Reply<Submitted> reply) override;
  void get(OwnedId id, Reply<StoredManifest> reply) override;
  void list(ListQuery query, Reply<Page> reply) override;
  void remove(OwnedId id, Reply<void> reply) override;
  void sweep(Time now, std::size_t limit, Reply<Swept> reply) override;
  void keeps(Ulid id, Reply<bool> reply) override;

 private:
  Access& access_;
};

}  // namespace waypost::store::sqlite
