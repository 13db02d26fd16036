#include "waypost/geo/place.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace waypost::geo {
namespace {

constexpr double earth_radius_m = 6'371'008.8;  // mean, IUGG
constexpr std::array<std::string_view, 12> kind_names = {"country",     "admin1", "admin2",   "admin3",
                                                         "admin4",      "admin5", "locality", "sublocality",
                                                         "postal_code", "street", "address",  "plus_code"};

double radians(double degrees) {
  return degrees * std::numbers::pi / 180;
}

}  // namespace

LatLng LatLng::from_degrees(double lat, double lng) {
  return {.lat_e7 = static_cast<std::int32_t>(std::lround(lat * 1e7)),
          .lng_e7 = static_cast<std::int32_t>(std::lround(lng * 1e7))};
}

bool Bounds::contains(LatLng point) const {
  if (point.lat_e7 < southwest.lat_e7 || point.lat_e7 > northeast.lat_e7) return false;
  const bool east_of_west = point.lng_e7 >= southwest.lng_e7;
  const bool west_of_east = point.lng_e7 <= northeast.lng_e7;
  return southwest.lng_e7 <= northeast.lng_e7 ? east_of_west && west_of_east : east_of_west || west_of_east;
}

double distance_m(LatLng a, LatLng b) {
  // Haversine: exact enough at every distance, and stable for near points.
  const double half_lat = std::sin(radians(b.lat() - a.lat()) / 2);
  const double half_lng = std::sin(radians(b.lng() - a.lng()) / 2);
  const double h =
      half_lat * half_lat + std::cos(radians(a.lat())) * std::cos(radians(b.lat())) * half_lng * half_lng;
  return 2 * earth_radius_m * std::asin(std::sqrt(std::min(1.0, h)));
}

std::string_view name_of(Kind kind) {
  const auto index = static_cast<std::size_t>(kind);
  return index < kind_names.size() ? kind_names[index] : "unknown";
}

std::optional<Kind> kind_named(std::string_view name) {
  const auto* found = std::ranges::find(kind_names, name);
  if (found == kind_names.end()) return std::nullopt;
  return static_cast<Kind>(found - kind_names.begin());
}

std::string_view name_of(LocationType type) {
  switch (type) {
    case LocationType::rooftop:
      return "ROOFTOP";
    case LocationType::range_interpolated:
      return "RANGE_INTERPOLATED";
    case LocationType::geometric_center:
      return "GEOMETRIC_CENTER";
    case LocationType::approximate:
      return "APPROXIMATE";
  }
  return "APPROXIMATE";
}

}  // namespace waypost::geo
