#pragma once

#include <string>
#include <vector>

#include "geo/address.hpp"

/// What both of Google's formats say of a hit, besides its address. Pure; any thread.
namespace waypost::geo {

struct PlusCodes {
  std::string global, compound;  ///< both, or the global one alone, or none
};
/// Of a point-like result.
PlusCodes plus_codes_of(const Answer& answer, const Hit& hit, const Address& address);
/// Of the point of a reverse answer.
PlusCodes plus_codes_of(const Answer& answer);

/// The names of a postal code's localities, when there are several.
std::vector<std::string_view> postcode_localities(const Answer& answer, const Address& address);

}  // namespace waypost::geo
