#pragma once

#include <memory>

#include "waypost/app/config.hpp"
#include "waypost/base/secret_keeper.hpp"

namespace waypost::app {

/// The keys of `secrets.key`, else those of the key file, which is made when there is none. `under_way` as in
/// SecretKeeper::open. Blocks.
Result<std::unique_ptr<SecretKeeper>> open_secrets(const Config& config, Seconds under_way = Seconds{0});

}  // namespace waypost::app
