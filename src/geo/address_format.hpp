#pragma once

#include <string_view>

/// How each country writes a line of address. Pure; any thread.
namespace waypost::geo {

enum class HousePlace : unsigned char { before, after, after_comma };

/// A pattern of fields (`S` street with house, `L` town, `A` state, `Z` postal code, `C` country) and what
/// stands between them.
struct AddressFormat {
  std::string_view country;  ///< ISO 3166 alpha-2; empty for all others
  HousePlace house = HousePlace::after;
  std::string_view pattern;
  bool short_state = false;   ///< "IL" and not "Illinois", in English
  bool short_street = false;  ///< "Main St" and not "Main Street"
};

const AddressFormat& address_format(std::string_view country);

/// Chinese, Japanese and Korean write from the large to the small.
struct LargeFirst {
  std::string_view language;
  std::string_view after_country, before_postal_code, after_postal_code, between, before_house;
};
/// Null for languages that write from the small to the large.
const LargeFirst* large_first(std::string_view language);

}  // namespace waypost::geo
