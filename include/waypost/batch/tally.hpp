#pragma once

#include <atomic>

#include "waypost/job/rules.hpp"

namespace waypost::batch {

/// Counts the rows of a running batch as they end, in all of its chunks, so that it stops when too many have
/// failed and not only when the chunks under way are done. Any thread.
class Tally {
 public:
  explicit Tally(const job::Job& job)
      : batch_(*job.spec.batch),
        total_(job.progress.total),
        base_(job.batch),
        succeeded_(job.progress.succeeded),
        failed_(job.progress.failed) {}

  /// A row has ended for good.
  void add(bool failed) { ++(failed ? failed_ : succeeded_); }
  /// Whether the failures are past the batch's threshold by now.
  bool past_threshold() const {
    return batch_.threshold && job::past_threshold(batch_, base_, {total_, succeeded_, failed_});
  }

 private:
  const job::Batch batch_;
  const std::int64_t total_;
  const job::BatchState base_;
  std::atomic<std::int64_t> succeeded_, failed_;
};

}  // namespace waypost::batch
