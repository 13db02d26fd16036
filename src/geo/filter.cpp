#include "geo/filter.hpp"

#include <algorithm>
#include <array>

#include "geo/fold.hpp"
#include "geo/regions.hpp"

namespace waypost::geo {
namespace {

constexpr std::array country_kinds = {Kind::country};
constexpr std::array area_kinds = {Kind::admin1, Kind::admin2, Kind::admin3, Kind::admin4, Kind::admin5};
constexpr std::array locality_kinds = {Kind::locality, Kind::sublocality};

bool is_any_of(Kind kind, std::span<const Kind> kinds) {
  return std::ranges::find(kinds, kind) != kinds.end();
}

bool contains(const std::vector<PlaceNumber>& sorted, PlaceNumber place) {
  return place != no_place && std::ranges::binary_search(sorted, place);
}

}  // namespace

Filter::Filter(const Gazetteer& gazetteer, const Filters& filters)
    : gazetteer_(gazetteer), filters_(filters) {
  for (const auto& value : filters.country)
    countries_.push_back(look_up(country_of_region(value), true, country_kinds));
  for (const auto& value : filters.administrative_area) areas_.push_back(look_up(value, true, area_kinds));
  for (const auto& value : filters.locality) localities_.push_back(look_up(value, false, locality_kinds));
  // No source brings postal codes or streets yet, so these name nothing.
  impossible_ |= !filters.postal_code.empty() || !filters.route.empty();
}

Filter::Places Filter::look_up(std::string_view value, bool codes, std::span<const Kind> kinds) {
  Places found;
  const auto folded = fold(value);
  const auto add = [&](std::span<const PlaceNumber> places) {
    for (const auto number : places) {
      if (is_any_of(gazetteer_.place(number).kind, kinds)) found.push_back(number);
    }
  };
  add(gazetteer_.named(folded));
  if (codes) add(gazetteer_.coded(folded));
  std::ranges::sort(found);
  const auto repeated = std::ranges::unique(found);
  found.erase(repeated.begin(), repeated.end());
  impossible_ |= found.empty();
  return found;
}

bool Filter::passes(const Place& place) const {
  const auto in_each = [](const std::vector<Places>& wanted, auto matches) {
    return std::ranges::all_of(wanted, matches);
  };
  if (impossible_) return false;
  if (!filters_.kinds.empty() && !is_any_of(place.kind, filters_.kinds)) return false;
  if (filters_.within && !filters_.within->contains(place.location)) return false;
  return in_each(countries_, [&](const Places& places) { return contains(places, place.country); }) &&
         in_each(areas_,
                 [&](const Places& places) {
                   return contains(places, place.admin1) || contains(places, place.number);
                 }) &&
         in_each(localities_, [&](const Places& places) { return contains(places, place.number); });
}

std::vector<PlaceNumber> Filter::named() const {
  const auto& smallest = !localities_.empty() ? localities_ : !areas_.empty() ? areas_ : countries_;
  std::vector<PlaceNumber> out;
  if (impossible_ || smallest.empty()) return out;
  for (const auto number : smallest.front()) {
    if (passes(gazetteer_.place(number))) out.push_back(number);
  }
  return out;
}

}  // namespace waypost::geo
