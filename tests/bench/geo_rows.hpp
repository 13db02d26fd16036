#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <vector>

#include "bench/geo_world.hpp"
#include "geo/spatial.hpp"

namespace waypost::bench {

/// Finds the rows that are nearest to a point: several when they are within a centimetre.
class Rows {
 public:
  explicit Rows(const std::vector<Address>& addresses) {
    nodes_.reserve(addresses.size());
    for (std::uint32_t i = 0; i < addresses.size(); ++i)
      nodes_.push_back(geo::spatial::node(addresses[i].location, i));
    geo::spatial::build(nodes_);
  }

  std::vector<std::uint32_t> nearest(geo::LatLng point) const {
    constexpr double radius_m = 200, alike_m = 0.01;
    std::array<geo::spatial::Found, 32> found;
    const auto count = geo::spatial::nearest(nodes_, point, radius_m, found);
    std::vector<std::uint32_t> rows;
    for (std::size_t i = 0; i < count && found[i].metres() <= found[0].metres() + alike_m; ++i)
      rows.push_back(found[i].place);
    return rows;
  }

 private:
  std::vector<geo::index::SpatialNode> nodes_;
};

}  // namespace waypost::bench
