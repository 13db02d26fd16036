#pragma once

#include <optional>

#include "waypost/geo/search.hpp"

/// Plus Codes as addresses, global (`849VCWC8+R9`) and compound (`CWC8+R9 Mountain View, CA`). Pure; any
/// thread.
namespace waypost::geo {

/// Nothing when the query's text is no code. A short code needs a place: in the text or the filters, else the
/// focus or the middle of the bounds.
std::optional<Answer> geocode_plus_code(const GazetteerPtr& gazetteer, const ForwardQuery& query);
/// Nothing when the id is not one of a code.
std::optional<Answer> plus_code_place(const GazetteerPtr& gazetteer, const PlaceQuery& query);

}  // namespace waypost::geo
