#pragma once

#include "waypost/app/config.hpp"

namespace waypost::app {

/// Runs the service until a signal ends it, and returns the exit status: 0 after a drain, 1 when it could not
/// start or had to stop (one line on stderr says why).
int serve(const Config& config);

}  // namespace waypost::app
