#include "waypost/job/ready_ages.hpp"

#include <algorithm>
#include <chrono>

namespace waypost::job {
namespace {

/// Shorter than this no span of joined moments need be.
constexpr Seconds short_enough{1};
constexpr int steps_per_age = 64;

}  // namespace

ReadyAges::Spans::iterator ReadyAges::find(Time since) {
  auto at = spans_.upper_bound(since);
  if (at == spans_.begin()) return spans_.end();
  --at;
  return since < at->second.end ? at : spans_.end();
}

void ReadyAges::add(Time since) {
  auto at = find(since);
  if (at == spans_.end()) at = spans_.try_emplace(since, Span{.end = since + Milliseconds{1}}).first;
  ++at->second.count;
  if (spans_.size() > most_spans) coarsen();
}

void ReadyAges::remove(Time since) {
  const auto at = find(since);
  if (at != spans_.end() && --at->second.count == 0) spans_.erase(at);
}

std::optional<Time> ReadyAges::oldest() const {
  if (spans_.empty()) return {};
  return spans_.begin()->first;
}

/// Joins neighbours while what results is short for its age.
void ReadyAges::coarsen() {
  const Time newest = spans_.rbegin()->second.end;
  auto at = spans_.begin();
  for (auto next = std::next(at); next != spans_.end(); next = std::next(at)) {
    const auto longest = std::max<Milliseconds>(short_enough, (newest - at->first) / steps_per_age);
    if (next->second.end - at->first > longest) {
      at = next;
      continue;
    }
    at->second.end = next->second.end;
    at->second.count += next->second.count;
    spans_.erase(next);
  }
}

}  // namespace waypost::job
