#pragma once

#include <string_view>

/// The built-in gazetteer's source files (data/gazetteer), gzip, linked into the program.
namespace waypost::geo::default_data {

std::string_view cities();
std::string_view countries();
std::string_view admin1();
std::string_view alternate_names();
/// Shapes of countries: one GeoJSON feature a line.
std::string_view boundaries();
std::string_view boundaries_version();
/// Such as "libgeonames 0.3.0-1".
std::string_view version();

}  // namespace waypost::geo::default_data
