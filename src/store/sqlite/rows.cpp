#include "store/sqlite/rows.hpp"

#include "waypost/job/job_json.hpp"
#include "waypost/job/rules.hpp"

namespace waypost::store::sqlite {

job::Job read_job(const Statement& row) {
  int column = 0;
  const auto integer = [&] { return row.integer(column++); };
  const auto text = [&] { return std::string(row.text(column++)); };
  const auto maybe_time = [&] { return row.optional_time(column++); };
  job::Job job;
  const std::int64_t seq = integer();
  job.ulid = ulid_of(seq, integer());
  job.state = static_cast<job::State>(integer());
  job.waits_for = integer();
  job.spec.type = text();
  job.spec.queue = text();
  job.spec.priority = integer();
  job.version = integer();
  job.fence = integer();
  job.attempt = static_cast<int>(integer());
  job.run_base = static_cast<int>(integer());
  job.lost_in_a_row = static_cast<int>(integer());
  job.created_at = Time{Milliseconds{integer()}};
  job.updated_at = Time{Milliseconds{integer()}};
  job.run_at = maybe_time();
  job.started_at = maybe_time();
  job.attempt_started_at = maybe_time();
  job.finished_at = maybe_time();
  job.reason = text();
  if (row.is_null(column))
    ++column;
  else
    job.error = job::unpack_error(row.text(column++));
  job.progress.total = integer();
  job.progress.succeeded = integer();
  job.progress.failed = integer();
  job.has_result = !row.is_null(column);
  job.result_type = text();
  job::unpack(row.text(column++), job.spec);
  job.payload = text();
  job.result = text();
  if (job.spec.batch && !row.is_null(column)) job.batch = job::unpack_batch_state(row.text(column));
  job.spec.tenant = static_cast<Tenant>(row.integer(column + 1));
  return job;
}

void bind_insert(Statement& statement, const job::Job& job, std::string_view packed, std::string_view group) {
  statement.start()
      .bind(job.ulid.sequence())
      .bind(low_of(job.ulid))
      .bind(static_cast<int>(job.state))
      .bind(std::string_view(job.spec.type))
      .bind(std::string_view(job.spec.queue))
      .bind(job.spec.priority)
      .bind(job.version)
      .bind(job.fence)
      .bind(job.attempt)
      .bind(job.run_base)
      .bind(job.lost_in_a_row)
      .bind(job.created_at)
      .bind(job.updated_at)
      .bind(job.run_at)
      .bind(job::wake_at(job))
      .bind(std::string_view(job.reason))
      .bind(job.progress.total)
      .bind(job.progress.succeeded)
      .bind(job.progress.failed)
      .bind(packed)
      .bind_blob(job.payload)
      .bind(job.waits_for);
  if (group.empty())
    statement.bind_null();
  else
    statement.bind(group);
  statement.bind(static_cast<std::int64_t>(job.spec.tenant));
}

void bind_update(Statement& statement, const job::Job& job, const std::optional<std::string>& packed_error) {
  statement.start()
      .bind(static_cast<int>(job.state))
      .bind(job.version)
      .bind(job.fence)
      .bind(job.attempt)
      .bind(job.run_base)
      .bind(job.lost_in_a_row)
      .bind(job.updated_at)
      .bind(job.run_at)
      .bind(job.started_at)
      .bind(job.attempt_started_at)
      .bind(job.finished_at)
      .bind(job::wake_at(job))
      .bind(std::string_view(job.reason));
  if (packed_error)
    statement.bind(std::string_view(*packed_error));
  else
    statement.bind_null();
  statement.bind(job.progress.succeeded).bind(job.progress.failed);
  if (job.has_result)
    statement.bind(std::string_view(job.result_type)).bind_blob(job.result);
  else
    statement.bind_null().bind_null();
  statement.bind(job.waits_for).bind(job.ulid.sequence());
}

Delivery read_delivery(const Statement& row) {
  return {.id = ulid_of(row.integer(0), row.integer(1)),
          .event = ulid_of(row.integer(2), row.integer(3)),
          .job = ulid_of(row.integer(4), row.integer(5)),
          .tenant = static_cast<Tenant>(row.integer(15)),
          .endpoint = row.integer(6),
          .url = std::string(row.text(7)),
          .secret = std::string(row.text(8)),
          .body = std::string(row.text(10)),
          .traceparent = std::string(row.text(9)),
          .tracestate = std::string(row.text(14)),
          .attempts = static_cast<int>(row.integer(11)),
          .created_at = row.time(12),
          .next_at = row.time(13)};
}

void bind_insert(Statement& statement, const Delivery& delivery) {
  statement.start()
      .bind(delivery.id.sequence())
      .bind(low_of(delivery.id))
      .bind(delivery.event.sequence())
      .bind(low_of(delivery.event))
      .bind(delivery.job.sequence())
      .bind(low_of(delivery.job))
      .bind(static_cast<std::int64_t>(delivery.tenant))
      .bind(delivery.endpoint)
      .bind(std::string_view(delivery.url))
      .bind(std::string_view(delivery.secret))
      .bind(std::string_view(delivery.traceparent))
      .bind(std::string_view(delivery.tracestate))
      .bind_blob(delivery.body)
      .bind(delivery.created_at);
}

}  // namespace waypost::store::sqlite
