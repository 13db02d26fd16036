#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>

#include "waypost/base/histogram.hpp"
#include "waypost/store/job_store.hpp"

namespace waypost::engine {

inline constexpr std::size_t outcome_count = 6;

/// What became of the jobs of one type since the start.
struct TypeFigures {
  std::uint64_t submitted = 0;
  std::array<std::uint64_t, job::state_count> ended{};  ///< by terminal state
  std::array<std::uint64_t, outcome_count> attempts{};  ///< that ended, by job::Outcome
  std::uint64_t retries = 0;                            ///< attempts that failed and are followed by another
  Histogram wait_milliseconds{milliseconds_scale};      ///< from ready to leased
  Histogram attempt_milliseconds{milliseconds_scale};   ///< from leased to the attempt's end
};

/// What became of jobs since the start, for metrics. One thread.
class JobFigures {
 public:
  /// Types beyond so many are counted together, under `other`: operations come and go.
  static constexpr std::size_t most_types = 200;
  static constexpr std::string_view other = "(other)";

  void note(const store::Change& change);
  const std::map<std::string, TypeFigures, std::less<>>& by_type() const { return types_; }

 private:
  TypeFigures& of(std::string_view type);
  std::map<std::string, TypeFigures, std::less<>> types_;
};

}  // namespace waypost::engine
