#pragma once

#include "waypost/geo/search.hpp"

namespace waypost::geo {

/// Makes the parts what the query asks for.
inline void ask_for(const AddressParts& parts, ForwardQuery& query) {
  const auto add = [](std::vector<std::string>& values, const std::string& value) {
    if (!value.empty()) values.push_back(value);
  };
  add(query.filters.route, parts.street);
  add(query.filters.locality, parts.locality);
  add(query.filters.postal_code, parts.postal_code);
  add(query.filters.administrative_area, parts.admin);
  add(query.filters.country, parts.country);
}

}  // namespace waypost::geo
