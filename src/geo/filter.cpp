#include "geo/filter.hpp"

#include <algorithm>
#include <array>

#include "geo/fold.hpp"
#include "geo/postal_key.hpp"
#include "geo/query.hpp"
#include "geo/regions.hpp"
#include "geo/street_name.hpp"

namespace waypost::geo {
namespace {

using index::Mark;

constexpr std::array country_kinds = {Kind::country};
constexpr std::array area_kinds = {Kind::admin1, Kind::admin2, Kind::admin3, Kind::admin4, Kind::admin5};
constexpr std::array locality_kinds = {Kind::locality, Kind::sublocality};
constexpr std::array postal_kinds = {Kind::postal_code};
constexpr std::array street_kinds = {Kind::street};

void add_sorted(std::vector<PlaceNumber>& to, std::span<const PlaceNumber> more) {
  to.insert(to.end(), more.begin(), more.end());
  std::ranges::sort(to);
  const auto repeated = std::ranges::unique(to);
  to.erase(repeated.begin(), repeated.end());
}

}  // namespace

Filter::Filter(const Gazetteer& gazetteer, const Filters& filters)
    : index_(gazetteer.view()), filters_(filters), names_a_place_(filters.names_a_place()) {
  if (!names_a_place_) return;
  for (const auto& value : filters.country) {
    const auto folded = fold(country_of_region(value));
    countries_.push_back(
        sorted({index_.find(Mark::name, folded), index_.find(Mark::code, folded)}, country_kinds));
  }
  for (const auto& value : filters.administrative_area) {
    const auto folded = fold(value);
    areas_.push_back(sorted({index_.find(Mark::name, folded), index_.find(Mark::code, folded)}, area_kinds));
  }
  for (const auto& value : filters.locality) {
    localities_.push_back(sorted({index_.find(Mark::name, fold(value))}, locality_kinds));
    add_sorted(towns_, localities_.back());
  }
  for (const auto& value : filters.postal_code) {
    postal_codes_.push_back(sorted({index_.find(Mark::postal_code, postal_key(value))}, postal_kinds));
    add_sorted(codes_, postal_codes_.back());
    for (const auto code : postal_codes_.back()) add_sorted(towns_, index_.links(*index_.place(code)));
  }
  for (const auto& value : filters.route)
    routes_.push_back(sorted({index_.find(Mark::street, street_core(fold(value)))}, street_kinds));
}

Filter::Places Filter::sorted(std::initializer_list<std::span<const PlaceNumber>> lists,
                              std::span<const Kind> kinds) {
  Places found;
  for (const auto list : lists) {
    for (const auto number : list) {
      const auto* place = index_.place(number);
      if (place != nullptr && std::ranges::find(kinds, static_cast<Kind>(place->kind)) != kinds.end())
        found.push_back(number);
    }
  }
  std::ranges::sort(found);
  const auto repeated = std::ranges::unique(found);
  found.erase(repeated.begin(), repeated.end());
  impossible_ |= found.empty();
  return found;
}

/// Whether the place is one of the towns, lies in one, or shares a postal code with one.
bool Filter::in_town(const index::PlaceRecord& place, std::uint32_t number, const Places& towns) const {
  if (contains(towns, number) || contains(towns, place.locality)) return true;
  const auto kind = static_cast<Kind>(place.kind);
  if (kind == Kind::postal_code) {
    return std::ranges::any_of(index_.links(place),
                               [&](std::uint32_t town) { return contains(towns, town); });
  }
  if (kind != Kind::street) return false;
  constexpr std::size_t most = 16;
  return std::ranges::any_of(
      std::span(towns).first(std::min(towns.size(), most)), [&](std::uint32_t number_of_town) {
        const auto codes = index_.links(*index_.place(number_of_town));
        return std::ranges::any_of(index_.links(place),
                                   [&](std::uint32_t code) { return contains(codes, code); });
      });
}

bool Filter::is_in_each(const index::PlaceRecord& place, std::uint32_t number) const {
  if (impossible_) return false;
  const auto in_each = [](const std::vector<Places>& wanted, auto matches) {
    return std::ranges::all_of(wanted, matches);
  };
  return in_each(countries_, [&](const Places& places) { return contains(places, place.country); }) &&
         in_each(areas_,
                 [&](const Places& places) {
                   return contains(places, place.admin1) || contains(places, place.admin2) ||
                          contains(places, number);
                 }) &&
         in_each(localities_, [&](const Places& places) { return in_town(place, number, places); }) &&
         in_each(postal_codes_,
                 [&](const Places& places) {
                   return contains(places, number) ||
                          std::ranges::any_of(index_.links(place),
                                              [&](std::uint32_t code) { return contains(places, code); });
                 }) &&
         in_each(routes_, [&](const Places& places) { return contains(places, number); });
}

bool Filter::admits(Kind kind, LatLng location, std::uint32_t postal_code) const {
  if (!filters_.kinds.empty() && std::ranges::find(filters_.kinds, kind) == filters_.kinds.end())
    return false;
  if (filters_.within && !filters_.within->contains(location)) return false;
  return kind != Kind::house || postal_code == no_place ||
         std::ranges::all_of(postal_codes_,
                             [&](const Places& places) { return contains(places, postal_code); });
}

std::vector<PlaceNumber> Filter::named() const {
  std::vector<PlaceNumber> out;
  for (const auto* wanted : {&routes_, &postal_codes_, &localities_, &areas_, &countries_}) {
    if (wanted->empty()) continue;
    for (const auto number : wanted->front()) {
      if (passes(*index_.place(number), number)) out.push_back(number);
    }
    break;
  }
  return out;
}

}  // namespace waypost::geo
