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
};

}  // namespace waypost::store
