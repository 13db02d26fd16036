#pragma once

#include <filesystem>
#include <string_view>

#include "waypost/base/error.hpp"

namespace waypost::batch {

/// Reads a stored manifest to the end: its text must have the length and the SHA-256 that it was stored with,
/// and its index must cut that text into all of its rows. Fails with one sentence otherwise. Blocks; any
/// thread, beside whoever reads it.
Result<void> verify_manifest(const std::filesystem::path& dir, std::string_view id);

}  // namespace waypost::batch
