#pragma once

#include <cstdint>

#include "waypost/app/config.hpp"

namespace waypost::app {

struct SelftestArguments {
  std::uint32_t jobs = 2000;
  std::uint32_t kills = 5;
  bool json = false;
};

/// `waypost selftest`: on the disk of the data directory, in a directory of its own within it, a service is
/// started, given jobs, killed and started again, several times; then what was accepted is held against what
/// was finished and what webhooks told. Exit status: 0 when it all fits, 1 otherwise.
int run_selftest(const SelftestArguments& arguments, const Config& config);

}  // namespace waypost::app
