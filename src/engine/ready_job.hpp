#pragma once

#include <optional>
#include <string>
#include <utility>

#include "waypost/base/id.hpp"
#include "waypost/base/time.hpp"

namespace waypost::engine {

/// What an operation needs to run: a worker thread, or only someone who waits; `limited` of these last are
/// those whose operations have a limit of their own, so that their backlog holds up no other.
enum class Capacity : std::uint8_t { compute, waiting, limited };
inline constexpr std::size_t capacity_count = 3;

/// A job that is ready to run, as the engine remembers it.
struct ReadyJob {
  Ulid ulid;
  Capacity capacity = Capacity::compute;
  std::int64_t priority = 0;
  std::string key;  ///< its concurrency_key; "" for none
};

/// Where it stands in its queue.
struct Place {
  std::int64_t priority;
  std::int64_t sequence;
  /// In the order in which they run.
  bool operator<(const Place& other) const {
    return priority != other.priority ? priority > other.priority : sequence < other.sequence;
  }
  bool operator==(const Place&) const = default;
};

inline Place place_of(const ReadyJob& job) {
  return {job.priority, job.ulid.sequence()};
}

}  // namespace waypost::engine
