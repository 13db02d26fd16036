#pragma once

#include <string>

#include "waypost/geo/nominatim.hpp"

/// Nominatim's XML. Pure; any thread.
namespace waypost::geo {

/// `<searchresults>`
std::string nominatim_xml_list(const Answer& answer, const NominatimOutput& output);
/// `<reversegeocode>`
std::string nominatim_xml_one(const Answer& answer, const NominatimOutput& output);

}  // namespace waypost::geo
