#pragma once

#include <functional>
#include <string>

#include "geo/row_log.hpp"
#include "geo/source_file.hpp"

namespace waypost::geo {

/// The country (ISO 3166 alpha-2) of a row at that point; empty when there is none.
using CountryAt = std::function<std::string(LatLng)>;

/// Reads an OpenAddresses file: a table with the columns LON, LAT, NUMBER, STREET, UNIT, CITY, DISTRICT,
/// REGION, POSTCODE in any order and case, or GeoJSON points with those properties. Returns how many rows
/// were kept.
Result<std::uint64_t> read_openaddresses(Input input, const CountryAt& country, const RowSink& sink,
                                         RowLog& log);

}  // namespace waypost::geo
