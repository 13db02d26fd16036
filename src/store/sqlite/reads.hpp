#pragma once

#include "store/sqlite/session.hpp"

/// What the readers do: one function per question. Each on a reader's thread, with that reader's statements.
namespace waypost::store::sqlite {

Result<job::Job> get(Statements& sql, const OwnedId& id);
Result<std::vector<job::Attempt>> attempts(Statements& sql, const Ulid& id);
Result<std::vector<ChunkRecord>> chunks(Statements& sql, const Ulid& id);
Result<std::vector<ReadyJob>> ready(Statements& sql, const ReadyQuery& query);
Result<JobStore::Due> due_deliveries(Statements& sql, const JobStore::DueQuery& query);
Result<Backlog> backlog(Statements& sql, std::optional<Tenant> tenant);
Result<Standing> standing(Statements& sql, const OwnedId& id);
Result<Census> census(Statements& sql);

}  // namespace waypost::store::sqlite
