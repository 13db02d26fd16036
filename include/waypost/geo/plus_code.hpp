#pragma once

#include <string>
#include <string_view>

#include "waypost/geo/place.hpp"

/// Open Location Code 1.0 ("Plus Codes"). Pure; any thread.
namespace waypost::geo {

/// The code of ten digits (about 14 m) that holds the point: `849VCWC8+R9`.
std::string plus_code(LatLng point);
/// The code without its first four digits when `reference` is near enough to recover them, else empty.
std::string shortened_plus_code(LatLng point, LatLng reference);

}  // namespace waypost::geo
