#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "geo/address.hpp"

/// A hit in OpenStreetMap's words, for the dialects that grew up there: Photon's and Nominatim's. Pure; any
/// thread.
namespace waypost::geo {

struct OsmTerms {
  std::string_view key, value;  ///< the tag: place=city, highway=residential
  std::string_view layer;       ///< Photon's: house, street, locality, district, city, county, state, country
  std::string_view addresstype;  ///< Nominatim's: house, road, suburb, city, …
  int rank = 30;                 ///< Nominatim's place_rank: 4 country … 30 house
};
OsmTerms osm_terms(const Address& address);
/// "city", "town" or "village", by the number of people.
std::string_view settlement(const Place& locality);

/// A number that names the hit's place: the upper 53 bits of its key, so that JavaScript holds it exactly. A
/// house has that of its street; 0 for a Plus Code.
std::uint64_t osm_id(const Answer& answer, const Hit& hit);
/// `N`, `W` or `R`: points, streets, areas.
char osm_type(Kind kind);

}  // namespace waypost::geo
