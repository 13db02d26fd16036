#include "store/sqlite/session.hpp"

#include "store/sqlite/histories.hpp"
#include "store/sqlite/manifests.hpp"
#include "store/sqlite/rows.hpp"
#include "waypost/job/job_json.hpp"

namespace waypost::store::sqlite {
namespace {

Change change_of(const job::Job& job, std::optional<job::State> before) {
  return {.ulid = job.ulid,
          .before = before,
          .after = job.state,
          .type = job.spec.type,
          .queue = job.spec.queue,
          .priority = job.spec.priority,
          .version = job.version,
          .fence = job.fence,
          .wake_at = job::wake_at(job),
          .manifest = job.spec.batch ? job.spec.batch->manifest : std::string()};
}

std::unexpected<Error> no_such_job(const Ulid& id) {
  return fail(Code::not_found, "there is no job " + format_id(job::id_prefix, id));
}

constexpr auto select_job = "SELECT {} FROM jobs WHERE seq=?";

constexpr std::size_t max_recent = 2048, max_recent_payload = 4096;

}  // namespace

Statement& Statements::operator()(std::string_view sql) {
  auto at = prepared_.find(sql);
  if (at == prepared_.end()) at = prepared_.try_emplace(std::string(sql), database_, sql).first;
  return at->second.start();
}

Session::Session(Database& database, Clock& clock, Seconds idempotency)
    : sql_(database), clock_(clock), idempotency_(idempotency), holder_(make_ulid(clock.now()).sequence()) {}

job::Moment Session::moment() {
  return {.now = clock_.now(), .random = std::uniform_real_distribution<double>(0, 1)(random_)};
}

std::optional<job::Job> Session::load(std::int64_t seq) {
  if (auto known = recent_.extract(seq)) return std::move(known.mapped());
  static const std::string text = fmt::format(select_job, job_columns);
  Statement& row = sql_(text).bind(seq);
  if (!row.step()) return {};
  job::Job job = read_job(row);
  row.start();
  return job;
}

std::optional<job::Job> Session::load(const Ulid& id) {
  auto job = load(id.sequence());
  if (job && job->ulid != id) return {};
  return job;
}

void Session::remember(const job::Job& job) {
  if (job::is_terminal(job.state) || job.payload.size() > max_recent_payload) return;
  if (recent_.size() >= max_recent) recent_.clear();
  recent_.insert_or_assign(job.ulid.sequence(), job);
}

void Session::insert(const job::Job& job) {
  const std::string packed = job::pack(job.spec);
  Statement& statement = sql_(insert_job_sql);
  bind_insert(statement, job, packed);
  statement.run();
  for (const auto& [name, value] : job.spec.tags)
    sql_("INSERT INTO tags(name, value, job) VALUES(?,?,?)")
        .bind(std::string_view(name))
        .bind(std::string_view(value))
        .bind(job.ulid.sequence())
        .run();
  use_manifest(sql_, job);
}

std::optional<Submitted> Session::replay(const IdempotencyKey& key, Error& refusal) {
  Statement& row =
      sql_("SELECT fingerprint, holder, status, location, body FROM answers WHERE key=? AND created_at>=?")
          .bind(std::string_view(key.key))
          .bind(clock_.now() - idempotency_);
  if (!row.step()) return {};
  Submitted first{.replayed = true};
  const std::int64_t holder = row.integer(1);
  if (row.text(0) != key.fingerprint)
    refusal = {.code = Code::idempotency_key_reused,
               .message = "this Idempotency-Key was used with another request; choose a new key"};
  // An answer held by a process that is gone will not come any more: its 202 stands.
  else if (holder == holder_)
    refusal = {.code = Code::idempotency_in_progress,
               .message = "the first request with this Idempotency-Key is still under way",
               .retry_after_seconds = 1};
  else
    first.answer = {static_cast<int>(row.integer(2)), std::string(row.text(4)), std::string(row.text(3))};
  row.start();
  return first;
}

Result<std::optional<Submitted>> Session::admit(const std::optional<IdempotencyKey>& key) {
  if (key) {
    Error refusal;
    if (auto first = replay(*key, refusal)) {
      if (refusal.message.empty()) return first;
      return std::unexpected(std::move(refusal));
    }
  }
  if (nearly_full_)
    return fail(Code::insufficient_storage,
                "the disk is nearly full: nothing new is accepted until there is room");
  return std::optional<Submitted>();
}

void Session::keep_answer(const IdempotencyKey& key, const StoredAnswer& answer) {
  // Replaces one that is too old to count.
  sql_(
      "INSERT OR REPLACE INTO answers(key, fingerprint, holder, status, location, body, created_at) "
      "VALUES(?,?,?,?,?,?,?)")
      .bind(std::string_view(key.key))
      .bind(std::string_view(key.fingerprint))
      .bind(key.held ? holder_ : 0)
      .bind(answer.status)
      .bind(std::string_view(answer.location))
      .bind_blob(answer.body)
      .bind(clock_.now())
      .run();
}

Result<Submitted> Session::submit(const Submission& submission) {
  auto first = admit(submission.idempotency);
  if (!first) return std::unexpected(first.error());
  if (*first) return std::move(**first);
  if (const auto accepted = accept(submission.job); !accepted) return std::unexpected(accepted.error());
  if (submission.idempotency) keep_answer(*submission.idempotency, submission.answer);
  return Submitted{};
}

Result<Ulid> Session::accept(const job::Job& job) {
  if (auto there = find_manifest(sql_, job); !there) return std::unexpected(there.error());
  insert(job);
  remember(job);
  changes_.push_back(change_of(job, {}));
  return job.ulid;
}

Result<void> Session::put_answer(const std::string& key, const StoredAnswer& answer) {
  sql_("UPDATE answers SET holder=0, status=?, location=?, body=? WHERE key=?")
      .bind(answer.status)
      .bind(std::string_view(answer.location))
      .bind_blob(answer.body)
      .bind(std::string_view(key))
      .run();
  return {};
}

Result<job::Decision> Session::change(const Ulid& id, const job::Command& command) {
  auto job = load(id);
  if (!job) return no_such_job(id);
  const job::State before = job->state;
  const Time ready_since = job->updated_at;
  auto decision = job::decide(std::move(*job), command, moment());
  if (!decision || !decision->changed) return decision;
  save(*decision, before, clock_.now() - ready_since);
  return decision;
}

void Session::save(const job::Decision& decision, std::optional<job::State> before, Milliseconds waited) {
  const job::Job& job = decision.job;
  if (decision.forget) {
    sql_("DELETE FROM jobs WHERE seq=?").bind(job.ulid.sequence()).run();
    sql_("DELETE FROM outbox WHERE job=? AND settled<>0").bind(job.ulid.sequence()).run();
    changes_.push_back(change_of(job, before));
    changes_.back().forgotten = true;
    return;
  }
  const auto packed_error = job.error ? std::optional(job::pack(*job.error)) : std::nullopt;
  Statement& update = sql_(update_job_sql);
  bind_update(update, job, packed_error);
  update.run();
  remember(job);
  if (decision.new_run) sql_("DELETE FROM chunks WHERE job=?").bind(job.ulid.sequence()).run();
  if (const auto& attempt = decision.ended_attempt) {
    const auto error = attempt->error ? std::optional(job::pack(*attempt->error)) : std::nullopt;
    Statement& row = sql_(
        "INSERT OR REPLACE INTO attempts(job, number, started_at, finished_at, worker, outcome, error) "
        "VALUES(?,?,?,?,?,?,?)");
    row.bind(job.ulid.sequence())
        .bind(attempt->number)
        .bind(attempt->started_at)
        .bind(attempt->finished_at)
        .bind(std::string_view(attempt->worker))
        .bind(static_cast<int>(attempt->outcome));
    if (error)
      row.bind(std::string_view(*error));
    else
      row.bind_null();
    row.run();
  }
  Change change = change_of(job, before);
  change.waited = waited;
  if (decision.notice) {
    change.told = true;
    if (auto due = tell(job, *decision.notice)) change.deliveries.push_back(std::move(*due));
  }
  changes_.push_back(std::move(change));
}

std::optional<Delivery> Session::tell(const job::Job& job, job::Notice notice) {
  const job::PastEvent event{.ulid = make_ulid(job.updated_at),
                             .sequence = job.version,
                             .notice = notice,
                             .at = job.updated_at,
                             .state = job.state,
                             .attempt = job.attempt,
                             .progress = job.progress,
                             .reason = job.reason,
                             .error = job.error};
  add_event(sql_, job.ulid, event);
  return owe(job, event);
}

std::optional<Delivery> Session::owe(const job::Job& job, const job::PastEvent& event) {
  const auto& webhook = job.spec.webhook;
  if (!webhook || std::ranges::find(webhook->events, event.notice) == webhook->events.end()) return {};
  Statement& earlier =
      sql_("SELECT 1 FROM outbox WHERE job=? AND settled=0 LIMIT 1").bind(job.ulid.sequence());
  const bool waits = earlier.step();  // per job in order
  earlier.start();
  Delivery delivery{.event = event.ulid,
                    .job = job.ulid,
                    .url = webhook->url,
                    .secret = webhook->secret,
                    .body = job::notification_body(job, event.notice, event.at),
                    .traceparent = job.spec.traceparent,
                    .created_at = event.at,
                    .next_at = event.at};
  Statement& row = sql_(
      "INSERT INTO outbox(seq, low, job, job_low, url, secret, traceparent, body, created_at, next_at) "
      "VALUES(?,?,?,?,?,?,?,?,?,?)");
  row.bind(delivery.event.sequence())
      .bind(low_of(delivery.event))
      .bind(job.ulid.sequence())
      .bind(low_of(job.ulid))
      .bind(std::string_view(delivery.url))
      .bind(std::string_view(delivery.secret))
      .bind(std::string_view(delivery.traceparent))
      .bind_blob(delivery.body)
      .bind(delivery.created_at);
  if (waits)
    row.bind_null();
  else
    row.bind(delivery.next_at);
  row.run();
  if (waits) return {};
  return delivery;
}

Result<job::Decision> Session::record_chunk(const Ulid& id, const ChunkRecord& chunk, std::int64_t fence) {
  auto job = load(id);
  if (!job) return no_such_job(id);
  const job::State before = job->state;
  Statement& known =
      sql_("SELECT 1 FROM chunks WHERE job=? AND number=?").bind(id.sequence()).bind(chunk.number);
  const bool repeated = known.step();
  known.start();
  if (repeated) return fail(Code::conflict, "chunk " + std::to_string(chunk.number) + " is recorded already");
  auto decision = job::decide(std::move(*job), job::Advance{fence, chunk.succeeded, chunk.failed}, moment());
  if (!decision) return decision;
  insert_chunk(id, chunk);
  save(*decision, before, {});
  return decision;
}

Result<void> Session::record_rest(const Ulid& id, const std::vector<ChunkRecord>& chunks) {
  const auto job = load(id);
  if (!job) return no_such_job(id);
  if (!job::is_terminal(job->state))  // it was run again meanwhile, and will run these
    return fail(Code::conflict,
                job->id() + " is " + std::string(to_string(job->state)) + " and its rows may still run");
  for (const ChunkRecord& chunk : chunks) insert_chunk(id, chunk);
  return {};
}

void Session::insert_chunk(const Ulid& id, const ChunkRecord& chunk) {
  sql_(
      "INSERT OR IGNORE INTO chunks(job, number, rows, succeeded, failed, report_offset, report_length) "
      "VALUES(?,?,?,?,?,?,?)")
      .bind(id.sequence())
      .bind(chunk.number)
      .bind(chunk.rows)
      .bind(chunk.succeeded)
      .bind(chunk.failed)
      .bind(chunk.report_offset)
      .bind(chunk.report_length)
      .run();
}

Result<Tick> Session::tick(Time now, std::size_t limit) {
  std::vector<std::int64_t> due;
  Statement& row =
      sql_("SELECT seq FROM jobs WHERE wake_at IS NOT NULL AND wake_at<=? ORDER BY wake_at LIMIT ?")
          .bind(now)
          .bind(limit);
  while (row.step()) due.push_back(row.integer(0));
  for (const std::int64_t seq : due) {
    auto job = load(seq);
    if (!job) continue;
    const job::State before = job->state;
    const auto decision = job::decide(std::move(*job), job::Wake{}, {now, moment().random});
    if (decision && decision->changed) save(*decision, before, {});
  }
  sql_("DELETE FROM answers WHERE key IN (SELECT key FROM answers WHERE created_at<? LIMIT ?)")
      .bind(now - idempotency_)
      .bind(limit)
      .run();
  Tick tick{.done = due.size()};
  Statement& next = sql_("SELECT min(wake_at) FROM jobs WHERE wake_at IS NOT NULL");
  if (next.step()) tick.next = next.optional_time(0);
  next.start();
  return tick;
}

Result<std::optional<Delivery>> Session::settle(const Settlement& settlement) {
  const std::int64_t seq = settlement.event.sequence();
  if (settlement.kind == Settlement::Kind::postpone) {
    sql_("UPDATE outbox SET next_at=? WHERE seq=? AND settled=0").bind(settlement.next_at).bind(seq).run();
    return std::optional<Delivery>{};
  }
  // Asked for before it is changed: a RETURNING builds a table of its own at each execution.
  Statement& owed = sql_("SELECT job FROM outbox WHERE seq=? AND settled=0").bind(seq);
  if (!owed.step()) return std::optional<Delivery>{};
  const std::int64_t job = owed.integer(0);
  owed.start();
  const bool retry = settlement.kind == Settlement::Kind::retry;
  Statement& update = sql_(
      "UPDATE outbox SET settled=?, attempts=attempts+1, next_at=?, last_at=?, last_status=?, "
      "last_detail=?, body=CASE WHEN ? THEN body ELSE x'' END WHERE seq=?");
  update.bind(static_cast<int>(settlement.kind == Settlement::Kind::delivered ? 1 : retry ? 0 : 2));
  if (retry)
    update.bind(settlement.next_at);
  else
    update.bind_null();
  update.bind(settlement.at)
      .bind(settlement.status)
      .bind(std::string_view(settlement.detail))
      .bind(retry ? 1 : 0)
      .bind(seq)
      .run();
  if (retry) return std::optional<Delivery>{};
  sql_("DELETE FROM outbox WHERE job=? AND settled<>0 AND NOT EXISTS(SELECT 1 FROM jobs WHERE seq=?)")
      .bind(job)
      .bind(job)
      .run();
  return next_owed(job);
}

std::optional<Delivery> Session::next_owed(std::int64_t job) {
  static const std::string text =
      fmt::format("SELECT {} FROM outbox WHERE job=? AND settled=0 ORDER BY seq LIMIT 1",
                  "seq, low, job, job_low, url, secret, traceparent, body, attempts, created_at, next_at");
  Statement& row = sql_(text).bind(job);
  if (!row.step()) return {};
  Delivery next = read_delivery(row);
  row.start();
  next.next_at = clock_.now();
  sql_("UPDATE outbox SET next_at=? WHERE seq=?").bind(next.next_at).bind(next.event.sequence()).run();
  return next;
}

void Session::recover() {
  std::vector<std::int64_t> held;
  Statement& row = sql_("SELECT seq FROM jobs WHERE state IN (?,?,?,?)")
                       .bind(static_cast<int>(job::State::running))
                       .bind(static_cast<int>(job::State::pausing))
                       .bind(static_cast<int>(job::State::cancelling))
                       .bind(static_cast<int>(job::State::completing));
  while (row.step()) held.push_back(row.integer(0));
  for (const std::int64_t seq : held) {
    auto job = load(seq);
    const job::State before = job->state;
    const auto decision = job::decide(std::move(*job), job::WorkerLost{}, moment());
    if (decision) save(*decision, before, {});
  }
}

}  // namespace waypost::store::sqlite
