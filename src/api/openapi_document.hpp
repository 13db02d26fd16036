#pragma once

#include <string>

namespace waypost::api {

/// Puts the parts of src/api/openapi together and adds to each operation what follows from its row in the
/// table of routes: the scope that it needs, the problems that any such route may answer with, and the
/// headers of every answer. Throws std::logic_error when a route has no description.
std::string make_openapi_document();

}  // namespace waypost::api
