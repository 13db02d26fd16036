#pragma once

#include "store/sqlite/database.hpp"
#include "waypost/store/webhook_store.hpp"

/// Between a row of `endpoints` (seq, low, version, spec, tenant) and its value.
namespace waypost::store::sqlite {

/// All but the id, the version and the tenant, as a JSON object.
std::string pack(const Endpoint& endpoint);
Endpoint read_endpoint(const Statement& row);

}  // namespace waypost::store::sqlite
