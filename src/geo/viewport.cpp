#include <algorithm>
#include <cmath>
#include <numbers>

#include "geo/address.hpp"
#include "waypost/geo/plus_code.hpp"

namespace waypost::geo {
namespace {

constexpr std::int64_t full_circle = 3'600'000'000, half_circle = full_circle / 2, quarter = full_circle / 4;
constexpr std::int64_t point_half_e7 = 13'490;  // 0.0013489803° in the digits that are shown

/// Half the height of a town's viewport, in metres: a density of about 3,000 people a square kilometre.
double half_height_m(const Place& place) {
  if (place.kind < Kind::locality) return 25'000;
  const double people = std::max<double>(place.population, 1'000);
  const double smallest = place.kind == Kind::sublocality ? 500 : 1'000;
  return std::clamp(std::sqrt(people / 3'000 / std::numbers::pi) * 1'000, smallest, 40'000.0);
}

std::int32_t wrapped(std::int64_t lng_e7) {
  if (lng_e7 > half_circle) lng_e7 -= full_circle;
  if (lng_e7 < -half_circle) lng_e7 += full_circle;
  return static_cast<std::int32_t>(lng_e7);
}

Bounds around(LatLng point, std::int64_t lat_e7, std::int64_t lng_e7) {
  const auto lat = [&](std::int64_t e7) {
    return static_cast<std::int32_t>(std::clamp(e7, -quarter, quarter));
  };
  lng_e7 = std::min(lng_e7, half_circle - 1);
  return {.southwest = {.lat_e7 = lat(point.lat_e7 - lat_e7), .lng_e7 = wrapped(point.lng_e7 - lng_e7)},
          .northeast = {.lat_e7 = lat(point.lat_e7 + lat_e7), .lng_e7 = wrapped(point.lng_e7 + lng_e7)}};
}

/// A box, widened to what a point shows.
Bounds at_least_a_point(const Bounds& box) {
  const std::int64_t width =
      (std::int64_t{box.northeast.lng_e7} - box.southwest.lng_e7 + full_circle) % full_circle;
  const LatLng middle{
      .lat_e7 = static_cast<std::int32_t>((std::int64_t{box.southwest.lat_e7} + box.northeast.lat_e7) / 2),
      .lng_e7 = wrapped(box.southwest.lng_e7 + width / 2)};
  const auto least = around(middle, point_half_e7, point_half_e7);
  Bounds out = box;
  if (std::int64_t{box.northeast.lat_e7} - box.southwest.lat_e7 < 2 * point_half_e7) {
    out.southwest.lat_e7 = least.southwest.lat_e7;
    out.northeast.lat_e7 = least.northeast.lat_e7;
  }
  if (width < 2 * point_half_e7) {
    out.southwest.lng_e7 = least.southwest.lng_e7;
    out.northeast.lng_e7 = least.northeast.lng_e7;
  }
  return out;
}

}  // namespace

std::optional<Bounds> extent(const Address& address) {
  if (address.kind() == Kind::house) return std::nullopt;
  if (address.kind() == Kind::plus_code) return decode_plus_code(address.hit().plus_code)->bounds();
  return address.place().bounds;
}

Bounds viewport(const Address& address) {
  if (const auto box = extent(address)) return at_least_a_point(*box);
  if (address.kind() == Kind::house)
    return around(address.hit().house->location, point_half_e7, point_half_e7);
  const auto location = address.place().location;
  if (address.kind() == Kind::street) return around(location, point_half_e7, point_half_e7);
  constexpr double metres_per_degree = 111'195;
  const double lat = half_height_m(address.place()) / metres_per_degree;
  const double lng = lat / std::max(std::cos(location.lat() * std::numbers::pi / 180), 0.01);
  return around(location, std::llround(lat * 1e7), std::llround(lng * 1e7));
}

}  // namespace waypost::geo
