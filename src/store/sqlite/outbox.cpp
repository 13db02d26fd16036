#include "store/sqlite/outbox.hpp"

#include "store/sqlite/rows.hpp"
#include "waypost/job/job_json.hpp"

namespace waypost::store::sqlite {

// One event may go to several receivers: a delivery has an id of its own, and `endpoint` says to which (0:
// the job's own webhook). What a job's own webhook was told goes once it is settled; what an endpoint was
// told stays until `keep_until`, with a line of JSON in `log` for each attempt. `again`: sent again by
// request. An endpoint that was removed stays as long as anything that it was told.
const std::string_view outbox_schema = R"(
  DELETE FROM outbox WHERE settled <> 0;
  DROP INDEX outbox_by_job;
  ALTER TABLE outbox DROP COLUMN last_at;
  ALTER TABLE outbox DROP COLUMN last_status;
  ALTER TABLE outbox DROP COLUMN last_detail;
  ALTER TABLE outbox ADD COLUMN event INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE outbox ADD COLUMN event_low INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE outbox ADD COLUMN endpoint INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE outbox ADD COLUMN type TEXT NOT NULL DEFAULT '';
  ALTER TABLE outbox ADD COLUMN again INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE outbox ADD COLUMN log TEXT NOT NULL DEFAULT '';
  ALTER TABLE outbox ADD COLUMN keep_until INTEGER;
  UPDATE outbox SET event = seq, event_low = low;
  CREATE INDEX outbox_owed ON outbox(job, endpoint, seq) WHERE settled = 0;
  CREATE INDEX outbox_of_endpoint ON outbox(endpoint, seq) WHERE endpoint <> 0;
  CREATE INDEX outbox_kept ON outbox(keep_until) WHERE keep_until IS NOT NULL;

  CREATE TABLE endpoints(
    seq INTEGER PRIMARY KEY,
    low INTEGER NOT NULL,
    version INTEGER NOT NULL,
    removed INTEGER NOT NULL DEFAULT 0,
    spec TEXT NOT NULL
  ) STRICT;
)";

std::vector<Delivery> Outbox::owe(const job::Job& job, const job::PastEvent& event) {
  std::vector<Delivery> due;
  const auto& webhook = job.spec.webhook;
  if (!webhook || std::ranges::find(webhook->events, event.notice) == webhook->events.end()) return due;
  const auto detail = webhook->thin ? job::Detail::thin : job::Detail::full;
  Delivery delivery{.id = event.ulid,
                    .event = event.ulid,
                    .job = job.ulid,
                    .url = webhook->url,
                    .secret = webhook->secret,
                    .body = job::notification_body(job, event.notice, event.at, detail),
                    .traceparent = job.spec.traceparent,
                    .created_at = event.at,
                    .next_at = event.at};
  if (add(delivery)) due.push_back(std::move(delivery));
  return due;
}

bool Outbox::owes(std::int64_t job, std::int64_t endpoint) {
  Statement& earlier =
      sql_("SELECT 1 FROM outbox WHERE job=? AND endpoint=? AND settled=0 LIMIT 1").bind(job).bind(endpoint);
  const bool found = earlier.step();
  earlier.start();
  return found;
}

bool Outbox::add(const Delivery& delivery) {
  const bool waits = owes(delivery.job.sequence(), delivery.endpoint);
  Statement& row = sql_(insert_delivery_sql);
  bind_insert(row, delivery);
  row.bind(waits ? std::nullopt : std::optional(delivery.next_at)).run();
  return !waits;
}

std::optional<Delivery> Outbox::settle(const Settlement& settlement) {
  const std::int64_t seq = settlement.delivery.sequence();
  if (settlement.kind == Settlement::Kind::postpone) {
    sql_("UPDATE outbox SET next_at=? WHERE seq=? AND settled=0").bind(settlement.next_at).bind(seq).run();
    return {};
  }
  if (settlement.kind == Settlement::Kind::retry) {
    sql_("UPDATE outbox SET attempts=attempts+1, next_at=? WHERE seq=? AND settled=0")
        .bind(settlement.next_at)
        .bind(seq)
        .run();
    return {};
  }
  // Nobody can ask for what a job's own webhook was told: it goes once it is settled.
  Statement& gone = sql_("DELETE FROM outbox WHERE seq=? RETURNING job, endpoint").bind(seq);
  if (!gone.step()) return {};
  const std::int64_t job = gone.integer(0), endpoint = gone.integer(1);
  gone.run();
  return next_of_lane(job, endpoint);
}

std::optional<Delivery> Outbox::next_of_lane(std::int64_t job, std::int64_t endpoint) {
  static const std::string text = fmt::format(
      "UPDATE outbox SET next_at=? WHERE seq=(SELECT min(seq) FROM outbox WHERE job=? AND endpoint=? AND "
      "settled=0) RETURNING {}",
      delivery_columns);
  Statement& next = sql_(text).bind(clock_.now()).bind(job).bind(endpoint);
  std::optional<Delivery> delivery;
  if (next.step()) delivery = read_delivery(next);
  next.run();
  return delivery;
}

}  // namespace waypost::store::sqlite
