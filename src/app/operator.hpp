#pragma once

#include <filesystem>
#include <string>

#include "waypost/base/error.hpp"

namespace waypost::app {

/// What the command line proves itself with to the service on this machine: whoever can read the key file is
/// its operator. Never stored; derived from the key file, which is made when there is none.
Result<std::string> operator_token(const std::filesystem::path& key_file);

}  // namespace waypost::app
