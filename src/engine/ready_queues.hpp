#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "waypost/engine/engine.hpp"

namespace waypost::engine {

/// What an operation needs to run: a worker thread, or only someone who waits; `limited` of these last are
/// those whose operations have a limit of their own, so that their backlog holds up no other.
enum class Capacity : std::uint8_t { compute, waiting, limited };
inline constexpr std::size_t capacity_count = 3;

/// The jobs that are ready, best first: of each queue a window of bounded size, the rest stays in the store
/// and is fetched when the window runs low. Pure bookkeeping: no I/O, no clock of its own.
class ReadyQueues {
 public:
  static constexpr std::size_t window = 2000;
  static constexpr std::size_t low_water = 500;

  struct Ready {
    Ulid ulid;
    Capacity capacity = Capacity::compute;
    std::int64_t priority = 0;
    Time since{};
  };
  struct Pick {
    std::string queue;
    Ready job;
  };
  struct Fetch {
    std::string queue;
    std::optional<std::pair<std::int64_t, std::int64_t>> after;
  };

  explicit ReadyQueues(std::map<std::string, QueueSettings, std::less<>> settings)
      : settings_(std::move(settings)) {}

  void add(const std::string& queue, const Ready& job);
  void remove(const std::string& queue, const Ulid& ulid, std::int64_t priority);
  /// Says that the store holds ready jobs of this queue that were never added.
  void expect_more(const std::string& queue);

  /// Takes the best job whose capacity is free and whose queue may start one, and counts it as running there.
  std::optional<Pick> take(const std::array<bool, capacity_count>& free, Time now);
  /// A job that was taken has ended (or could not be leased).
  void ended(const std::string& queue);

  /// The next queue whose window should be refilled; it counts as being fetched from then on.
  std::optional<Fetch> next_fetch();
  void fetched(const std::string& queue, const std::vector<Ready>& jobs, bool last_page);
  /// The store did not answer: what was asked for is fetched again.
  void not_fetched(const std::string& queue);

  /// When a queue that is held back by its rate alone may start the next job.
  std::optional<Time> next_start() const;
  /// Since when the one that has waited longest waits, of what is known here.
  std::optional<Time> oldest(const std::string& queue) const;
  const QueueSettings& settings(const std::string& queue) const;

 private:
  struct Key {
    std::int64_t priority;
    std::int64_t sequence;
    /// In the order in which they run.
    bool operator<(const Key& other) const {
      return priority != other.priority ? priority > other.priority : sequence < other.sequence;
    }
    bool operator==(const Key&) const = default;
  };
  struct Queue {
    QueueSettings settings;
    std::array<std::map<Key, Ready>, capacity_count> ready;
    std::optional<Key> bound;  ///< the store may hold more after this one; none and `more`: from the start
    bool more = false;
    bool fetching = false;
    std::optional<Key> fetching_after;  ///< the bound when the fetch began
    std::vector<Ready> arrived;         ///< beyond the bound, while fetching
    bool arrived_too_many = false;
    std::uint32_t running = 0;
    double tokens = 1;
    Time refilled{};

    std::size_t size() const { return ready[0].size() + ready[1].size() + ready[2].size(); }
    bool full() const { return settings.concurrency && running >= *settings.concurrency; }
    bool beyond(const Key& key) const { return more && (!bound || *bound < key); }
  };
  static Key key_of(const Ready& job) { return {job.priority, job.ulid.sequence()}; }
  Queue& queue(const std::string& name);
  void forget_if_idle(const std::string& name);
  static void insert(Queue& queue, const Ready& job);
  static bool may_start(Queue& queue, Time now);

  std::map<std::string, QueueSettings, std::less<>> settings_;
  std::map<std::string, Queue, std::less<>> queues_;
};

}  // namespace waypost::engine
