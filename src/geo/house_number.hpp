#pragma once

#include <cstdint>
#include <string>
#include <string_view>

/// House numbers as people write them: "12a", "12 A", "12/3", "12-14", "12½". Pure; any thread.
namespace waypost::geo {

/// A house number taken apart.
struct HouseNumber {
  std::uint32_t first = 0;  ///< the number it begins with, or the first of a range
  std::uint32_t last = 0;   ///< the last of a range of at most 100 numbers, else `first`
  std::string key;          ///< the same for every spelling of it: "12a", "12/3"
};

/// Of a folded text. `first` is 0 when it holds no digit.
HouseNumber house_number(std::string_view folded);
}  // namespace waypost::geo
