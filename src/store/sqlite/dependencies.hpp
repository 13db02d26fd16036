#pragma once

#include "store/sqlite/session.hpp"

/// Who waits for whom: `depends_on` of jobs whose dependencies have not all ended. The writer's thread only.
namespace waypost::store::sqlite {

/// The schema's step that makes room for dependencies.
extern const std::string_view dependencies_schema;

/// The states of the jobs of its tenant that `job` depends on, in its order. Code::unknown_job, with a fault
/// for each, when some are not there.
Result<std::vector<job::State>> states_of_dependencies(Statements& sql, const job::Job& job);

/// `job` waits for `dependency`, which has not ended.
void add_dependency(Statements& sql, const Ulid& job, const Ulid& dependency);
/// `job` has ended: it waits for nothing any more.
void drop_dependencies(Statements& sql, const job::Job& job);

/// `job` has ended: whoever waits for it is to be told. False when nobody does.
bool note_end(Statements& sql, const job::Job& job);

/// Whether some are still to be told that it has ended.
bool is_being_told_of(Statements& sql, const Ulid& job);

/// Someone who is to be told that a job has ended.
struct Released {
  std::int64_t job = 0;
  job::DependencyEnded command;
};
/// Takes up to `limit` of them, in the order in which jobs ended and others were made to wait for them.
std::vector<Released> take_released(Statements& sql, std::size_t limit);

}  // namespace waypost::store::sqlite
