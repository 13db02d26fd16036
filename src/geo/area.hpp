#pragma once

#include <cstdint>
#include <vector>

#include "waypost/geo/place.hpp"

namespace waypost::geo {

/// Gathers the towns of a country or state whose own position and extent the source does not tell. One
/// thread.
class Area {
 public:
  void add(LatLng point, std::uint32_t people);
  std::size_t towns() const { return longitudes_.size(); }
  std::uint64_t people() const { return people_; }
  /// The middle of the towns on the sphere. At least one town.
  LatLng center() const;
  /// The narrowest box that holds all towns; it may cross the antimeridian. At least one town.
  Bounds bounds() const;

 private:
  double x_ = 0, y_ = 0, z_ = 0;
  std::uint64_t people_ = 0;
  std::int32_t south_ = INT32_MAX, north_ = INT32_MIN;
  std::vector<std::int32_t> longitudes_;
};

}  // namespace waypost::geo
