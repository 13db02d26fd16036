#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "geo/index_builder.hpp"
#include "geo/line_reader.hpp"
#include "waypost/geo/import.hpp"

namespace waypost::geo {

/// Reads the tables of a GeoNames dump into a builder (download.geonames.org/export/dump/readme.txt). Read
/// countries and admin1 codes first, alternate names last. One thread.
class GeonamesReader {
 public:
  GeonamesReader(IndexBuilder& builder, ProgressFn progress)
      : builder_(builder), progress_(std::move(progress)) {}

  Result<void> read_countries(LineReader input);
  Result<void> read_admin1(LineReader input);
  Result<void> read_places(LineReader input);
  Result<void> read_alternate_names(LineReader input);

  std::uint64_t rows_read() const { return rows_; }
  /// Rows of the place tables that became places.
  std::uint64_t places_kept() const { return kept_; }
  std::vector<Skipped> take_skipped() { return std::move(skipped_); }

 private:
  using Columns = std::vector<std::string_view>;
  template <class Row>
  Result<void> each_row(LineReader& input, Row row);
  void skip(std::string_view reason);
  void country_row(const Columns& columns);
  void admin1_row(const Columns& columns);
  void place_row(const Columns& columns);
  void name_row(const Columns& columns);
  std::uint32_t ensure_country(std::string_view code);

  IndexBuilder& builder_;
  ProgressFn progress_;
  std::unordered_map<std::uint64_t, std::uint32_t> by_id_;  // geonameid to draft
  std::vector<Skipped> skipped_;
  std::uint64_t rows_ = 0, kept_ = 0;
  const LineReader* input_ = nullptr;  // where `skip` says it is
};

}  // namespace waypost::geo
