#pragma once

#include <cstdint>

namespace waypost {

/// What the system knows of this process; 0 where it does not say.
struct ProcessFigures {
  double cpu_seconds = 0;         ///< user and system
  double start_time_seconds = 0;  ///< since the Unix epoch
  std::uint64_t resident_bytes = 0;
  std::uint64_t virtual_bytes = 0;
  std::uint64_t open_descriptors = 0;
  std::uint64_t max_descriptors = 0;  ///< the soft limit
  std::uint64_t threads = 0;
};

/// Reads /proc: not on a thread that must not wait.
ProcessFigures read_process_figures();

}  // namespace waypost
