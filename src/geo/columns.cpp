#include "geo/columns.hpp"

#include <algorithm>
#include <cmath>

namespace waypost::geo {

std::optional<LatLng> location_of(std::string_view lat, std::string_view lng) {
  const auto y = number<double>(lat), x = number<double>(lng);
  if (!y || !x || !(std::abs(*y) <= 90) || !(std::abs(*x) <= 180)) return std::nullopt;
  return LatLng::from_degrees(*y, *x);
}

bool is_country_code(std::string_view code) {
  return code.size() == 2 && std::ranges::all_of(code, [](char c) { return c >= 'A' && c <= 'Z'; });
}

}  // namespace waypost::geo
