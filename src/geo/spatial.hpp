#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "geo/index_format.hpp"
#include "waypost/geo/place.hpp"

/// Nearest neighbours on the sphere, poles and antimeridian included: an implicit k-d tree over points in
/// space. The middle of a range is its root, split on x, y, z in turn; so the tree is a sorted array and
/// nothing else.
namespace waypost::geo::spatial {

index::SpatialNode node(LatLng point, std::uint32_t place);
/// Puts nodes in tree order.
void build(std::span<index::SpatialNode> nodes);

struct Found {
  std::uint32_t place;
  double chord2;  ///< squared straight distance in units of the radius
  /// Along the ground, to a centimetre.
  double metres() const;
};
/// The nearest nodes within `radius_m`, nearest first, at most `out.size()`; returns how many. `out.size()`
/// >= 1.
std::size_t nearest(std::span<const index::SpatialNode> tree, LatLng point, double radius_m,
                    std::span<Found> out);

}  // namespace waypost::geo::spatial
