#include "store/sqlite/histories.hpp"

#include "store/sqlite/rows.hpp"
#include "waypost/job/job_json.hpp"

namespace waypost::store::sqlite {

namespace {

Result<job::History> read_history(Statements& sql, const OwnedId& id, std::int64_t after, std::size_t limit) {
  // One statement, so that the state is the one that the last event led to.
  Statement& row =
      sql("SELECT jobs.type, jobs.state, jobs.started_at, sequence, events.seq, events.low, notice, at, "
          "events.state, events.attempt, events.total, events.succeeded, events.failed, events.reason, "
          "events.error, jobs.tenant FROM jobs LEFT JOIN events ON events.job=jobs.seq AND sequence>? "
          "WHERE jobs.seq=? AND jobs.low=? ORDER BY sequence LIMIT ?")
          .bind(after)
          .bind(id.id.sequence())
          .bind(low_of(id.id))
          .bind(limit);
  const bool found = row.step() && id.may_be_of(static_cast<Tenant>(row.integer(15)));
  if (!found) {
    row.start();
    return fail(Code::not_found, "there is no job " + format_id(job::id_prefix, id.id));
  }
  job::History history{.type = std::string(row.text(0)),
                       .state = static_cast<job::State>(row.integer(1)),
                       .started_at = row.optional_time(2)};
  if (row.is_null(3)) {
    row.start();
    return history;
  }
  do {
    job::PastEvent event{.ulid = ulid_of(row.integer(4), row.integer(5)),
                         .sequence = row.integer(3),
                         .notice = static_cast<job::Notice>(row.integer(6)),
                         .at = row.time(7),
                         .state = static_cast<job::State>(row.integer(8)),
                         .attempt = static_cast<int>(row.integer(9)),
                         .progress = {row.integer(10), row.integer(11), row.integer(12)},
                         .reason = std::string(row.text(13))};
    if (!row.is_null(14)) event.error = job::unpack_error(row.text(14));
    history.events.push_back(std::move(event));
  } while (row.step());
  return history;
}

}  // namespace

// `sequence` is the job's version, `seq` and `low` are the event's ULID, `notice` is a number of job::Notice;
// the rest is what the job was then.
const std::string_view histories_schema = R"(
  CREATE TABLE events(
    job INTEGER NOT NULL REFERENCES jobs(seq) ON DELETE CASCADE,
    sequence INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    low INTEGER NOT NULL,
    notice INTEGER NOT NULL,
    at INTEGER NOT NULL,
    state INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    total INTEGER NOT NULL,
    succeeded INTEGER NOT NULL,
    failed INTEGER NOT NULL,
    reason TEXT NOT NULL,
    error TEXT,
    PRIMARY KEY(job, sequence)
  ) STRICT, WITHOUT ROWID;
)";

void add_event(Statements& sql, const Ulid& job, const job::PastEvent& event) {
  const auto error = event.error ? std::optional(job::pack(*event.error)) : std::nullopt;
  Statement& row =
      sql("INSERT INTO events(job, sequence, seq, low, notice, at, state, attempt, total, succeeded, failed, "
          "reason, error) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?)");
  row.bind(job.sequence())
      .bind(event.sequence)
      .bind(event.ulid.sequence())
      .bind(low_of(event.ulid))
      .bind(static_cast<int>(event.notice))
      .bind(event.at)
      .bind(static_cast<int>(event.state))
      .bind(event.attempt)
      .bind(event.progress.total)
      .bind(event.progress.succeeded)
      .bind(event.progress.failed)
      .bind(std::string_view(event.reason));
  if (error)
    row.bind(std::string_view(*error));
  else
    row.bind_null();
  row.run();
  // A sequence is a version, so that a job of fewer changes has fewer events.
  if (event.sequence <= static_cast<std::int64_t>(HistoryStore::max_events)) return;
  sql("DELETE FROM events WHERE job=?1 AND sequence<=(SELECT sequence FROM events WHERE job=?1 "
      "ORDER BY sequence DESC LIMIT 1 OFFSET ?2)")
      .bind(job.sequence())
      .bind(HistoryStore::max_events)
      .run();
}

void Histories::read(OwnedId id, std::int64_t after, std::size_t limit, Reply<job::History> reply) {
  access_.read<job::History>([=](Statements& sql) { return read_history(sql, id, after, limit); },
                             std::move(reply));
}

}  // namespace waypost::store::sqlite
