#pragma once

#include <functional>

#include "waypost/app/config.hpp"

namespace waypost::app {

/// Reads the configuration from where it was read first.
using Reread = std::function<std::expected<LoadedConfig, std::vector<std::string>>()>;

/// Runs the service until a signal ends it, and returns the exit status: 0 after a drain, 1 when it could not
/// start or had to stop (one line on stderr says why).
int serve(const Config& config, Reread reread);

}  // namespace waypost::app
