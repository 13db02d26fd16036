#pragma once

#include <filesystem>
#include <string>

#include "waypost/base/error.hpp"

namespace waypost::webhook {

/// The service's own signing secret, "whsec_…": derived from the key file, so it is the same as long as that
/// file is, and signs whatever has no secret of its own. Makes the file when there is none; fails as
/// waypost::open_key_file does.
Result<std::string> service_secret(const std::filesystem::path& key_file);

}  // namespace waypost::webhook
