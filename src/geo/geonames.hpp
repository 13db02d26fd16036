#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "geo/line_reader.hpp"
#include "geo/row_log.hpp"
#include "geo/source_file.hpp"

namespace waypost::geo {

/// The family of place keys that GeoNames' own ids make (place_id.hpp).
inline constexpr std::string_view geonames_family = "geonames";

/// What a file of a GeoNames dump holds, in the order in which they must be read.
enum class GeonamesTable { countries, admin1, places, admin2, alternate_names, translations };
/// By the file's name: `countryInfo*`, `admin1CodesASCII*`, `admin2Codes*`, `alternateNames*`,
/// `*translations*.json*`; all others hold places.
GeonamesTable geonames_table(const std::filesystem::path& file);

/// Reads the tables of a GeoNames dump (download.geonames.org/export/dump/readme.txt). One thread.
class GeonamesReader {
 public:
  GeonamesReader(RowSink sink, RowLog& log) : sink_(std::move(sink)), log_(log) {}

  Result<void> read(GeonamesTable table, Input input);
  /// Rows of the place tables that became places.
  std::uint64_t places_kept() const { return kept_; }

 private:
  using Columns = std::vector<std::string_view>;
  Result<void> read_translations(Input input);
  void country_row(const Columns& columns);
  void admin1_row(const Columns& columns);
  void admin2_row(const Columns& columns);
  void place_row(const Columns& columns);
  void name_row(const Columns& columns);
  bool seen(std::uint64_t geonameid) const;
  void see(std::uint64_t geonameid);
  void add_name(std::uint64_t key, std::string_view name) { sink_(SourceName{.key = key, .name = name}); }
  /// The key of what has that id, if it was read.
  std::optional<std::uint64_t> key_of(std::string_view id) const;

  RowSink sink_;
  RowLog& log_;
  std::vector<bool> seen_;                                    // by geonameid
  std::unordered_map<std::uint64_t, std::uint64_t> regions_;  // geonameid to key, of what is known by code
  std::uint64_t kept_ = 0;
};

}  // namespace waypost::geo
