#include "store/sqlite/schema.hpp"

#include <array>
#include <chrono>

#include "store/sqlite/audit.hpp"
#include "store/sqlite/chunks.hpp"
#include "store/sqlite/dependencies.hpp"
#include "store/sqlite/histories.hpp"
#include "store/sqlite/keys.hpp"
#include "store/sqlite/lists.hpp"
#include "store/sqlite/manifests.hpp"
#include "store/sqlite/operations.hpp"
#include "store/sqlite/outbox.hpp"
#include "store/sqlite/queues.hpp"
#include "store/sqlite/tenants.hpp"
#include "store/sqlite/unique_keys.hpp"
#include "waypost/base/log.hpp"

namespace waypost::store::sqlite {
namespace {

// `seq` is the upper half of a ULID (base/id.hpp): unique, and in order of creation. So the row number finds
// a job by its id, new rows go to the right edge of each tree, and no index of ids is needed.
//
// States are numbers of job::State: 3 scheduled, 4 queued, 5 running.
constexpr std::string_view first = R"(
  CREATE TABLE jobs(
    seq INTEGER PRIMARY KEY,
    low INTEGER NOT NULL,
    state INTEGER NOT NULL,
    type TEXT NOT NULL,
    queue TEXT NOT NULL,
    priority INTEGER NOT NULL,
    version INTEGER NOT NULL,
    fence INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    run_base INTEGER NOT NULL,
    lost INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    run_at INTEGER,
    started_at INTEGER,
    attempt_started_at INTEGER,
    finished_at INTEGER,
    wake_at INTEGER,
    reason TEXT NOT NULL,
    error TEXT,
    total INTEGER NOT NULL,
    succeeded INTEGER NOT NULL,
    failed INTEGER NOT NULL,
    result_type TEXT,
    spec TEXT NOT NULL,
    payload BLOB NOT NULL,
    result BLOB
  ) STRICT;
  CREATE INDEX jobs_by_state ON jobs(state, seq);
  CREATE INDEX jobs_ready ON jobs(queue, priority DESC, seq) WHERE state = 4;
  CREATE INDEX jobs_wake ON jobs(wake_at) WHERE wake_at IS NOT NULL;

  CREATE TABLE tags(
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    job INTEGER NOT NULL REFERENCES jobs(seq) ON DELETE CASCADE,
    PRIMARY KEY(name, value, job)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX tags_by_job ON tags(job);

  CREATE TABLE attempts(
    job INTEGER NOT NULL REFERENCES jobs(seq) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    finished_at INTEGER NOT NULL,
    worker TEXT NOT NULL,
    outcome INTEGER NOT NULL,
    error TEXT,
    PRIMARY KEY(job, number)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE chunks(
    job INTEGER NOT NULL REFERENCES jobs(seq) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    rows INTEGER NOT NULL,
    succeeded INTEGER NOT NULL,
    failed INTEGER NOT NULL,
    report_offset INTEGER NOT NULL,
    report_length INTEGER NOT NULL,
    PRIMARY KEY(job, number)
  ) STRICT, WITHOUT ROWID;

  -- next_at: when to try next; NULL while an earlier event of the same job is still owed, and once it is settled.
  -- What is owed outlives its job, which may be forgotten while a receiver is away: so no reference.
  CREATE TABLE outbox(
    seq INTEGER PRIMARY KEY,
    low INTEGER NOT NULL,
    job INTEGER NOT NULL,
    job_low INTEGER NOT NULL,
    url TEXT NOT NULL,
    secret TEXT NOT NULL,
    traceparent TEXT NOT NULL,
    body BLOB NOT NULL,
    settled INTEGER NOT NULL DEFAULT 0,
    attempts INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    next_at INTEGER,
    last_at INTEGER,
    last_status INTEGER,
    last_detail TEXT
  ) STRICT;
  CREATE INDEX outbox_due ON outbox(next_at) WHERE next_at IS NOT NULL;
  CREATE INDEX outbox_by_job ON outbox(job, settled, seq);

  CREATE TABLE answers(
    key TEXT PRIMARY KEY,
    fingerprint TEXT NOT NULL,
    holder INTEGER NOT NULL,
    status INTEGER NOT NULL,
    location TEXT NOT NULL,
    body BLOB NOT NULL,
    created_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX answers_by_age ON answers(created_at);
)";

// What ends a wait, and what is over (states from 10, succeeded, on), each by its time.
constexpr std::string_view retention = R"(
  DROP INDEX jobs_wake;
  CREATE INDEX jobs_wake ON jobs(wake_at) WHERE wake_at IS NOT NULL AND state<10;
  CREATE INDEX jobs_over ON jobs(wake_at) WHERE state>=10;
)";

// Since when they are ready, too: a start reads it of all of them, and must not read the jobs for it.
constexpr std::string_view ready_since = R"(
  DROP INDEX jobs_ready;
  CREATE INDEX jobs_ready ON jobs(queue, priority DESC, seq, updated_at) WHERE state = 4;
)";

/// Forward only: append, never change.
const std::array steps{first,
                       keys_schema,
                       queues_schema,
                       histories_schema,
                       manifests_schema,
                       lists_schema,
                       dependencies_schema,
                       unique_keys_schema,
                       retention,
                       chunks_schema,
                       outbox_schema,
                       operations_schema,
                       ready_since,
                       outbox_tracestate_schema,
                       tenants_schema,
                       audit_schema,
                       outbox_tenants_schema};

}  // namespace

std::size_t newest_schema() {
  return steps.size();
}

void migrate(Database& database, std::size_t to) {
  const auto version = static_cast<std::size_t>(database.integer("PRAGMA user_version"));
  if (version > steps.size())
    throw std::runtime_error("it was made by a newer version of Waypost (schema " + std::to_string(version) +
                             ", this one knows " + std::to_string(steps.size()) + ")");
  const bool tells = version > 0 && version < to;
  if (tells)
    log::info("the store is brought up to date; the service starts once that is done",
              {{"schema", version}, {"to", to}});
  for (std::size_t step = version; step < to; ++step) {
    const auto begun = std::chrono::steady_clock::now();
    database.run("BEGIN IMMEDIATE;" + std::string(steps[step]) +
                 "PRAGMA user_version = " + std::to_string(step + 1) + "; COMMIT;");
    if (!tells) continue;
    // The log of one step at most lies beside the database.
    database.run("PRAGMA wal_checkpoint(TRUNCATE)");
    const auto took = std::chrono::steady_clock::now() - begun;
    log::info("the store is one step further",
              {{"schema", step + 1},
               {"to", to},
               {"ms", std::chrono::duration_cast<std::chrono::milliseconds>(took).count()}});
  }
}

}  // namespace waypost::store::sqlite
