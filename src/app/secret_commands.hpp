#pragma once

#include <string>

#include "waypost/app/config.hpp"

/// `waypost secrets …`: the keys under which secrets are kept. With the service running it does the work,
/// else the data are opened here. Each command returns the exit status.
namespace waypost::app {

/// The keys, the newest first, and how many secrets are under each.
int list_secret_keys(const Config& config, bool json);
/// Adds a key and puts every secret under it; says which keys may be dropped then.
int rotate_secrets(const Config& config, bool json);
/// Puts under the newest key what is not: goes on with a rotation that was cut off.
int reseal_secrets(const Config& config, bool json);
/// Forgets a key under which nothing is any more.
int drop_secret_key(const Config& config, const std::string& id, bool json);

}  // namespace waypost::app
