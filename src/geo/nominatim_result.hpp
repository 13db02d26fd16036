#pragma once

#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "geo/osm_terms.hpp"

/// What every format of Nominatim says of a hit. Pure; any thread.
namespace waypost::geo {

struct NominatimResult {
  NominatimResult(const Answer& answer, const Hit& hit);
  Address address;
  OsmTerms terms;
  std::uint64_t id;
  std::string_view osm_type;  ///< "node", "way", "relation"
  std::string lat, lon;
  Bounds box;
  std::string display_name;
  double importance;
  std::string place_id;                  ///< of Waypost
  std::string_view settlement = "town";  ///< what its locality is: "city", "town", "village"
  std::string_view state_code;           ///< as in ISO 3166-2, where the gazetteer knows it
};

/// `house_number`, `road`, …, `country_code`: the members of `address`.
std::vector<std::pair<std::string_view, std::string>> address_details(const NominatimResult& result);
/// `extratags`.
std::vector<std::pair<std::string_view, std::string>> extra_tags(const NominatimResult& result);
/// south, north, west, east.
std::array<std::string, 4> bounding_box(const Bounds& box);

}  // namespace waypost::geo
