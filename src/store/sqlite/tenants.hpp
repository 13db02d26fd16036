#pragma once

#include <string_view>

namespace waypost::store::sqlite {

/// The schema's step that gives everything to a tenant, the default one at first.
extern const std::string_view tenants_schema;

}  // namespace waypost::store::sqlite
