#pragma once

#include <string>
#include <vector>

#include "waypost/store/audit_entry.hpp"
#include "waypost/store/webhook_store.hpp"

namespace waypost::store {

struct AuditQuery {
  std::optional<std::string> actor, action, resource;
  std::optional<Time> since;  ///< inclusive
  std::optional<Time> until;  ///< exclusive
  PageQuery page;
};

/// The audit trail: what is written is never changed, and deleted once it is old enough (JobStore::tick). The
/// entry of a change that the store makes goes with that change (Reply); `record` is for what happens
/// elsewhere and for what was refused. As with JobStore: any thread, returns at once, a write is answered
/// once it is durable.
class AuditStore {
 public:
  virtual ~AuditStore() = default;
  virtual void record(AuditEntry entry, Reply<void> reply) = 0;
  /// The newest first.
  virtual void list(AuditQuery query, Reply<Page<AuditEntry>> reply) = 0;
};

}  // namespace waypost::store
