#pragma once

#include <string>
#include <string_view>
#include <vector>

/// What is known of countries besides the data: names from ICU, postal abbreviations of states, and how
/// addresses are written. Pure; any thread.
namespace waypost::geo {

/// The languages in which every gazetteer knows its countries.
std::vector<std::string_view> country_name_languages();
/// The country's name in a language (CLDR); empty when there is none.
std::string country_name(std::string_view iso, std::string_view language);
/// ISO 3166 alpha-3, upper case; empty when unknown.
std::string_view iso3(std::string_view iso);
/// The postal abbreviation of a GeoNames admin1 code ("CA", "08" → "ON"); empty when that country uses none.
std::string_view state_abbreviation(std::string_view iso, std::string_view admin1);
/// Whether addresses of the country name the state after the city ("Springfield, IL, USA").
enum class StateHabit { none, abbreviated, abbreviated_no_comma, full };
StateHabit state_habit(std::string_view iso);
/// An ISO code of a ccTLD or ISO code in any case: "uk" is GB.
std::string country_of_region(std::string_view region);

}  // namespace waypost::geo
