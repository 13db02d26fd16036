#pragma once

#include "waypost/job/job.hpp"
#include "waypost/store/owned_id.hpp"
#include "waypost/store/reply.hpp"

namespace waypost::store {

/// What happened to each job: the events of §4, written in the transaction that changed the job, and deleted
/// with it.
class HistoryStore {
 public:
  /// Events of one job that are kept; older ones go as new ones come.
  static constexpr std::size_t max_events = 1000;

  virtual ~HistoryStore() = default;
  /// Any thread. The first `limit` events with a sequence greater than `after`, and the job's state at the
  /// same moment. Code::not_found when there is no such job.
  virtual void read(OwnedId id, std::int64_t after, std::size_t limit, Reply<job::History> reply) = 0;
};

}  // namespace waypost::store
