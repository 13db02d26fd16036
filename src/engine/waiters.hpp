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
    by_deadline_.emplace(deadline, key);
    by_job_.emplace(id.sequence(), key);
    waiting_.emplace(key, Waiter{id.sequence(), until, deadline, std::move(woken)});
  }

  /// Wakes those whom this state and version of the job satisfy.
  void changed(const Ulid& id, job::State state, std::int64_t version, bool gone) {
    std::vector<std::uint64_t> satisfied;
    const auto [begin, end] = by_job_.equal_range(id.sequence());
    for (auto at = begin; at != end; ++at) {
      const Until& until = waiting_.at(at->second).until;
      if (gone || (until.version_is_not ? version != *until.version_is_not : job::is_terminal(state)))
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
  struct Waiter {
    std::int64_t job;
    Until until;
    Time deadline;
    Woken woken;
  };

  void wake(std::uint64_t key) {
    const auto at = waiting_.find(key);
    Waiter waiter = std::move(at->second);
    waiting_.erase(at);
    erase(by_deadline_, waiter.deadline, key);
    erase(by_job_, waiter.job, key);
    waiter.woken();
  }

  template <class Index, class Key>
  static void erase(Index& index, const Key& at, std::uint64_t key) {
    const auto [begin, end] = index.equal_range(at);
    for (auto entry = begin; entry != end; ++entry)
      if (entry->second == key) {
        index.erase(entry);
        return;
      }
  }

  std::uint64_t last_ = 0;
  std::unordered_map<std::uint64_t, Waiter> waiting_;
  std::multimap<Time, std::uint64_t> by_deadline_;
  std::unordered_multimap<std::int64_t, std::uint64_t> by_job_;
};

}  // namespace waypost::engine
