#include "geo/area.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

namespace waypost::geo {
namespace {

/// The narrowest west–east range that holds all longitudes: what is left when the widest gap is taken out.
std::pair<std::int32_t, std::int32_t> longitude_range(std::vector<std::int32_t> longitudes) {
  std::ranges::sort(longitudes);
  std::int64_t widest = std::int64_t{longitudes.front()} + 3'600'000'000 - longitudes.back();
  auto range = std::pair(longitudes.front(), longitudes.back());
  for (std::size_t i = 1; i < longitudes.size(); ++i) {
    const auto gap = std::int64_t{longitudes[i]} - longitudes[i - 1];
    if (gap > widest) {
      widest = gap;
      range = {longitudes[i], longitudes[i - 1]};
    }
  }
  return range;
}

}  // namespace

void Area::add(LatLng point, std::uint32_t people) {
  const double lat = point.lat() * std::numbers::pi / 180, lng = point.lng() * std::numbers::pi / 180;
  x_ += std::cos(lat) * std::cos(lng);
  y_ += std::cos(lat) * std::sin(lng);
  z_ += std::sin(lat);
  people_ += people;
  south_ = std::min(south_, point.lat_e7);
  north_ = std::max(north_, point.lat_e7);
  longitudes_.push_back(point.lng_e7);
}

LatLng Area::center() const {
  return LatLng::from_degrees(std::atan2(z_, std::hypot(x_, y_)) * 180 / std::numbers::pi,
                              std::atan2(y_, x_) * 180 / std::numbers::pi);
}

Bounds Area::bounds() const {
  const auto [west, east] = longitude_range(longitudes_);
  return {.southwest = {.lat_e7 = south_, .lng_e7 = west}, .northeast = {.lat_e7 = north_, .lng_e7 = east}};
}

}  // namespace waypost::geo
