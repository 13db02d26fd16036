#include "geo/default_data.hpp"

#include "waypost/base/embed.hpp"

WAYPOST_EMBED(cities, WAYPOST_DATA "/cities.txt.gz")
WAYPOST_EMBED(countries, WAYPOST_DATA "/countryInfo.txt.gz")
WAYPOST_EMBED(admin1, WAYPOST_DATA "/admin1CodesASCII.txt.gz")
WAYPOST_EMBED(names, WAYPOST_DATA "/alternateNames.txt.gz")
WAYPOST_EMBED(boundaries, WAYPOST_DATA "/boundaries.geojsonl.gz")
WAYPOST_EMBED(version, WAYPOST_DATA "/VERSION")
WAYPOST_EMBED(boundaries_version, WAYPOST_DATA "/BOUNDARIES_VERSION")

namespace waypost::geo::default_data {
namespace {

std::string_view first_line(const char* begin, const char* end) {
  const std::string_view text(begin, end);
  return text.substr(0, text.find('\n'));
}

}  // namespace

std::string_view cities() {
  return {waypost_cities_begin, waypost_cities_end};
}
std::string_view countries() {
  return {waypost_countries_begin, waypost_countries_end};
}
std::string_view admin1() {
  return {waypost_admin1_begin, waypost_admin1_end};
}
std::string_view alternate_names() {
  return {waypost_names_begin, waypost_names_end};
}

std::string_view boundaries() {
  return {waypost_boundaries_begin, waypost_boundaries_end};
}
std::string_view version() {
  return first_line(waypost_version_begin, waypost_version_end);
}
std::string_view boundaries_version() {
  return first_line(waypost_boundaries_version_begin, waypost_boundaries_version_end);
}

}  // namespace waypost::geo::default_data
