#include "geo/houses.hpp"

#include <algorithm>

#include "geo/fold.hpp"

namespace waypost::geo {
namespace {

using index::HouseRecord;

/// The preferred of the houses that fit: one with a wanted postal code, else the first.
template <class Fits>
const HouseRecord* choose(std::span<const HouseRecord> houses, std::span<const std::uint32_t> codes,
                          Fits fits) {
  const HouseRecord* best = nullptr;
  for (const auto& house : houses) {
    if (!fits(house)) continue;
    if (std::ranges::binary_search(codes, house.postal_code)) return &house;
    if (best == nullptr) best = &house;
  }
  return best;
}

FoundHouse found(const HouseRecord& house) {
  return {.record = &house,
          .location = {house.lat_e7, house.lng_e7},
          .postal_code = house.postal_code,
          .number = {}};
}

FoundHouse placed(const HouseRecord& beside, LatLng location, const HouseNumber& wanted) {
  return {.record = nullptr, .location = location, .postal_code = beside.postal_code, .number = wanted.key};
}

/// Between the nearest houses of the same side, which odd and even numbers tell apart.
std::optional<FoundHouse> interpolate(std::span<const HouseRecord> houses, const HouseNumber& wanted) {
  constexpr std::uint32_t widest_gap = 100;  // in numbers
  const auto at = std::ranges::lower_bound(houses, wanted.first, {}, &HouseRecord::first);
  const auto same_side = [&](const HouseRecord& house) { return house.first % 2 == wanted.first % 2; };
  const auto above = std::find_if(at, houses.end(), same_side);
  const auto below = std::find_if(std::make_reverse_iterator(at), houses.rend(), same_side);
  if (above == houses.end() || below == houses.rend() || below->first == 0) return std::nullopt;
  if (above->first - below->first > widest_gap) return std::nullopt;
  const double share =
      static_cast<double>(wanted.first - below->first) / static_cast<double>(above->first - below->first);
  const auto between = [share](std::int32_t from, std::int32_t to) {
    return static_cast<std::int32_t>(from + share * (static_cast<double>(to) - from));
  };
  const LatLng location{between(below->lat_e7, above->lat_e7), between(below->lng_e7, above->lng_e7)};
  return placed(share < 0.5 ? *below : *above, location, wanted);
}

std::string key_of(const IndexView& index, const HouseRecord& house) {
  return house_number(fold(index.text(house.text))).key;
}

bool has_key(const IndexView& index, const HouseRecord& house, std::string_view key) {
  const auto text = index.text(house.text);
  const bool plain = std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
  return plain ? text == key : key_of(index, house) == key;
}

/// Those that begin with the same number.
std::span<const HouseRecord> same_number(std::span<const HouseRecord> houses, std::uint32_t number) {
  const auto [begin, end] = std::ranges::equal_range(houses, number, {}, &HouseRecord::first);
  return {begin, end};
}

}  // namespace

std::optional<FoundHouse> exact_house(const IndexView& index, std::span<const HouseRecord> houses,
                                      const HouseNumber& wanted, std::span<const std::uint32_t> codes) {
  const auto is_it = [&](const HouseRecord& house) { return has_key(index, house, wanted.key); };
  const auto* exact = choose(same_number(houses, wanted.first), codes, is_it);
  return exact == nullptr ? std::nullopt : std::optional(found(*exact));
}

std::optional<FoundHouse> near_house(const IndexView& index, std::span<const HouseRecord> houses,
                                     const HouseNumber& wanted, std::span<const std::uint32_t> codes,
                                     bool both_numbers) {
  if (wanted.first == 0) return std::nullopt;
  if (both_numbers) {
    const auto second = '/' + wanted.key;
    const auto ends_so = [&](const HouseRecord& house) { return key_of(index, house).ends_with(second); };
    if (const auto* other = choose(houses, codes, ends_so)) return found(*other);
  }
  const auto holds = [&](const HouseRecord& house) {
    // "2-14" is one side of the street, "3;4" are both.
    const bool one_side = (house.last - house.first) % 2 == 0;
    return house.first < house.last && house.first <= wanted.first && wanted.first <= house.last &&
           (!one_side || (wanted.first - house.first) % 2 == 0);
  };
  if (const auto* range = choose(houses, codes, holds)) return found(*range);
  // "12 B" where the source has 12, or 12 where it has 12a and 12b: the same door or the next.
  const auto any = [](const HouseRecord&) { return true; };
  if (const auto* main = choose(same_number(houses, wanted.first), codes, any))
    return placed(*main, {main->lat_e7, main->lng_e7}, wanted);
  return interpolate(houses, wanted);
}

}  // namespace waypost::geo
