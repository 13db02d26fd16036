#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/keyed_jobs.hpp"
#include "waypost/engine/engine.hpp"

namespace waypost::engine {

/// The jobs that are ready, best first: of each queue a window of bounded size, the rest stays in the store
/// and is fetched when the window runs low. Pure bookkeeping: no I/O, no clock of its own.
class ReadyQueues {
 public:
  static constexpr std::size_t window = 2000;
  static constexpr std::size_t low_water = 500;

  using Ready = ReadyJob;
  struct Pick {
    std::string queue;
    Ready job;
  };
  struct Fetch {
    std::string queue;
    std::optional<std::string> key;  ///< only jobs with this concurrency_key
    std::optional<Place> after;
    std::size_t limit = 1000;
  };

  explicit ReadyQueues(std::map<std::string, QueueSettings, std::less<>> settings)
      : settings_(std::move(settings)) {}

  void add(const std::string& queue, const Ready& job);
  void remove(const std::string& queue, const Ulid& ulid, std::int64_t priority, const std::string& key = {});
  /// Says that the store holds ready jobs of this queue that were never added.
  void expect_more(const std::string& queue);

  /// Takes the best job whose capacity is free and whose queue may start one, and counts it as running there.
  std::optional<Pick> take(const std::array<bool, capacity_count>& free, Time now);
  /// A job that was taken has ended (or could not be leased).
  void ended(const std::string& queue, const std::string& key = {});

  /// The next read that should be made; it counts as being made from then on.
  std::optional<Fetch> next_fetch();
  void fetched(const Fetch& fetch, const std::vector<Ready>& jobs);
  /// The store did not answer: what was asked for is fetched again.
  void not_fetched(const Fetch& fetch);

  /// From now on. Jobs that run are not touched.
  void set(const std::string& queue, const QueueSettings& settings);

  /// What bears on a job of this queue and concurrency_key.
  struct Situation {
    QueueSettings settings;
    std::uint32_t running = 0;
    std::uint32_t running_of_key = 0;
    std::optional<Time> next_start;  ///< held back by its rate until then
  };
  Situation situation(const std::string& queue, const std::string& key) const;

  /// When a queue that is held back by its rate alone may start the next job.
  std::optional<Time> next_start() const;
  const QueueSettings& settings(const std::string& queue) const;

 private:
  struct Queue {
    QueueSettings settings;
    std::array<std::map<Place, Ready>, capacity_count> ready;
    std::optional<Place> bound;  ///< the store may hold more after this one; none and `more`: from the start
    bool more = false;
    bool fetching = false;
    std::optional<Place> fetching_after;  ///< the bound when the fetch began
    std::vector<Ready> arrived;           ///< beyond the bound, while fetching
    bool arrived_too_many = false;
    KeyedJobs keyed;  ///< those that must not run yet
    std::uint32_t running = 0;
    double tokens = 1;
    Time refilled{};

    std::size_t size() const { return ready[0].size() + ready[1].size() + ready[2].size(); }
    bool full() const { return settings.paused || at_limit(); }
    bool at_limit() const { return settings.concurrency && running >= *settings.concurrency; }
    bool beyond(const Place& place) const { return more && (!bound || *bound < place); }
  };
  Queue& queue(const std::string& name);
  void forget_if_idle(const std::string& name);
  static void insert(Queue& queue, const Ready& job);
  static bool may_start(Queue& queue, Time now);
  static void hold_keyed(Queue& queue, std::map<Place, Ready>& part);
  static std::optional<Time> next_start(const Queue& queue);

  std::map<std::string, QueueSettings, std::less<>> settings_;
  std::map<std::string, Queue, std::less<>> queues_;
};

}  // namespace waypost::engine
