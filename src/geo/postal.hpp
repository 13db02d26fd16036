#pragma once

#include "geo/row_log.hpp"
#include "geo/source_file.hpp"

namespace waypost::geo {

/// Reads a GeoNames postal code file (download.geonames.org/export/zip/readme.txt): 12 tab-separated columns,
/// no header. Returns how many rows were kept.
Result<std::uint64_t> read_postal_codes(Input input, const RowSink& sink, RowLog& log);

}  // namespace waypost::geo
