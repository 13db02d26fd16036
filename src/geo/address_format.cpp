#include "geo/address_format.hpp"

#include <algorithm>
#include <array>

namespace waypost::geo {
namespace {

using enum HousePlace;

constexpr AddressFormat others{.country = "", .house = after, .pattern = "S, Z L"};

// Sorted by country.
constexpr auto formats = std::to_array<AddressFormat>({
    {.country = "AE", .house = before, .pattern = "S, L"},
    {.country = "AR", .house = after, .pattern = "S, Z L, A"},
    {.country = "AU", .house = before, .pattern = "S, L A Z", .short_state = true, .short_street = true},
    {.country = "BD", .house = before, .pattern = "S, L Z"},
    {.country = "BE", .house = after, .pattern = "S, Z L"},
    {.country = "BR", .house = after_comma, .pattern = "S, L, A, Z"},
    {.country = "BY", .house = after, .pattern = "S, L Z"},
    {.country = "CA", .house = before, .pattern = "S, L, A Z", .short_state = true, .short_street = true},
    {.country = "CI", .house = before, .pattern = "S, L"},
    {.country = "CN", .house = before, .pattern = "S, L, A, C, Z"},
    {.country = "CO", .house = after, .pattern = "S, L, A, Z"},
    {.country = "DZ", .house = before, .pattern = "S, L Z"},
    {.country = "EG", .house = before, .pattern = "S, L Z"},
    {.country = "ES", .house = after_comma, .pattern = "S, Z L"},
    {.country = "FR", .house = before, .pattern = "S, Z L"},
    {.country = "GB", .house = before, .pattern = "S, L Z", .short_street = true},
    {.country = "GG", .house = before, .pattern = "S, L Z"},
    {.country = "GH", .house = before, .pattern = "S, L"},
    {.country = "GR", .house = after, .pattern = "S, L Z"},
    {.country = "HK", .house = before, .pattern = "S, L"},
    {.country = "HU", .house = after, .pattern = "L, S, Z C"},
    {.country = "ID", .house = after, .pattern = "S, L, A Z"},
    {.country = "IE", .house = before, .pattern = "S, L, Z", .short_street = true},
    {.country = "IL", .house = after, .pattern = "S, L, Z"},
    {.country = "IM", .house = before, .pattern = "S, L Z"},
    {.country = "IN", .house = before, .pattern = "S, L, A Z"},
    {.country = "IT", .house = after_comma, .pattern = "S, Z L"},
    {.country = "JE", .house = before, .pattern = "S, L Z"},
    {.country = "JP", .house = before, .pattern = "S, L Z"},
    {.country = "KE", .house = before, .pattern = "S, L Z"},
    {.country = "KR", .house = before, .pattern = "S, L, Z"},
    {.country = "KZ", .house = after, .pattern = "S, L Z"},
    {.country = "LK", .house = before, .pattern = "S, L Z"},
    {.country = "LT", .house = after, .pattern = "S, L, Z"},
    {.country = "LU", .house = before, .pattern = "S, Z L"},
    {.country = "LV", .house = after, .pattern = "S, L, Z"},
    {.country = "MA", .house = before, .pattern = "S, L Z"},
    {.country = "MC", .house = before, .pattern = "S, Z L"},
    {.country = "MT", .house = before, .pattern = "S, L Z"},
    {.country = "MX", .house = after, .pattern = "S, Z L, A"},
    {.country = "MY", .house = before, .pattern = "S, Z L, A"},
    {.country = "NG", .house = before, .pattern = "S, L Z"},
    {.country = "NZ", .house = before, .pattern = "S, L Z", .short_street = true},
    {.country = "PE", .house = after, .pattern = "S, L Z"},
    {.country = "PH", .house = before, .pattern = "S, L, Z"},
    {.country = "PK", .house = before, .pattern = "S, L Z"},
    {.country = "PR", .house = before, .pattern = "S, L, Z"},
    {.country = "RO", .house = after, .pattern = "S, L Z"},
    {.country = "RU", .house = after_comma, .pattern = "S, L, C, Z"},
    {.country = "SA", .house = before, .pattern = "S, L Z"},
    {.country = "SG", .house = before, .pattern = "S, L Z"},
    {.country = "SN", .house = before, .pattern = "S, L Z"},
    {.country = "TH", .house = before, .pattern = "S, L Z"},
    {.country = "TN", .house = before, .pattern = "S, L Z"},
    {.country = "TW", .house = before, .pattern = "S, L, C Z"},
    {.country = "UA", .house = after_comma, .pattern = "S, L, C, Z"},
    {.country = "US", .house = before, .pattern = "S, L, A Z", .short_state = true, .short_street = true},
    {.country = "VN", .house = before, .pattern = "S, L Z"},
    {.country = "ZA", .house = before, .pattern = "S, L, Z"},
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
