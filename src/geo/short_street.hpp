#pragma once

#include <string>
#include <string_view>

namespace waypost::geo {

/// An English street's name as signs and the post have it: "Northeast 2nd Avenue" is "NE 2nd Ave". Pure; any
/// thread.
std::string short_street_name(std::string_view name);

}  // namespace waypost::geo
