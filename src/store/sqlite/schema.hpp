#pragma once

#include "store/sqlite/database.hpp"

namespace waypost::store::sqlite {

/// Brings the schema of a database up to date, each step in a transaction of its own. Throws
/// std::runtime_error when a newer version of Waypost made the database.
void migrate(Database& database);

}  // namespace waypost::store::sqlite
