#pragma once

#include <functional>
#include <map>
#include <unordered_map>

#include "waypost/engine/engine.hpp"

namespace waypost::engine {

/// Requests that wait for a job. On the engine's thread.
class Waiters {
 public:
  using Woken = std::move_only_function<void()>;

  void add(const Ulid& id, Until until, Time deadline, Woken woken) {
    const std::uint64_t key = ++last_;
    waiting_.emplace(key, Waiter{until, std::move(woken), by_job_.emplace(id.sequence(), key),
                                 by_deadline_.emplace(deadline, key)});
  }

  /// Wakes those whom this state and version of the job satisfy. What was before the version they know may
  /// still be on its way here, and says nothing to them.
  void changed(const Ulid& id, job::State state, std::int64_t version, bool gone) {
    std::vector<std::uint64_t> satisfied;
    const auto [begin, end] = by_job_.equal_range(id.sequence());
    for (auto at = begin; at != end; ++at) {
      const Until& until = waiting_.at(at->second).until;
      if (gone || (until.version_is_not ? version > *until.version_is_not : job::is_terminal(state)))
        satisfied.push_back(at->second);
    }
    for (const std::uint64_t key : satisfied) wake(key);
  }

  void expire(Time now) {
    while (!by_deadline_.empty() && by_deadline_.begin()->first <= now) wake(by_deadline_.begin()->second);
  }

  void wake_all() {
    while (!waiting_.empty()) wake(waiting_.begin()->first);
  }

  std::optional<Time> next_deadline() const {
    return by_deadline_.empty() ? std::nullopt : std::optional(by_deadline_.begin()->first);
  }

 private:
  using ByJob = std::multimap<std::int64_t, std::uint64_t>;
  using ByDeadline = std::multimap<Time, std::uint64_t>;
  struct Waiter {
    Until until;
    Woken woken;
    ByJob::iterator job;
    ByDeadline::iterator deadline;
  };

  void wake(std::uint64_t key) {
    const auto at = waiting_.find(key);
    Waiter waiter = std::move(at->second);
    waiting_.erase(at);
    by_job_.erase(waiter.job);
    by_deadline_.erase(waiter.deadline);
    waiter.woken();
  }

  std::uint64_t last_ = 0;
  std::unordered_map<std::uint64_t, Waiter> waiting_;
  ByJob by_job_;
  ByDeadline by_deadline_;
};

}  // namespace waypost::engine
