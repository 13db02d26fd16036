#pragma once

#include "waypost/store/job_store.hpp"

namespace waypost::store {

struct BulkSubmission {
  std::vector<job::Job> jobs;
  std::optional<IdempotencyKey> idempotency;
};
struct FoundJobs {
  std::vector<Ulid> jobs;
  std::optional<std::int64_t> next;  ///< as in a ListPage
};
struct BulkChange {
  std::int64_t matched = 0;
  std::int64_t changed = 0;
};

/// Many jobs at once. Any thread.
class BulkStore {
 public:
  virtual ~BulkStore() = default;
  /// Accepts all of the jobs or none, in one transaction. The answer is in `Submitted`: 202 and the ids in
  /// the order of the jobs. A refusal has a fault for each job at fault, at "/jobs/17" or below.
  virtual void submit(BulkSubmission submission, Reply<Submitted> reply) = 0;
  /// The ids of what JobStore::list would show.
  virtual void find(ListQuery query, Reply<FoundJobs> reply) = 0;
  /// Applies the command, in one transaction, to those of the jobs that the filter still matches; where their
  /// state does not allow it they stay as they are.
  virtual void change(std::vector<Ulid> jobs, job::Filter filter, job::Command command,
                      Reply<BulkChange> reply) = 0;
};

}  // namespace waypost::store
