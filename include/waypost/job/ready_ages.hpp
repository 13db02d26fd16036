#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "waypost/base/time.hpp"

namespace waypost::job {

/// Since when the jobs of a queue are ready: how many for each span of time, so that the longest wait is
/// known although the jobs are not. Exact while they became ready at less than `most_spans` moments; beyond
/// that moments are joined to spans of a second, and of old ones of a 64th of their age, so that memory does
/// not grow with the jobs. Pure bookkeeping.
class ReadyAges {
 public:
  static constexpr std::size_t most_spans = 2048;

  void add(Time since);
  /// Takes one away that was added with the same time.
  void remove(Time since);
  /// The beginning of the oldest span that is not empty: at most its length before the truth.
  std::optional<Time> oldest() const;
  bool empty() const { return spans_.empty(); }
  std::size_t spans() const { return spans_.size(); }

 private:
  struct Span {
    Time end{};  ///< exclusive
    std::int64_t count = 0;
  };
  using Spans = std::map<Time, Span>;
  Spans::iterator find(Time since);
  void coarsen();
  Spans spans_;  ///< by their beginning; none overlaps another
};

}  // namespace waypost::job
