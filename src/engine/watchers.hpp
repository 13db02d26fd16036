#pragma once

#include <map>
#include <unordered_map>

#include "waypost/engine/engine.hpp"

namespace waypost::engine {

/// Who watches which job, and who of them waits. On the engine's thread.
class Watchers {
 public:
  using Woken = Watch::Woken;

  void add(std::uint64_t key, const Ulid& id, Watch::For what) {
    watching_.emplace(key, Watcher{what, by_job_.emplace(id.sequence(), key)});
  }

  void remove(std::uint64_t key) {
    const auto at = watching_.find(key);
    if (at == watching_.end()) return;
    by_job_.erase(at->second.job);
    if (at->second.waits) by_deadline_.erase(at->second.waits->deadline);
    watching_.erase(at);
  }

  void next(std::uint64_t key, Time deadline, Woken woken) {
    Watcher& watcher = watching_.at(key);
    if (std::exchange(watcher.missed, false)) return woken(true);
    watcher.waits.emplace(std::move(woken), by_deadline_.emplace(deadline, key));
  }

  void changed(const store::Change& change) {
    std::vector<std::uint64_t> concerned;
    const auto [begin, end] = by_job_.equal_range(change.ulid.sequence());
    for (auto at = begin; at != end; ++at)
      if (concerns(watching_.at(at->second).what, change)) concerned.push_back(at->second);
    for (const std::uint64_t key : concerned) wake(key, true);
  }

  void expire(Time now) {
    while (!by_deadline_.empty() && by_deadline_.begin()->first <= now)
      wake(by_deadline_.begin()->second, false);
  }

  void wake_all() {
    while (!by_deadline_.empty()) wake(by_deadline_.begin()->second, true);
  }

  std::optional<Time> next_deadline() const {
    return by_deadline_.empty() ? std::nullopt : std::optional(by_deadline_.begin()->first);
  }

 private:
  using ByJob = std::multimap<std::int64_t, std::uint64_t>;
  using ByDeadline = std::multimap<Time, std::uint64_t>;
  struct Waits {
    Woken woken;
    ByDeadline::iterator deadline;
  };
  struct Watcher {
    Watch::For what;
    ByJob::iterator job;
    std::optional<Waits> waits{};
    bool missed = false;  ///< something happened while nobody waited
  };

  static bool concerns(Watch::For what, const store::Change& change) {
    if (change.forgotten) return true;
    switch (what) {
      case Watch::For::change:
        return true;
      case Watch::For::event:
        return change.told;
      case Watch::For::end:
        return job::is_terminal(change.after);
    }
    return false;
  }

  void wake(std::uint64_t key, bool told) {
    Watcher& watcher = watching_.at(key);
    if (!watcher.waits) {
      watcher.missed = true;
      return;
    }
    Waits waits = std::move(*watcher.waits);
    watcher.waits.reset();
    by_deadline_.erase(waits.deadline);
    waits.woken(told);
  }

  std::unordered_map<std::uint64_t, Watcher> watching_;
  ByJob by_job_;
  ByDeadline by_deadline_;
};

}  // namespace waypost::engine
