#pragma once

#include <string>
#include <vector>

#include "waypost/store/webhook_store.hpp"

namespace waypost::store {

/// Who did what to what, and what came of it. Holds no secrets.
struct AuditEntry {
  static constexpr std::string_view id_prefix = "aud_";
  Ulid ulid;
  Time at{};
  std::string actor;     ///< "key_…", "operator" (the command line of this machine) or "anonymous"
  std::string action;    ///< "job.cancel"
  std::string resource;  ///< its id or name; "" when it is no single one
  std::string outcome;   ///< "done", or the code of the refusal
  std::string request;   ///< JSON, of changes that say in it what they are of; "" for none
  std::string address;   ///< "" for the command line of a service that does not run
  std::string request_id;
  bool operator==(const AuditEntry&) const = default;
};

struct AuditQuery {
  std::optional<std::string> actor, action, resource;
  std::optional<Time> since;  ///< inclusive
  std::optional<Time> until;  ///< exclusive
  PageQuery page;
};

/// The audit trail: what is written is never changed, and deleted once it is old enough (JobStore::tick). As
/// with JobStore: any thread, returns at once, a write is answered once it is durable.
class AuditStore {
 public:
  virtual ~AuditStore() = default;
  virtual void record(AuditEntry entry, Reply<void> reply) = 0;
  /// The newest first.
  virtual void list(AuditQuery query, Reply<Page<AuditEntry>> reply) = 0;
};

}  // namespace waypost::store
