#pragma once

#include <string>

#include "waypost/base/error.hpp"

namespace waypost::app {

/// A value of the configuration, or what stands in the variable (`env:NAME`) or the file (`file:PATH`,
/// without the ends of lines behind it) that it names. Reads files; blocks.
Result<std::string> open_secret(const std::string& value);

}  // namespace waypost::app
