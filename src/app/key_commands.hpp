#pragma once

#include <optional>
#include <string>

#include "waypost/app/config.hpp"

/// `waypost key …`. With the service running it does the work, else the store is opened here. Each command
/// returns the exit status.
namespace waypost::app {

struct KeyArguments {
  std::string name;
  std::string scopes;   ///< with commas
  std::string tenant;   ///< "" for the default one
  std::string expires;  ///< "90s", "30d"; "" for never
  std::optional<double> rate_per_second;
};

/// Prints the secret on stdout, this one time, and what else there is to say on stderr.
int create_key(const Config& config, const KeyArguments& arguments, bool json);
int list_keys(const Config& config, bool json);
int revoke_key(const Config& config, const std::string& id, bool json);

}  // namespace waypost::app
