#pragma once

#include "waypost/store/job_store.hpp"
#include "waypost/store/queue_store.hpp"

namespace waypost::store {

/// A back end: the jobs, and beside them every other subject by a small interface of its own, which lives as
/// long as the store. Each has the promises of JobStore: any thread, answered when durable, visible then.
class Store : public JobStore {
 public:
  virtual QueueStore& queues() = 0;
};

}  // namespace waypost::store
