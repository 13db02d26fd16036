#include "store/sqlite/outbox.hpp"

#include "store/sqlite/rows.hpp"
#include "waypost/job/job_json.hpp"

namespace waypost::store::sqlite {

std::vector<Delivery> Outbox::owe(const job::Job& job, job::Notice notice) {
  std::vector<Delivery> due;
  const auto& webhook = job.spec.webhook;
  if (!webhook || std::ranges::find(webhook->events, notice) == webhook->events.end()) return due;
  const Time now = clock_.now();
  const Ulid event = make_ulid(now);
  Delivery delivery{
      .id = event,
      .event = event,
      .job = job.ulid,
      .url = webhook->url,
      .secret = webhook->secret,
      .body = job::notification_body(job, notice, now, webhook->thin ? job::Detail::thin : job::Detail::full),
      .traceparent = job.spec.traceparent,
      .created_at = now,
      .next_at = now};
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
