#pragma once

#include "store/sqlite/database.hpp"
#include "waypost/store/webhook_store.hpp"

/// Between a row of `endpoints` (seq, low, version, spec) and its value.
namespace waypost::store::sqlite {

/// All but the id and the version, as a JSON object.
std::string pack(const Endpoint& endpoint);
Endpoint read_endpoint(const Statement& row);

}  // namespace waypost::store::sqlite
