#pragma once

#include <string>

#include "waypost/base/key_file.hpp"

namespace waypost::webhook {

/// The service's own signing secret, "whsec_…": it signs whatever has no secret of its own, and stays the
/// same when keys are added or dropped.
std::string service_secret(const MasterKeys& keys);

}  // namespace waypost::webhook
