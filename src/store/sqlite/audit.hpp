#pragma once

#include "store/sqlite/access.hpp"
#include "waypost/store/audit_store.hpp"

namespace waypost::store::sqlite {

/// The schema's step that makes room for the audit trail.
extern const std::string_view audit_schema;

/// Deletes what is older than `oldest`, at most `limit` entries; `next` is the age of the first that stays.
Tick sweep_audit(Statements& sql, Time oldest, std::size_t limit);

class Audit final : public AuditStore {
 public:
  explicit Audit(Access& access) : access_(access) {}
  void record(AuditEntry entry, Reply<void> reply) override;
  void list(AuditQuery query, Reply<Page<AuditEntry>> reply) override;

 private:
  Access& access_;
};

}  // namespace waypost::store::sqlite
