#include "store/sqlite/dependencies.hpp"

#include "store/sqlite/rows.hpp"

namespace waypost::store::sqlite {

// `ended` holds jobs that ended and whose dependents were not all told yet: a crowd of them is told in steps.
// Neither table refers to jobs by a key: what has ended may be forgotten before all are told.
const std::string_view dependencies_schema = R"(
  ALTER TABLE jobs ADD COLUMN waits_for INTEGER NOT NULL DEFAULT 0;

  CREATE TABLE dependencies(
    dependency INTEGER NOT NULL,
    job INTEGER NOT NULL,
    PRIMARY KEY(dependency, job)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX dependencies_by_job ON dependencies(job);

  CREATE TABLE ended(
    position INTEGER PRIMARY KEY,
    seq INTEGER NOT NULL,
    low INTEGER NOT NULL,
    state INTEGER NOT NULL
  ) STRICT;
)";

Result<std::vector<job::State>> states_of_dependencies(Statements& sql, const job::Job& job) {
  std::vector<job::State> states;
  std::vector<Fault> unknown;
  for (std::size_t i = 0; i < job.spec.depends_on.size(); ++i) {
    const Ulid& id = job.spec.depends_on[i];
    Statement& row = sql("SELECT state FROM jobs WHERE seq=? AND low=? AND tenant=?")
                         .bind(id.sequence())
                         .bind(low_of(id))
                         .bind(static_cast<std::int64_t>(job.spec.tenant));
    if (row.step())
      states.push_back(static_cast<job::State>(row.integer(0)));
    else
      unknown.push_back({.pointer = "/depends_on/" + std::to_string(i),
                         .code = "unknown_job",
                         .detail = "there is no job " + format_id(job::id_prefix, id)});
    row.start();
  }
  if (unknown.empty()) return states;
  return std::unexpected(Error{.code = Code::unknown_job,
                               .message = "it depends on a job that is not there",
                               .faults = std::move(unknown)});
}

void add_dependency(Statements& sql, const Ulid& job, const Ulid& dependency) {
  sql("INSERT OR IGNORE INTO dependencies(dependency, job) VALUES(?,?)")
      .bind(dependency.sequence())
      .bind(job.sequence())
      .run();
}

void drop_dependencies(Statements& sql, const job::Job& job) {
  if (job.spec.depends_on.empty()) return;
  sql("DELETE FROM dependencies WHERE job=?").bind(job.ulid.sequence()).run();
}

bool note_end(Statements& sql, const job::Job& job) {
  Statement& row = sql("SELECT 1 FROM dependencies WHERE dependency=? LIMIT 1").bind(job.ulid.sequence());
  const bool awaited = row.step();
  row.start();
  if (awaited)
    sql("INSERT INTO ended(seq, low, state) VALUES(?,?,?)")
        .bind(job.ulid.sequence())
        .bind(low_of(job.ulid))
        .bind(static_cast<int>(job.state))
        .run();
  return awaited;
}

bool is_being_told_of(Statements& sql, const Ulid& job) {
  Statement& row = sql("SELECT 1 FROM ended WHERE seq=?").bind(job.sequence());
  const bool found = row.step();
  row.start();
  return found;
}

std::vector<Released> take_released(Statements& sql, std::size_t limit) {
  std::vector<Released> released;
  while (released.size() < limit) {
    Statement& first = sql("SELECT position, seq, low, state FROM ended ORDER BY position LIMIT 1");
    if (!first.step()) break;
    const std::int64_t position = first.integer(0), seq = first.integer(1);
    const job::DependencyEnded command{.id = format_id(job::id_prefix, ulid_of(seq, first.integer(2))),
                                       .state = static_cast<job::State>(first.integer(3))};
    first.start();
    const std::size_t room = limit - released.size(), before = released.size();
    Statement& row =
        sql("SELECT job FROM dependencies WHERE dependency=? ORDER BY job LIMIT ?").bind(seq).bind(room);
    while (row.step()) released.push_back({row.integer(0), command});
    for (std::size_t i = before; i < released.size(); ++i)
      sql("DELETE FROM dependencies WHERE dependency=? AND job=?").bind(seq).bind(released[i].job).run();
    if (released.size() - before < room) sql("DELETE FROM ended WHERE position=?").bind(position).run();
  }
  return released;
}

}  // namespace waypost::store::sqlite
