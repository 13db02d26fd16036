#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

/// Which country is meant. Pure; any thread.
namespace waypost::geo {

/// Whether ICU knows the code as a country's (ISO 3166 alpha-2, capital letters), or it is Kosovo's XK.
bool is_known_country(std::string_view iso);
/// Alpha-2 of an alpha-3 code, or of one of Natural Earth's own such as KOS and SDS; empty when unknown.
std::string country_of_alpha3(std::string_view alpha3);
/// The country that a file is named after, as OpenAddresses does: `de-berlin.csv`, `us/ca/statewide.csv`.
std::optional<std::string> country_of_file(const std::filesystem::path& file);
/// Whose a part of a country's shape is: French Guiana, drawn with France, has a code of its own.
std::string_view country_of_part(std::string_view iso, double lat, double lng);

}  // namespace waypost::geo
