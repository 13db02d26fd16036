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

/// The house of that number: exactly, else in a range that a source has, else its main number (12 for 12a),
/// else between the nearest houses of its side. Of several alike the one of a postal code in `codes`
/// (ascending) is preferred. `both_numbers` is for countries that number houses twice ("4273/34").
std::optional<FoundHouse> find_house(const IndexView& index, std::span<const index::HouseRecord> houses,
                                     const HouseNumber& wanted, std::span<const std::uint32_t> codes,
                                     bool both_numbers);

}  // namespace waypost::geo
