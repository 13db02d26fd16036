#pragma once

#include <optional>

#include "geo/row_log.hpp"
#include "geo/source_file.hpp"

namespace waypost::geo {

/// Reads GeoJSON shapes of countries and states, as Natural Earth, geoBoundaries and OpenStreetMap extracts
/// name them: a country by ISO_A2, ISO_A2_EH or ADM0_A3, a state by iso_3166_2 and name. A part of a country
/// that has an ISO code of its own (French Guiana) becomes a shape of its own. `kind` says what the features
/// are where they do not tell. Returns how many were kept.
Result<std::uint64_t> read_polygons(Input input, std::optional<Kind> kind, const RowSink& sink, RowLog& log);

}  // namespace waypost::geo
