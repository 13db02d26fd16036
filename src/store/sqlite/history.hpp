#pragma once

#include "store/sqlite/session.hpp"
#include "waypost/store/history_store.hpp"

/// The table `events`.
namespace waypost::store::sqlite {

/// On the writer's thread, inside its transaction.
void add_event(Statements& sql, const Ulid& job, const job::PastEvent& event);
/// On a reader's thread.
Result<job::History> history(Statements& sql, const Ulid& id, std::int64_t after, std::size_t limit);

}  // namespace waypost::store::sqlite
