#pragma once

#include "waypost/net/http.hpp"

namespace waypost::api {

/// Writes a request's line of the access log. `route` is its template, "" when there is none. Secrets in the
/// query are left out; what clients may make long is cut.
void log_access(const net::RequestHead& head, const net::Finished& how, std::string_view route);

}  // namespace waypost::api
