#pragma once

#include <charconv>
#include <optional>
#include <string_view>

#include "waypost/geo/place.hpp"

/// Values as tables write them. Pure; any thread.
namespace waypost::geo {

/// A number that is the whole of the text.
template <class T>
std::optional<T> number(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// Degrees; nothing unless both are numbers within ±90 and ±180.
std::optional<LatLng> location_of(std::string_view lat, std::string_view lng);
/// Whether it looks like ISO 3166 alpha-2: two capital letters.
bool is_country_code(std::string_view code);

}  // namespace waypost::geo
