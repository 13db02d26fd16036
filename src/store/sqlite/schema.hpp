#pragma once

#include "store/sqlite/database.hpp"

namespace waypost::store::sqlite {

/// The number of the last step.
std::size_t newest_schema();

/// Brings the schema of a database up to a step, each in a transaction of its own, and tells the log of it
/// when there was one. Throws std::runtime_error when a newer version of Waypost made the database.
void migrate(Database& database, std::size_t to = newest_schema());

}  // namespace waypost::store::sqlite
