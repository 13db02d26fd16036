#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "geo/house_number.hpp"
#include "geo/index_view.hpp"
#include "waypost/geo/place.hpp"

/// The houses of one street. Pure; any thread.
namespace waypost::geo {

/// A house, found or placed between its neighbours.
struct FoundHouse {
  const index::HouseRecord* record = nullptr;  ///< null when interpolated
  LatLng location;
  std::uint32_t postal_code = UINT32_MAX;
  std::string number;  ///< as asked for, when interpolated
};

/// The house of exactly that number. Of several alike the one of a postal code in `codes` (ascending) is
/// preferred.
std::optional<FoundHouse> exact_house(const IndexView& index, std::span<const index::HouseRecord> houses,
                                      const HouseNumber& wanted, std::span<const std::uint32_t> codes);

/// The best stand-in for a house that is not there: the second number of a house that has two, where the
/// country numbers twice ("4273/34"), a range that holds it, its main number (12 for 12a), else a point
/// between the nearest houses of its side.
std::optional<FoundHouse> near_house(const IndexView& index, std::span<const index::HouseRecord> houses,
                                     const HouseNumber& wanted, std::span<const std::uint32_t> codes,
                                     bool both_numbers);

}  // namespace waypost::geo
