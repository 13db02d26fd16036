#pragma once

#include <string>
#include <string_view>

#include "waypost/base/json.hpp"
#include "waypost/geo/search.hpp"

/// What every dialect made of GeoJSON (RFC 7946) writes. Pure; any thread.
namespace waypost::geo {

/// `"geometry": {"type": "Point", "coordinates": [lng, lat]}`
void write_geometry(json::Writer& json, LatLng point);
/// `"NAME": [west, south, east, north]`
void write_box(json::Writer& json, std::string_view name, const Bounds& box);
/// Null for an empty text.
void write_text_or_null(json::Writer& json, std::string_view name, std::string_view text);
/// Nothing for an empty text.
void write_text(json::Writer& json, std::string_view name, std::string_view text);

/// Who must be named with these hits, each once: "© GeoNames, CC BY 4.0".
std::vector<std::string> attributions(const Answer& answer);
/// The same in one line.
std::string attribution_line(const Answer& answer);

}  // namespace waypost::geo
