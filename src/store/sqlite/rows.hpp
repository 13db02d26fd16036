#pragma once

#include "store/sqlite/database.hpp"
#include "waypost/job/job.hpp"
#include "waypost/store/job_store.hpp"

/// Between rows and values. The column lists and the readers below belong together.
namespace waypost::store::sqlite {

inline constexpr std::string_view job_columns =
    "jobs.seq, low, state, waits_for, type, queue, priority, version, fence, attempt, run_base, lost, "
    "created_at, "
    "updated_at, "
    "run_at, started_at, attempt_started_at, finished_at, reason, error, total, succeeded, failed, "
    "result_type, spec, "
    "payload, result, batch, tenant";
job::Job read_job(const Statement& row);

inline constexpr std::string_view insert_job_sql =
    "INSERT INTO jobs(seq, low, state, type, queue, priority, version, fence, attempt, run_base, lost, "
    "created_at, "
    "updated_at, run_at, wake_at, reason, total, succeeded, failed, spec, payload, waits_for, "
    "concurrency_key, tenant) "
    "VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)";
/// `packed` is job::pack of the spec, `group` its concurrency_group; like the job they must live until the
/// statement has run.
void bind_insert(Statement& statement, const job::Job& job, std::string_view packed, std::string_view group);

inline constexpr std::string_view update_job_sql =
    "UPDATE jobs SET state=?, version=?, fence=?, attempt=?, run_base=?, lost=?, updated_at=?, run_at=?, "
    "started_at=?, "
    "attempt_started_at=?, finished_at=?, wake_at=?, reason=?, error=?, succeeded=?, failed=?, "
    "result_type=?, result=?, waits_for=? "
    "WHERE seq=?";
/// `packed_error` is job::pack of the error, if there is one.
void bind_update(Statement& statement, const job::Job& job, const std::optional<std::string>& packed_error);

inline constexpr std::string_view delivery_columns =
    "seq, low, event, event_low, job, job_low, endpoint, url, secret, traceparent, body, attempts, "
    "created_at, next_at, tracestate, tenant";
Delivery read_delivery(const Statement& row);

inline constexpr std::string_view insert_delivery_sql =
    "INSERT INTO outbox(seq, low, event, event_low, job, job_low, tenant, endpoint, url, secret, "
    "traceparent, "
    "tracestate, body, created_at, next_at, type, again) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)";
/// All before `next_at`; the rest follows. The delivery must live until the statement has run.
void bind_insert(Statement& statement, const Delivery& delivery);

/// Ids are two 64-bit halves; SQLite's integers are signed.
inline std::int64_t low_of(const Ulid& ulid) {
  return static_cast<std::int64_t>(ulid.low);
}
inline Ulid ulid_of(std::int64_t seq, std::int64_t low) {
  return {.high = static_cast<std::uint64_t>(seq), .low = static_cast<std::uint64_t>(low)};
}

}  // namespace waypost::store::sqlite
