#pragma once

#include <filesystem>

#include "waypost/base/error.hpp"

namespace waypost::geo {

/// Builds the index of the built-in gazetteer, atomically.
Result<void> write_default_gazetteer(const std::filesystem::path& path);

}  // namespace waypost::geo
