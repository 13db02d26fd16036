#pragma once

#include <array>
#include <filesystem>
#include <string_view>

#include "waypost/base/error.hpp"

namespace waypost {

using Key = std::array<unsigned char, 32>;

/// The master key of a data directory (`secrets.key_file`): 32 random bytes, kept as 64 hex digits and a line
/// end. Makes the file, with mode 0600 and durably, when there is none. Fails with Code::internal and a
/// message that names the file and the remedy: readable by others, malformed, not a file, cannot be made.
/// Blocks; any thread or process.
Result<Key> open_key_file(const std::filesystem::path& file);

/// A key for one purpose, from the master key: HKDF-Expand with SHA-256 (RFC 5869 §2.3) and `label` as its
/// info. Keys of different labels tell nothing of each other. Pure.
Key derive_key(const Key& master, std::string_view label);

}  // namespace waypost
