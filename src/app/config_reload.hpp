#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "waypost/app/config.hpp"

/// What SIGHUP can change. Pure; any thread.
namespace waypost::app {

/// The keys that take effect without a restart, as the table of keys names them.
std::span<const std::string_view> reloadable_keys();

struct Reload {
  Config config;                           ///< the one in force with what can change taken over
  std::vector<std::string> changed;        ///< keys that were taken over
  std::vector<std::string> needs_restart;  ///< keys that differ and stay as they are
};

/// What becomes of `running` when `loaded` is read anew.
Reload reload(const Config& running, const Config& loaded);

}  // namespace waypost::app
