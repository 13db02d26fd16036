#pragma once

#include <map>

#include "waypost/store/reply.hpp"

namespace waypost::store {

/// What was set for a queue while running; what is not set is as the configuration says.
struct QueueChoices {
  std::optional<bool> paused;
  std::optional<std::uint32_t> concurrency;
  std::optional<std::uint32_t> concurrency_per_key;
  std::optional<double> rate_per_second;
  bool operator==(const QueueChoices&) const = default;
};

/// The queues that were named by their settings.
class QueueStore {
 public:
  using Queues = std::map<std::string, QueueChoices, std::less<>>;
  virtual ~QueueStore() = default;

  /// Makes the queue, or replaces what was chosen for it before.
  virtual void put(std::string name, QueueChoices choices, Reply<void> reply) = 0;
  virtual void all(Reply<Queues> reply) = 0;
};

}  // namespace waypost::store
