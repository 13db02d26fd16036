#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "waypost/base/json.hpp"

namespace waypost::operation {

/// Notes what is wrong with the members of `headers`, an object of strings that a request is to carry, at
/// pointers below `pointer`: malformed names and values, and names that belong to the connection (hop-by-hop
/// fields of RFC 9110 §7.6.1, Host, framing) or are among `ours`, in lower case. Pure.
void check_headers(json::Value headers, const std::string& pointer, std::vector<Fault>& faults,
                   std::span<const std::string_view> ours = {});

}  // namespace waypost::operation
