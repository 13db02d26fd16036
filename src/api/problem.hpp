#pragma once

#include "waypost/base/error.hpp"
#include "waypost/net/http.hpp"

/// Errors as RFC 9457 `application/problem+json`.
namespace waypost::api {

net::Response problem(const Error& error, std::string_view request_id);

/// One error for all faults of an input; its code is egress_forbidden when that is all there is, else `code`.
Error faulty(Code code, std::vector<Fault> faults);

}  // namespace waypost::api
