#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "waypost/base/error.hpp"

/// Archives of backups: a POSIX tar (ustar) of regular files, the last of which is SHA256SUMS with the
/// checksums of all before it. `tar xf FILE && sha256sum -c SHA256SUMS` reads one without Waypost.
namespace waypost::app {

struct ArchiveMember {
  std::string name;  ///< within the archive: relative, at most 100 bytes
  std::filesystem::path file;
};

/// Writes `archive` whole or not at all: under another name, flushed to disk, then renamed; only its owner
/// may read it. A member that grows meanwhile is written as long as it was at first. Blocks.
Result<void> write_archive(const std::filesystem::path& archive, const std::vector<ArchiveMember>& members);

/// Unpacks an archive into the empty directory `into`, and compares every checksum; the names of what was
/// unpacked. Fails, naming the archive and what is wrong with it; what was unpacked until then stays. Blocks.
Result<std::vector<std::string>> extract_archive(const std::filesystem::path& archive,
                                                 const std::filesystem::path& into);

}  // namespace waypost::app
