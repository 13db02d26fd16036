#pragma once

#include <map>
#include <unordered_map>
#include <vector>

#include "engine/ready_job.hpp"

namespace waypost::engine {

/// The jobs of one queue that wait because as many with their concurrency_key run as may. They stand apart,
/// so that nobody waits behind them; of each key a few are remembered, the rest stays in the store and is
/// fetched in its turn. Pure bookkeeping. What it hands out again is ready for real.
class KeyedJobs {
 public:
  static constexpr std::size_t window = 64;

  /// True when the job must wait: it is remembered here, or will be fetched.
  bool hold(const ReadyJob& job);
  void started(const std::string& key);
  /// One that ran has ended: the next one of its key, if one waits.
  std::optional<ReadyJob> ended(const std::string& key);
  /// A job is ready no more, whether it stood here or not: the next one of its key that may run now.
  std::optional<ReadyJob> removed(const std::string& key, const Place& place);
  /// How many of a key may run at once; those that may now.
  std::vector<ReadyJob> set_limit(std::uint32_t limit);

  struct Fetch {
    std::string key;
    std::optional<Place> after;
  };
  /// The next key of which more should be read, at most `window`; it counts as being fetched from then on.
  std::optional<Fetch> next_fetch();
  /// What was read, to be added to what is ready; nothing when it is to be read again.
  std::vector<ReadyJob> fetched(const std::string& key, const std::vector<ReadyJob>& jobs, bool last_page);
  void not_fetched(const std::string& key);

  std::uint32_t running(const std::string& key) const;
  std::uint32_t limit() const { return limit_; }
  bool empty() const { return keys_.empty(); }

 private:
  struct Jobs {
    std::uint32_t running = 0;
    std::map<Place, ReadyJob> waiting;
    bool more = false;           ///< the store may hold others, after `bound`
    std::optional<Place> bound;  ///< none: from the start
    bool hungry = false, fetching = false;
    std::optional<Place> fetching_after;
    bool missed = false;  ///< one came while fetching, which the page may not have

    bool beyond(const Place& place) const { return more && (!bound || *bound < place); }
  };
  std::optional<ReadyJob> next_of(const std::string& key, Jobs& jobs);
  void forget_if_idle(const std::string& key);

  std::uint32_t limit_ = 1;
  std::unordered_map<std::string, Jobs> keys_;
  std::vector<std::string> hungry_;
};

}  // namespace waypost::engine
