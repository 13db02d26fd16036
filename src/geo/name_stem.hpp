#pragma once

#include <string_view>

/// What is left of a name without the word for what kind of area it is. Pure; any thread.
namespace waypost::geo {

/// "Sindh Province" is "Sindh"; empty when there is no such word. For states only: "Kansas City" is no
/// "Kansas".
std::string_view area_stem(std::string_view name);
/// "東京都" is "東京", "서울특별시" is "서울"; empty when there is no such suffix or too little is left.
std::string_view east_asian_stem(std::string_view name);

}  // namespace waypost::geo
