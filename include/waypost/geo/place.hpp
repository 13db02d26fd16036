#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

/// Values of the geographic domain. Pure; any thread.
namespace waypost::geo {

/// WGS 84, in units of 1e-7 degrees: what an index stores and what answers show, exactly.
struct LatLng {
  std::int32_t lat_e7 = 0;
  std::int32_t lng_e7 = 0;
  bool operator==(const LatLng&) const = default;
  double lat() const { return lat_e7 * 1e-7; }
  double lng() const { return lng_e7 * 1e-7; }
  /// Rounds degrees; latitude must be within ±90 and longitude within ±180.
  static LatLng from_degrees(double lat, double lng);
};

/// A rectangle; `west > east` when it crosses the antimeridian.
struct Bounds {
  LatLng southwest;
  LatLng northeast;
  bool operator==(const Bounds&) const = default;
  bool contains(LatLng point) const;
};

/// Metres along the great circle.
double distance_m(LatLng a, LatLng b);

/// What kind of thing a place is. The numbers stand in index files: append only.
enum class Kind : std::uint8_t {
  country = 0,
  admin1 = 1,
  admin2 = 2,
  admin3 = 3,
  admin4 = 4,
  admin5 = 5,
  locality = 6,
  sublocality = 7,
  postal_code = 8,
  street = 9,
  house = 10,      ///< never of a place: a hit with a house is of this kind
  plus_code = 11,  ///< likewise: a hit that is the cell of a code
};

/// The name of a kind in the native API (`locality`, `admin1`, …; a house is an `address`), and back.
std::string_view name_of(Kind kind);
std::optional<Kind> kind_named(std::string_view name);

/// How exactly a location is known.
enum class LocationType : std::uint8_t { rooftop, range_interpolated, geometric_center, approximate };
/// Google's spelling: `ROOFTOP`, …
std::string_view name_of(LocationType type);

}  // namespace waypost::geo
