#pragma once

#include <cstdint>
#include <vector>

#include "waypost/geo/place.hpp"

/// The outlines of countries and states. Pure; any thread.
namespace waypost::geo {

/// A corner in units of 1e-7 degrees, on the plane of longitude and latitude: where RFC 7946 draws its lines.
struct Corner {
  std::int32_t x = 0;  ///< longitude
  std::int32_t y = 0;  ///< latitude
  bool operator==(const Corner&) const = default;
};

/// A closed line: the first corner is the last one too.
using Ring = std::vector<Corner>;

/// A ring as a source draws it, in degrees (x is longitude), which may cross the antimeridian or go round a
/// pole.
struct Degrees {
  double x = 0, y = 0;
};

/// Appends the ring, cut at the antimeridian where it crosses it and closed over the pole it goes round.
/// Corners on ±180° and ±90° are moved a hair outwards, so that what lies on the edge of the map lies inside.
/// A ring of fewer than three different corners adds nothing.
void add_ring(const std::vector<Degrees>& ring, std::vector<Ring>& out);

/// The area of a country or a state: what an odd number of its rings encloses. Holes and islands are rings
/// like any other.
struct Shape {
  Kind kind = Kind::country;  ///< or admin1
  std::uint64_t key = 0;      ///< of the place whose shape it is
  std::uint64_t country = 0;  ///< the key of its country; its own for a country
  std::vector<Ring> rings;
};

}  // namespace waypost::geo
