#include "store/sqlite/reads.hpp"

#include "store/sqlite/chunks.hpp"
#include "store/sqlite/rows.hpp"
#include "waypost/job/job_json.hpp"

namespace waypost::store::sqlite {
Result<job::Job> get(Statements& sql, const OwnedId& id) {
  static const std::string text = fmt::format("SELECT {} FROM jobs WHERE seq=? AND low=?", job_columns);
  Statement& row = sql(text).bind(id.id.sequence()).bind(low_of(id.id));
  if (row.step()) {
    job::Job job = read_job(row);
    row.start();
    if (id.may_be_of(job.spec.tenant)) return job;
  }
  return fail(Code::not_found, "there is no job " + format_id(job::id_prefix, id.id));
}

Result<std::vector<job::Attempt>> attempts(Statements& sql, const Ulid& id) {
  std::vector<job::Attempt> out;
  Statement& row = sql("SELECT number, started_at, finished_at, worker, outcome, error FROM attempts WHERE "
                       "job=? ORDER BY number")
                       .bind(id.sequence());
  while (row.step()) {
    job::Attempt attempt{.number = static_cast<int>(row.integer(0)),
                         .started_at = row.time(1),
                         .finished_at = row.time(2),
                         .worker = std::string(row.text(3)),
                         .outcome = static_cast<job::Outcome>(row.integer(4))};
    if (!row.is_null(5)) attempt.error = job::unpack_error(row.text(5));
    out.push_back(std::move(attempt));
  }
  return out;
}

Result<std::vector<ChunkRecord>> chunks(Statements& sql, const Ulid& id) {
  return read_chunks(sql, id);
}

Result<std::vector<ReadyJob>> ready(Statements& sql, const ReadyQuery& query) {
  // Two ranges of one index: the rest of the priority we stand in, then all lower ones.
  constexpr std::string_view columns =
      "SELECT seq, low, type, concurrency_key, priority FROM jobs WHERE state=4 AND queue=?";
  const std::string order = " ORDER BY priority DESC, seq LIMIT ?";
  std::vector<ReadyJob> out;
  const auto collect = [&](Statement& row) {
    while (row.step())
      out.push_back({ulid_of(row.integer(0), row.integer(1)), std::string(row.text(2)),
                     std::string(row.text(3)), row.integer(4)});
  };
  const auto begin = [&](std::string_view range) -> Statement& {
    Statement& row = sql(std::string(columns) + (query.concurrency_group ? " AND concurrency_key=?" : "") +
                         std::string(range) + order);
    row.bind(std::string_view(query.queue));
    if (query.concurrency_group) row.bind(std::string_view(*query.concurrency_group));
    return row;
  };
  if (!query.after) {
    collect(begin("").bind(query.limit));
    return out;
  }
  const auto& [priority, sequence] = *query.after;
  collect(begin(" AND priority=? AND seq>?").bind(priority).bind(sequence).bind(query.limit));
  if (out.size() < query.limit)
    collect(begin(" AND priority<?").bind(priority).bind(query.limit - out.size()));
  return out;
}

Result<JobStore::Due> due_deliveries(Statements& sql, const JobStore::DueQuery& query) {
  static const std::string text =
      fmt::format("SELECT {} FROM outbox WHERE next_at IS NOT NULL AND next_at<=? ORDER BY next_at, seq",
                  delivery_columns);
  JobStore::Due due;
  std::size_t bytes = 0;
  Statement& row = sql(text).bind(query.now);
  while (row.step()) {
    if (std::ranges::binary_search(query.known, row.integer(0))) continue;
    Delivery delivery = read_delivery(row);
    bytes += delivery.body.size();
    due.more = due.deliveries.size() >= query.limit || (bytes > query.max_bytes && !due.deliveries.empty());
    if (due.more) break;
    due.deliveries.push_back(std::move(delivery));
  }
  row.start();
  Statement& next =
      sql("SELECT min(next_at) FROM outbox WHERE next_at IS NOT NULL AND next_at>?").bind(query.now);
  if (next.step()) due.next = next.optional_time(0);
  next.start();
  return due;
}

Result<Backlog> backlog(Statements& sql, std::optional<Tenant> tenant) {
  Backlog backlog;
  // An index of what is owed answers this alone.
  Statement& owed = tenant
                        ? sql("SELECT count(*), min(seq) FROM outbox INDEXED BY outbox_of_tenant WHERE "
                              "tenant=? AND settled=0")
                              .bind(static_cast<std::int64_t>(*tenant))
                        : sql("SELECT count(*), min(seq) FROM outbox INDEXED BY outbox_owed WHERE settled=0");
  std::int64_t first = 0;
  if (owed.step() && (backlog.deliveries = owed.integer(0)) > 0) first = owed.integer(1);
  owed.start();
  Statement& oldest = sql("SELECT created_at FROM outbox WHERE seq=?").bind(first);
  if (oldest.step()) backlog.oldest = oldest.time(0);
  oldest.start();
  return backlog;
}

Result<Standing> standing(Statements& sql, const OwnedId& id) {
  auto job = get(sql, id);
  if (!job) return std::unexpected(std::move(job.error()));
  Standing standing{.job = std::move(*job)};
  const job::Spec& spec = standing.job.spec;
  if (standing.job.state == job::State::queued) {
    Statement& row = sql("SELECT (SELECT count(*) FROM jobs WHERE state=4 AND queue=?1 AND priority>?2) + "
                         "(SELECT count(*) FROM jobs WHERE state=4 AND queue=?1 AND priority=?2 AND seq<?3)")
                         .bind(std::string_view(spec.queue))
                         .bind(spec.priority)
                         .bind(id.id.sequence());
    if (row.step()) standing.ahead = row.integer(0);
    row.start();
  }
  if (standing.job.waits_for > 0) {
    Statement& row = sql("SELECT jobs.seq, jobs.low FROM dependencies JOIN jobs ON jobs.seq=dependency "
                         "WHERE dependencies.job=? ORDER BY jobs.seq LIMIT 100")
                         .bind(id.id.sequence());
    while (row.step()) standing.waits_for.push_back(ulid_of(row.integer(0), row.integer(1)));
  }
  return standing;
}

Result<Census> census(Statements& sql) {
  Census census;
  // The tenant stands behind the payload: only the others' jobs, which an index finds, are asked for it.
  Statement& row =
      sql("SELECT NULL, queue, state, count(*) FROM jobs GROUP BY queue, state UNION ALL "
          "SELECT tenant, queue, state, count(*) FROM jobs INDEXED BY jobs_by_queue "
          "WHERE tenant>0 GROUP BY tenant, queue, state");
  auto& rest = census.jobs[default_tenant];
  while (row.step()) {
    const std::string queue(row.text(1));
    const auto state = static_cast<job::State>(row.integer(2));
    if (row.is_null(0)) {
      rest[queue][state] = row.integer(3);
      continue;
    }
    census.jobs[static_cast<Tenant>(row.integer(0))][queue][state] = row.integer(3);
    rest[queue][state] -= row.integer(3);
  }
  for (auto& [queue, states] : rest)
    std::erase_if(states, [](const auto& state) { return state.second == 0; });
  std::erase_if(rest, [](const auto& queue) { return queue.second.empty(); });
  if (rest.empty()) census.jobs.erase(default_tenant);
  Statement& ready = sql("SELECT queue, updated_at FROM jobs WHERE state=4");
  while (ready.step()) census.ready[std::string(ready.text(0))].add(ready.time(1));
  return census;
}

}  // namespace waypost::store::sqlite
