#include "geo/name_stem.hpp"

#include <algorithm>
#include <array>

namespace waypost::geo {
namespace {

std::size_t characters(std::string_view utf8) {
  return static_cast<std::size_t>(
      std::ranges::count_if(utf8, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

}  // namespace

std::string_view area_stem(std::string_view name) {
  static constexpr auto suffixes = std::to_array<std::string_view>(
      {" Province", " Region", " Municipality", " Emirate", " Governorate", " Prefecture", " Oblast",
       " Department", " Voivodeship", " State", " County", " District", " F.D."});
  for (const auto suffix : suffixes) {
    if (name.size() > suffix.size() && name.ends_with(suffix))
      return name.substr(0, name.size() - suffix.size());
  }
  return {};
}

std::string_view east_asian_stem(std::string_view name) {
  struct Suffix {
    std::string_view text;
    std::size_t least_left;  // characters: 京都 and 广州 are whole names
  };
  static constexpr auto suffixes = std::to_array<Suffix>({{"特别行政区", 2},
                                                          {"特別行政區", 2},
                                                          {"특별자치시", 2},
                                                          {"특별시", 2},
                                                          {"광역시", 2},
                                                          {"都", 2},
                                                          {"府", 2},
                                                          {"県", 2},
                                                          {"县", 2},
                                                          {"縣", 2},
                                                          {"市", 2},
                                                          {"省", 2},
                                                          {"州", 3},
                                                          {"시", 2},
                                                          {"도", 2},
                                                          {"주", 3}});
  for (const auto& suffix : suffixes) {
    if (!name.ends_with(suffix.text)) continue;
    const auto stem = name.substr(0, name.size() - suffix.text.size());
    return characters(stem) >= suffix.least_left ? stem : std::string_view();
  }
  return {};
}

}  // namespace waypost::geo
