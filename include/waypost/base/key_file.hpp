#pragma once

#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "waypost/base/error.hpp"

namespace waypost {

using Key = std::array<unsigned char, 32>;

/// A key for one purpose, from a master key: HKDF-Expand with SHA-256 (RFC 5869 §2.3) and `label` as its
/// info. Keys of different labels tell nothing of each other. Pure.
Key derive_key(const Key& master, std::string_view label);

/// What names a master key without telling anything of it: 16 hex digits. Pure.
std::string key_id(const Key& master);

/// The master keys of a data directory: the first is used, the others still open what was sealed under them.
/// As text each key is 64 hex digits, a kept signing key `signing:` and 64 hex digits, with white space or
/// commas between.
struct MasterKeys {
  static constexpr std::size_t most = 32;
  std::vector<Key> keys;       ///< the newest first; at least one
  std::optional<Key> signing;  ///< kept since the key that it was derived from was dropped
  /// What the service signs webhooks with: derived from the oldest key, so that new ones leave it as it is.
  Key signing_key() const;
  bool operator==(const MasterKeys&) const = default;
};

/// Nothing when the text is malformed, has no key, one twice, or too many. Pure.
std::optional<MasterKeys> parse_master_keys(std::string_view text);

/// Reads the key file (`secrets.key_file`); makes it with one random key, mode 0600 and durably, when there
/// is none. Fails with Code::internal and a message that names the file and the remedy: readable by others,
/// malformed, not a file, cannot be made. Blocks; any thread or process.
Result<MasterKeys> open_key_file(const std::filesystem::path& file);

/// Replaces an existing key file by these keys, with mode 0600, durably and whole: whoever reads it
/// meanwhile, or after a crash, finds the one or the other. Blocks; one caller at a time.
Result<void> write_key_file(const std::filesystem::path& file, const MasterKeys& keys);

/// A new random key.
Key make_key();

}  // namespace waypost
