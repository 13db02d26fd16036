#include "geo/address_format.hpp"

#include <algorithm>
#include <array>

namespace waypost::geo {
namespace {

using enum HousePlace;

constexpr AddressFormat others{.country = "", .house = after, .pattern = "S, Z L, C"};

// Sorted by country.
constexpr auto formats = std::to_array<AddressFormat>({
    {.country = "AE", .house = before, .pattern = "S, L, C"},
    {.country = "AR", .house = after, .pattern = "S, Z L, A, C"},
    {.country = "AU", .house = before, .pattern = "S, L A Z, C", .short_state = true, .short_street = true},
    {.country = "BD", .house = before, .pattern = "S, L Z, C"},
    {.country = "BE", .house = after, .pattern = "S, Z L, C"},
    {.country = "BR", .house = after_comma, .pattern = "S, L, A, Z, C"},
    {.country = "BY", .house = after, .pattern = "S, L Z, C"},
    {.country = "CA", .house = before, .pattern = "S, L, A Z, C", .short_state = true, .short_street = true},
    {.country = "CI", .house = before, .pattern = "S, L, C"},
    {.country = "CN", .house = before, .pattern = "S, L, A, C, Z"},
    {.country = "CO", .house = after, .pattern = "S, L, A, Z, C"},
    {.country = "DZ", .house = before, .pattern = "S, L Z, C"},
    {.country = "EG", .house = before, .pattern = "S, L Z, C"},
    {.country = "ES", .house = after_comma, .pattern = "S, Z L, C"},
    {.country = "FR", .house = before, .pattern = "S, Z L, C"},
    {.country = "GB", .house = before, .pattern = "S, L Z, C", .short_street = true},
    {.country = "GG", .house = before, .pattern = "S, L Z, C"},
    {.country = "GH", .house = before, .pattern = "S, L, C"},
    {.country = "GR", .house = after, .pattern = "S, L Z, C"},
    {.country = "HK", .house = before, .pattern = "S, L, C"},
    {.country = "HU", .house = after, .pattern = "L, S, Z C"},
    {.country = "ID", .house = after, .pattern = "S, L, A Z, C"},
    {.country = "IE", .house = before, .pattern = "S, L, Z, C", .short_street = true},
    {.country = "IL", .house = after, .pattern = "S, L, Z, C"},
    {.country = "IM", .house = before, .pattern = "S, L Z, C"},
    {.country = "IN", .house = before, .pattern = "S, L, A Z, C"},
    {.country = "IT", .house = after_comma, .pattern = "S, Z L, C"},
    {.country = "JE", .house = before, .pattern = "S, L Z, C"},
    {.country = "JP", .house = before, .pattern = "S, L Z, C"},
    {.country = "KE", .house = before, .pattern = "S, L Z, C"},
    {.country = "KR", .house = before, .pattern = "S, L, Z, C"},
    {.country = "KZ", .house = after, .pattern = "S, L Z, C"},
    {.country = "LK", .house = before, .pattern = "S, L Z, C"},
    {.country = "LT", .house = after, .pattern = "S, L, Z, C"},
    {.country = "LU", .house = before, .pattern = "S, Z L, C"},
    {.country = "LV", .house = after, .pattern = "S, L, Z, C"},
    {.country = "MA", .house = before, .pattern = "S, L Z, C"},
    {.country = "MC", .house = before, .pattern = "S, Z L, C"},
    {.country = "MT", .house = before, .pattern = "S, L Z, C"},
    {.country = "MX", .house = after, .pattern = "S, Z L, A, C"},
    {.country = "MY", .house = before, .pattern = "S, Z L, A, C"},
    {.country = "NG", .house = before, .pattern = "S, L Z, C"},
    {.country = "NZ", .house = before, .pattern = "S, L Z, C", .short_street = true},
    {.country = "PE", .house = after, .pattern = "S, L Z, C"},
    {.country = "PH", .house = before, .pattern = "S, L, Z, C"},
    {.country = "PK", .house = before, .pattern = "S, L Z, C"},
    {.country = "PR", .house = before, .pattern = "S, L, Z, C"},
    {.country = "RO", .house = after, .pattern = "S, L Z, C"},
    {.country = "RU", .house = after_comma, .pattern = "S, L, C, Z"},
    {.country = "SA", .house = before, .pattern = "S, L Z, C"},
    {.country = "SG", .house = before, .pattern = "S, L Z, C"},
    {.country = "SN", .house = before, .pattern = "S, L Z, C"},
    {.country = "TH", .house = before, .pattern = "S, L Z, C"},
    {.country = "TN", .house = before, .pattern = "S, L Z, C"},
    {.country = "TW", .house = before, .pattern = "S, L, C Z"},
    {.country = "UA", .house = after_comma, .pattern = "S, L, C, Z"},
    {.country = "US", .house = before, .pattern = "S, L, A Z, C", .short_state = true, .short_street = true},
    {.country = "VN", .house = before, .pattern = "S, L Z, C"},
    {.country = "ZA", .house = before, .pattern = "S, L, Z, C"},
});
static_assert(std::ranges::is_sorted(formats, {}, &AddressFormat::country));

constexpr std::array<LargeFirst, 3> large_first_languages = {{
    {.language = "ja",
     .after_country = "、",
     .before_postal_code = "〒",
     .after_postal_code = " ",
     .between = "",
     .before_house = ""},
    {.language = "ko",
     .after_country = " ",
     .before_postal_code = "",
     .after_postal_code = " ",
     .between = " ",
     .before_house = " "},
    {.language = "zh",
     .after_country = "",
     .before_postal_code = "",
     .after_postal_code = "",
     .between = "",
     .before_house = ""},
}};

}  // namespace

const AddressFormat& address_format(std::string_view country) {
  const auto* found = std::ranges::lower_bound(formats, country, {}, &AddressFormat::country);
  return found != formats.end() && found->country == country ? *found : others;
}

const LargeFirst* large_first(std::string_view language) {
  const auto primary = language.substr(0, language.find('-'));
  const auto* found = std::ranges::find(large_first_languages, primary, &LargeFirst::language);
  return found == large_first_languages.end() ? nullptr : found;
}

}  // namespace waypost::geo
