#pragma once

#include <filesystem>
#include <vector>

#include "geo/index_builder.hpp"
#include "geo/source_file.hpp"
#include "waypost/base/error.hpp"
#include "waypost/geo/gazetteer.hpp"

/// One index of all sources. The built-in towns are among them until a `geonames` source is there; after that
/// they only lend it their names in other languages. The built-in shapes of countries count where no source
/// has one.
namespace waypost::geo {

/// What an index of these sources says of itself: theirs and the built-in ones, in the order of combination.
std::vector<SourceInfo> combined_sources(std::vector<SourceInfo> imported);

/// Builds the index at `path`, for the caller to put in place. Fails when a source is damaged or the disk
/// full. Blocks.
Result<IndexBuilder::Written> build_index(const std::vector<std::filesystem::path>& sources,
                                          const std::filesystem::path& path);

/// The shapes of the countries that the program carries within itself, keyed by `key_of` their ISO code.
std::vector<Shape> built_in_boundaries(std::uint64_t (*key_of)(std::string_view iso));

}  // namespace waypost::geo
