#include "waypost/geo/plus_code.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

namespace waypost::geo {
namespace {

constexpr std::string_view digits = "23456789CFGHJMPQRVWX";
constexpr std::int64_t steps_per_degree = 8000;  // a code of ten digits has cells of 1/8000 degree
constexpr std::size_t pairs = 5;

}  // namespace

std::string plus_code(LatLng point) {
  // Integers throughout: 1e7 units per degree are 1250 per step of 1/8000 degree.
  constexpr std::int64_t units_per_step = 10'000'000 / steps_per_degree;
  std::int64_t lat = (point.lat_e7 + std::int64_t{900'000'000}) / units_per_step;
  std::int64_t lng = (point.lng_e7 + std::int64_t{1'800'000'000}) / units_per_step;
  lat = std::min(lat, 180 * steps_per_degree - 1);  // the pole belongs to the cell below it
  lng %= 360 * steps_per_degree;                    // 180° east is 180° west
  std::array<char, 2 * pairs> code{};
  for (std::size_t i = pairs; i-- > 0;) {
    code[2 * i] = digits[static_cast<std::size_t>(lat % 20)];
    code[2 * i + 1] = digits[static_cast<std::size_t>(lng % 20)];
    lat /= 20;
    lng /= 20;
  }
  std::string out(code.data(), 8);
  out += '+';
  out.append(code.data() + 8, 2);
  return out;
}

std::string shortened_plus_code(LatLng point, LatLng reference) {
  // Four digits span one degree; the reference must be well within half of that.
  constexpr std::int64_t near_e7 = 4'000'000;
  const std::int64_t lat = std::abs(std::int64_t{point.lat_e7} - reference.lat_e7);
  std::int64_t lng = std::abs(std::int64_t{point.lng_e7} - reference.lng_e7);
  lng = std::min(lng, 3'600'000'000 - lng);
  return std::max(lat, lng) < near_e7 ? plus_code(point).substr(4) : std::string();
}

}  // namespace waypost::geo
