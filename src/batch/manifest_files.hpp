#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "waypost/base/error.hpp"
#include "waypost/batch/manifest.hpp"

/// How a manifest lies on disk. `ID.data` holds its inflated bytes as they were sent. `ID.index` holds one
/// entry per chunk, then the facts as JSON, the length of that JSON and a magic word. Both are written as
/// `….part` and renamed when whole, the index last: where there is an index there is a manifest. Numbers are
/// little-endian.
namespace waypost::batch {

inline constexpr std::string_view kDataSuffix = ".data";
inline constexpr std::string_view kIndexSuffix = ".index";
inline constexpr std::string_view kPartSuffix = ".part";

struct IndexEntry {
  std::uint64_t offset = 0;     // of the chunk's first byte
  std::uint64_t first_row = 0;  // from 1
  std::uint64_t line = 0;       // of that byte, from 1
};
inline constexpr std::size_t kIndexEntryBytes = 24;
inline constexpr std::size_t kTrailerBytes = 16;

struct ManifestPaths {
  std::filesystem::path data, index, data_part, index_part;
};
/// Fails with internal when `id` is no plain name: it must not lead out of `dir`.
Result<ManifestPaths> manifest_paths(const std::filesystem::path& dir, std::string_view id);

std::string encode(const IndexEntry& entry);
IndexEntry decode_entry(std::string_view bytes);
/// The facts with their trailer.
std::string encode(const ManifestFacts& facts);
/// The length of the facts' JSON from the last kTrailerBytes; fails when they are not a trailer.
Result<std::uint64_t> decode_trailer(std::string_view bytes);
Result<ManifestFacts> decode_facts(std::string_view json);

}  // namespace waypost::batch
