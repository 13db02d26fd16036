#pragma once

#include "waypost/store/audit_store.hpp"
#include "waypost/store/bulk_store.hpp"
#include "waypost/store/history_store.hpp"
#include "waypost/store/job_store.hpp"
#include "waypost/store/key_store.hpp"
#include "waypost/store/manifest_store.hpp"
#include "waypost/store/operation_store.hpp"
#include "waypost/store/queue_store.hpp"
#include "waypost/store/secret_store.hpp"
#include "waypost/store/webhook_store.hpp"

namespace waypost::store {

/// For how long is kept what has served its purpose.
struct Retention {
  Seconds idempotency{86400};  ///< keys and their answers
  Seconds deliveries{604800};  ///< what endpoints were told, from when it was settled
  Seconds audit{7776000};      ///< the audit trail
};

/// Everything that is kept: jobs, and each further subject behind an interface of its own.
class Store : public JobStore {
 public:
  virtual KeyStore& keys() = 0;
  virtual ManifestStore& manifests() = 0;
  virtual QueueStore& queues() = 0;
  virtual HistoryStore& histories() = 0;
  virtual BulkStore& bulk() = 0;
  virtual WebhookStore& webhooks() = 0;
  virtual OperationStore& operations() = 0;
  virtual AuditStore& audit() = 0;
  virtual SecretStore& secrets() = 0;

  /// Keeps things so long from now on; the next `tick` sweeps by it. Deliveries that are settled already stay
  /// as long as was said then.
  virtual void keep_for(Retention retention, Reply<void> reply) = 0;
};

}  // namespace waypost::store
