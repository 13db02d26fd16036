#include "store/sqlite/reads.hpp"

#include "store/sqlite/chunks.hpp"
#include "store/sqlite/rows.hpp"
#include "waypost/job/job_json.hpp"

namespace waypost::store::sqlite {
namespace {

/// The sequence numbers of one page. Without tags each state is read along its own index and the branches are
/// merged, so that a rare state does not mean a walk over all jobs; with tags the first tag's index leads.
class PageQuery {
 public:
  explicit PageQuery(const ListQuery& query) : query_(query) {
    // A state that is named twice must not show its jobs twice.
    auto& states = query_.filter.states;
    std::ranges::sort(states);
    states.erase(std::ranges::unique(states).begin(), states.end());
  }

  std::string sql() const {
    const job::Filter& filter = query_.filter;
    const std::string direction = filter.ascending ? "ASC" : "DESC";
    const std::string tail = " ORDER BY seq " + direction + " LIMIT ?";
    if (!filter.tags.empty()) return branch(filter.states) + " ORDER BY lead.job " + direction + " LIMIT ?";
    if (filter.states.size() < 2) return branch(filter.states) + tail;
    std::string merged;
    for (const auto state : filter.states)
      merged += (merged.empty() ? "" : " UNION ALL ") + ("SELECT seq FROM (" + branch({state}) + tail + ")");
    return "SELECT seq FROM (" + merged + ")" + tail;
  }

  void bind(Statement& statement) const {
    const job::Filter& filter = query_.filter;
    if (!filter.tags.empty() || filter.states.size() < 2) {
      bind_branch(statement, filter.states);
    } else {
      for (const auto state : filter.states) bind_branch(statement, {state});
    }
    statement.bind(query_.limit + 1);
  }

 private:
  std::string branch(const std::vector<job::State>& states) const {
    const job::Filter& filter = query_.filter;
    const bool by_tag = !filter.tags.empty();
    std::string sql =
        by_tag ? "SELECT lead.job AS seq FROM tags AS lead CROSS JOIN jobs ON jobs.seq=lead.job WHERE "
                 "lead.name=? AND lead.value=?"
               : "SELECT seq FROM jobs WHERE 1";
    // Named as the index that leads has it, the page is read along that index and ends early.
    const std::string number = by_tag ? " AND lead.job" : " AND seq";
    if (!states.empty()) sql += " AND state IN (" + marks(states.size()) + ")";
    if (!filter.types.empty()) sql += " AND type IN (" + marks(filter.types.size()) + ")";
    if (!filter.queue.empty()) sql += " AND queue=?";
    if (filter.created_after) sql += number + ">=?";
    if (filter.created_before) sql += number + "<?";
    if (query_.after) sql += number + (filter.ascending ? ">?" : "<?");
    for (std::size_t i = 1; i < filter.tags.size(); ++i)
      sql += " AND EXISTS(SELECT 1 FROM tags WHERE job=lead.job AND name=? AND value=?)";
    return sql;
  }

  void bind_branch(Statement& statement, const std::vector<job::State>& states) const {
    const job::Filter& filter = query_.filter;
    auto tag = filter.tags.begin();
    const auto bind_tag = [&] {
      statement.bind(std::string_view(tag->first)).bind(std::string_view(tag->second));
      ++tag;
    };
    if (tag != filter.tags.end()) bind_tag();
    for (const auto state : states) statement.bind(static_cast<int>(state));
    for (const auto& type : filter.types) statement.bind(std::string_view(type));
    if (!filter.queue.empty()) statement.bind(std::string_view(filter.queue));
    // A sequence number starts with the milliseconds of its creation (base/id.hpp).
    if (filter.created_after) statement.bind(first_of(*filter.created_after));
    if (filter.created_before) statement.bind(first_of(*filter.created_before));
    if (query_.after) statement.bind(*query_.after);
    while (tag != filter.tags.end()) bind_tag();
    if (filter.tags.empty() && filter.states.size() >= 2) statement.bind(query_.limit + 1);
  }

  static std::int64_t first_of(Time time) {
    return std::clamp<std::int64_t>(time.time_since_epoch().count(), 0, std::int64_t{1} << 46) << 16;
  }
  static std::string marks(std::size_t count) {
    std::string out = "?";
    for (std::size_t i = 1; i < count; ++i) out += ",?";
    return out;
  }

  ListQuery query_;
};

}  // namespace

Result<job::Job> get(Statements& sql, const Ulid& id) {
  static const std::string text = fmt::format("SELECT {} FROM jobs WHERE seq=? AND low=?", job_columns);
  Statement& row = sql(text).bind(id.sequence()).bind(low_of(id));
  if (!row.step()) return fail(Code::not_found, "there is no job " + format_id(job::id_prefix, id));
  job::Job job = read_job(row);
  row.start();
  return job;
}

Result<ListPage> list(Statements& sql, const ListQuery& query) {
  // One statement, so that a job is shown in the state for which it was found.
  const PageQuery page_query(query);
  Statement& row =
      sql(fmt::format("SELECT {} FROM ({}) AS page CROSS JOIN jobs ON jobs.seq=page.seq ORDER BY page.seq {}",
                      job_columns, page_query.sql(), query.filter.ascending ? "ASC" : "DESC"));
  page_query.bind(row);
  ListPage page;
  while (row.step()) {
    if (page.jobs.size() == query.limit)
      page.next = page.jobs.back().ulid.sequence();
    else
      page.jobs.push_back(read_job(row));
  }
  return page;
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
      "SELECT seq, low, type, concurrency_key, priority, updated_at FROM jobs WHERE state=4 AND queue=?";
  const std::string order = " ORDER BY priority DESC, seq LIMIT ?";
  std::vector<ReadyJob> out;
  const auto collect = [&](Statement& row) {
    while (row.step())
      out.push_back({ulid_of(row.integer(0), row.integer(1)), std::string(row.text(2)),
                     std::string(row.text(3)), row.integer(4), row.time(5)});
  };
  if (query.concurrency_key) {
    collect(sql(std::string(columns) + " AND concurrency_key=?" + order)
                .bind(std::string_view(query.queue))
                .bind(std::string_view(*query.concurrency_key))
                .bind(query.limit));
    return out;
  }
  if (!query.after) {
    collect(sql(std::string(columns) + order).bind(std::string_view(query.queue)).bind(query.limit));
    return out;
  }
  collect(sql(std::string(columns) + " AND priority=? AND seq>?" + order)
              .bind(std::string_view(query.queue))
              .bind(query.after->first)
              .bind(query.after->second)
              .bind(query.limit));
  if (out.size() < query.limit)
    collect(sql(std::string(columns) + " AND priority<?" + order)
                .bind(std::string_view(query.queue))
                .bind(query.after->first)
                .bind(query.limit - out.size()));
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

Result<Census> census(Statements& sql) {
  Census census;
  Statement& row = sql("SELECT queue, state, count(*) FROM jobs GROUP BY queue, state");
  while (row.step())
    census.jobs[std::string(row.text(0))][static_cast<job::State>(row.integer(1))] = row.integer(2);
  Statement& owed = sql("SELECT count(*) FROM outbox WHERE settled=0");
  if (owed.step()) census.deliveries_pending = owed.integer(0);
  owed.start();
  return census;
}

}  // namespace waypost::store::sqlite
