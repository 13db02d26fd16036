#include "store/sqlite/session.hpp"

#include "store/sqlite/audit.hpp"
#include "store/sqlite/chunks.hpp"
#include "store/sqlite/dependencies.hpp"
#include "store/sqlite/histories.hpp"
#include "store/sqlite/manifests.hpp"
#include "store/sqlite/rows.hpp"
#include "store/sqlite/unique_keys.hpp"
#include "waypost/job/job_json.hpp"

namespace waypost::store::sqlite {
namespace {

Change change_of(const job::Job& job, std::optional<job::State> before) {
  return {.ulid = job.ulid,
          .tenant = job.spec.tenant,
          .before = before,
          .after = job.state,
          .type = job.spec.type,
          .queue = job.spec.queue,
          .concurrency_group = job::concurrency_group(job.spec),
          .priority = job.spec.priority,
          .priority_before = job.spec.priority,
          .version = job.version,
          .fence = job.fence,
          .wake_at = job::wake_at(job),
          .at = job.updated_at,
          .manifest = job.spec.batch ? job.spec.batch->manifest : std::string()};
}

std::unexpected<Error> no_such_job(const Ulid& id) {
  return fail(Code::not_found, "there is no job " + format_id(job::id_prefix, id));
}

/// What a tracer is told: the job without what it was given and gave.
std::unique_ptr<const job::Job> told_of(const job::Job& job) {
  auto told = std::make_unique<job::Job>(job);
  told->payload.clear();
  told->result.clear();
  return told;
}

constexpr auto select_job = "SELECT {} FROM jobs WHERE seq=?";

StoredAnswer answer_of(const job::Job& job, int status, Time now) {
  StoredAnswer answer{.status = status, .location = "/v1/jobs/" + job.id()};
  json::Writer out(answer.body);
  job::write(out, job, now);
  return answer;
}

/// Jobs that one tick deletes at most, and for how long it does: other writes wait for it.
constexpr std::size_t sweep_limit = 64;
constexpr std::chrono::microseconds sweep_time{500};
constexpr std::size_t max_recent = 2048, max_recent_payload = 4096;

}  // namespace

Session::Session(Database& database, Clock& clock, const SqliteOptions& options)
    : sql_(database),
      endpoints_(sql_),
      outbox_(sql_, endpoints_, clock, options.retention.deliveries),
      clock_(clock),
      retention_(options.retention),
      holder_(make_ulid(clock.now()).sequence()) {}

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
  const std::string packed = job::pack(job.spec), group = job::concurrency_group(job.spec);
  Statement& statement = sql_(insert_job_sql);
  bind_insert(statement, job, packed, group);
  statement.run();
  insert_tags(job);
}

void Session::amend(const job::Job& job) {
  const std::string packed = job::pack(job.spec);
  sql_("UPDATE jobs SET priority=?, spec=? WHERE seq=?")
      .bind(job.spec.priority)
      .bind(std::string_view(packed))
      .bind(job.ulid.sequence())
      .run();
  sql_("DELETE FROM tags WHERE job=?").bind(job.ulid.sequence()).run();
  insert_tags(job);
}

void Session::insert_tags(const job::Job& job) {
  for (const auto& [name, value] : job.spec.tags)
    sql_("INSERT INTO tags(tenant, name, value, job) VALUES(?,?,?,?)")
        .bind(static_cast<std::int64_t>(job.spec.tenant))
        .bind(std::string_view(name))
        .bind(std::string_view(value))
        .bind(job.ulid.sequence())
        .run();
  use_manifest(sql_, job);
}

std::optional<Submitted> Session::replay(const IdempotencyKey& key, Error& refusal) {
  Statement& row =
      sql_(
          "SELECT fingerprint, holder, status, location, body FROM answers WHERE tenant=? AND key=? AND "
          "created_at>=?")
          .bind(static_cast<std::int64_t>(key.tenant))
          .bind(std::string_view(key.key))
          .bind(clock_.now() - retention_.idempotency);
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
    first.answer =
        StoredAnswer{static_cast<int>(row.integer(2)), std::string(row.text(4)), std::string(row.text(3))};
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
      "INSERT OR REPLACE INTO answers(tenant, key, fingerprint, holder, status, location, body, created_at) "
      "VALUES(?,?,?,?,?,?,?,?)")
      .bind(static_cast<std::int64_t>(key.tenant))
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
  const job::Job& job = submission.job;
  const auto accepted = accept(job);
  if (!accepted) return std::unexpected(accepted.error());
  Submitted submitted{.existing = *accepted != job.ulid, .job = *accepted};
  if (submitted.existing)
    submitted.answer = answer_of(*load(*accepted), 200, clock_.now());
  else if (!job.spec.depends_on.empty())
    submitted.answer = answer_of(*load(*accepted), submission.answer.status, clock_.now());
  if (submission.idempotency)
    keep_answer(*submission.idempotency, submitted.answer.value_or(submission.answer));
  return submitted;
}

Result<Ulid> Session::accept(const job::Job& job) {
  if (auto there = find_manifest(sql_, job); !there) return std::unexpected(there.error());
  const auto dependencies = states_of_dependencies(sql_, job);
  if (!dependencies) return std::unexpected(dependencies.error());
  const auto existing = make_way(job);
  if (!existing) return std::unexpected(existing.error());
  if (*existing) return **existing;
  add(job);
  wait_for_dependencies(job, *dependencies);
  release_some();
  return job.ulid;
}

void Session::add(const job::Job& job) {
  insert(job);
  remember(job);
  Change change = change_of(job, {});
  if (const auto notice = job::first_notice(job)) tell(change, job, *notice);
  changes_.push_back(std::move(change));
}

void Session::apply(std::int64_t seq, const job::Command& command, Time now) {
  auto job = load(seq);
  if (!job) return;
  const job::State before = job->state;
  const Time before_at = job->updated_at;
  const auto decision = job::decide(std::move(*job), command, {now, moment().random});
  if (decision && decision->changed) save(*decision, before, before_at);
}

Result<void> Session::put_answer(const IdempotencyKey& key, const StoredAnswer& answer) {
  sql_("UPDATE answers SET holder=0, status=?, location=?, body=? WHERE tenant=? AND key=?")
      .bind(answer.status)
      .bind(std::string_view(answer.location))
      .bind_blob(answer.body)
      .bind(static_cast<std::int64_t>(key.tenant))
      .bind(std::string_view(key.key))
      .run();
  return {};
}

Result<job::Decision> Session::change(const OwnedId& id, const job::Command& command) {
  auto job = load(id.id);
  if (!job || !id.may_be_of(job->spec.tenant)) {
    if (job) remember(*job);
    return no_such_job(id.id);
  }
  if (std::holds_alternative<job::RunAgain>(command))
    if (const auto may = may_run_again(*job); !may) return std::unexpected(may.error());
  const job::State before = job->state;
  const Time before_at = job->updated_at;
  auto decision = job::decide(std::move(*job), command, moment());
  if (!decision || !decision->changed) return decision;
  save(*decision, before, before_at);
  release_some();
  return decision;
}

void Session::save(const job::Decision& decision, std::optional<job::State> before, Time before_at) {
  const job::Job& job = decision.job;
  if (decision.forget) {
    sql_("DELETE FROM jobs WHERE seq=?").bind(job.ulid.sequence()).run();
    changes_.push_back(change_of(job, before));
    changes_.back().forgotten = true;
    changes_.back().before_at = before_at;
    return;
  }
  const auto packed_error = job.error ? std::optional(job::pack(*job.error)) : std::nullopt;
  Statement& update = sql_(update_job_sql);
  bind_update(update, job, packed_error);
  update.run();
  if (job.spec.batch) put_batch_state(sql_, job);
  remember(job);
  if (decision.amended) amend(job);
  if (decision.new_run) {
    sql_("DELETE FROM chunks WHERE job=?").bind(job.ulid.sequence()).run();
    if (job.spec.unique) take_key(sql_, job.spec, job.ulid);
  }
  if (job::is_terminal(job.state)) ended(job);
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
  change.priority_before = decision.priority_before;
  change.before_at = before_at;
  change.ended_attempt = decision.ended_attempt;
  if (job.spec.traced && (change.ended_attempt || (job::is_terminal(job.state) && before != job.state)))
    change.traced = told_of(job);
  if (decision.notice) tell(change, job, *decision.notice);
  changes_.push_back(std::move(change));
}

void Session::tell(Change& change, const job::Job& job, job::Notice notice) {
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
  change.told = true;
  std::ranges::move(outbox_.owe(job, event), std::back_inserter(change.deliveries));
}

Result<job::Decision> Session::record_chunk(const Ulid& id, const ChunkRecord& chunk, std::int64_t fence) {
  auto job = load(id);
  if (!job) return no_such_job(id);
  const job::State before = job->state;
  const Time before_at = job->updated_at;
  const auto known = find_chunk(sql_, id, chunk.number);
  if (known && known->run == chunk.run && !known->open)
    return fail(Code::conflict, "chunk " + std::to_string(chunk.number) + " is recorded already");
  auto decision = job::decide(std::move(*job), advance_to(chunk, known, fence), moment());
  if (!decision) return decision;
  put_chunk(sql_, id, chunk);
  save(*decision, before, before_at);
  return decision;
}

Result<void> Session::record_rest(const Ulid& id, const std::vector<ChunkRecord>& chunks) {
  const auto job = load(id);
  if (!job) return no_such_job(id);
  if (!job::is_terminal(job->state))  // it was run again meanwhile, and will run these
    return fail(Code::conflict,
                job->id() + " is " + std::string(to_string(job->state)) + " and its rows may still run");
  for (const ChunkRecord& chunk : chunks)
    if (!find_chunk(sql_, id, chunk.number)) put_chunk(sql_, id, chunk);
  return {};
}

std::vector<std::int64_t> Session::due_by(std::string_view select, Time now, std::size_t limit) {
  std::vector<std::int64_t> due;
  Statement& row = sql_(select).bind(now).bind(limit);
  while (row.step()) due.push_back(row.integer(0));
  return due;
}

/// Deletes jobs until there are no more or it has taken too long: the rest has time.
std::size_t Session::sweep(const std::vector<std::int64_t>& over, Time now) {
  const auto until = std::chrono::steady_clock::now() + sweep_time;
  std::size_t swept = 0;
  while (swept < over.size() && (swept == 0 || std::chrono::steady_clock::now() < until))
    apply(over[swept++], job::Wake{}, now);
  return swept;
}

Result<Tick> Session::tick(Time now, std::size_t limit) {
  // What is over is apart (retention_schema): a backlog of it must not keep others from their time.
  const auto due = due_by(
      "SELECT seq FROM jobs WHERE state<10 AND wake_at IS NOT NULL AND wake_at<=? ORDER BY wake_at LIMIT ?",
      now, limit);
  const auto over = due_by("SELECT seq FROM jobs WHERE state>=10 AND wake_at<=? ORDER BY wake_at LIMIT ?",
                           now, std::min(limit, sweep_limit));
  for (const std::int64_t seq : due) apply(seq, job::Wake{}, now);
  const std::size_t swept = sweep(over, now);
  const std::size_t told = release(limit);
  sql_(
      "DELETE FROM answers WHERE (tenant, key) IN (SELECT tenant, key FROM answers WHERE created_at<? LIMIT "
      "?)")
      .bind(now - retention_.idempotency)
      .bind(limit)
      .run();
  Tick tick = outbox_.sweep(now, limit);
  const Tick audit = sweep_audit(sql_, now - retention_.audit, limit);
  const auto audit_next = audit.next ? std::optional(*audit.next + retention_.audit) : std::nullopt;
  if (audit_next && (!tick.next || *audit_next < *tick.next)) tick.next = audit_next;
  tick.done = std::max({tick.done, audit.done, due.size(), told});
  tick.swept += swept;
  for (const auto* first : {"SELECT min(wake_at) FROM jobs WHERE state<10 AND wake_at IS NOT NULL",
                            "SELECT min(wake_at) FROM jobs WHERE state>=10"}) {
    Statement& next = sql_(first);
    const auto at = next.step() ? next.optional_time(0) : std::nullopt;
    next.start();
    if (at && (!tick.next || *at < *tick.next)) tick.next = at;
  }
  if (someone_to_tell_) tick.next = now;
  return tick;
}

void Session::recover() {
  std::vector<std::int64_t> held;
  Statement& row =
      sql_("SELECT seq FROM jobs WHERE tenant IN (SELECT id FROM tenants) AND state IN (?,?,?,?)")
          .bind(static_cast<int>(job::State::running))
          .bind(static_cast<int>(job::State::pausing))
          .bind(static_cast<int>(job::State::cancelling))
          .bind(static_cast<int>(job::State::completing));
  while (row.step()) held.push_back(row.integer(0));
  for (const std::int64_t seq : held) apply(seq, job::WorkerLost{}, clock_.now());
}

}  // namespace waypost::store::sqlite
