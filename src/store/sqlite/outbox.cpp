#include "store/sqlite/outbox.hpp"

#include "store/sqlite/rows.hpp"
#include "waypost/job/job_json.hpp"
#include "waypost/job/job_trace.hpp"

namespace waypost::store::sqlite {
namespace {

constexpr int delivered = 1, gave_up = 2;  // outbox.settled

constexpr auto select_record =
    "SELECT seq, low, event, event_low, job, job_low, endpoint, type, settled, log, created_at, next_at, "
    "(SELECT low FROM endpoints WHERE endpoints.seq=outbox.endpoint) FROM outbox WHERE endpoint<>0 AND {}";

DeliveryRecord read_record(const Statement& row) {
  const Ulid event = ulid_of(row.integer(2), row.integer(3)), job = ulid_of(row.integer(4), row.integer(5));
  return {.id = ulid_of(row.integer(0), row.integer(1)),
          .event = event,
          .job = job == event ? std::nullopt : std::optional(job),
          .endpoint = ulid_of(row.integer(6), row.integer(12)),
          .type = std::string(row.text(7)),
          .state = static_cast<DeliveryRecord::State>(row.integer(8)),
          .log = std::string(row.text(9)),
          .created_at = row.time(10),
          .next_at = row.optional_time(11)};
}

}  // namespace

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

const std::string_view outbox_tracestate_schema = R"(
  ALTER TABLE outbox ADD COLUMN tracestate TEXT NOT NULL DEFAULT '';
)";

const std::string_view outbox_tenants_schema = R"(
  ALTER TABLE outbox ADD COLUMN tenant INTEGER NOT NULL DEFAULT 0;
  UPDATE outbox SET tenant = (SELECT tenant FROM jobs WHERE jobs.seq=outbox.job)
    WHERE settled = 0 AND job IN (SELECT seq FROM jobs WHERE tenant <> 0);
  CREATE INDEX outbox_of_tenant ON outbox(tenant) WHERE settled = 0;
)";

std::optional<DeliveryRecord> find_delivery(Statements& sql, const Ulid& id) {
  static const std::string text = fmt::format(select_record, "seq=? AND low=?");
  Statement& row = sql(text).bind(id.sequence()).bind(low_of(id));
  if (!row.step()) return {};
  DeliveryRecord record = read_record(row);
  row.start();
  return record;
}

Page<DeliveryRecord> list_deliveries(Statements& sql, const DeliveryQuery& query) {
  static const std::string all = fmt::format(select_record, "endpoint=? AND seq<? ORDER BY seq DESC LIMIT ?");
  static const std::string some =
      fmt::format(select_record, "endpoint=? AND seq<? AND settled=? ORDER BY seq DESC LIMIT ?");
  Statement& row = sql(query.state ? some : all);
  row.bind(query.endpoint.sequence()).bind(query.page.after.value_or(INT64_MAX));
  if (query.state) row.bind(static_cast<int>(*query.state));
  row.bind(query.page.limit + 1);
  Page<DeliveryRecord> page;
  while (row.step()) {
    if (page.rows.size() == query.page.limit)
      page.next = page.rows.back().id.sequence();
    else
      page.rows.push_back(read_record(row));
  }
  return page;
}

std::vector<Delivery> Outbox::owe(const job::Job& job, const job::PastEvent& event) {
  std::vector<Delivery> due;
  const auto owe_to = [&](Ulid id, std::int64_t endpoint, std::string body) -> Delivery& {
    return due.emplace_back(Delivery{.id = id,
                                     .event = event.ulid,
                                     .job = job.ulid,
                                     .tenant = job.spec.tenant,
                                     .endpoint = endpoint,
                                     .body = std::move(body),
                                     .traceparent = job::traceparent_of(job),
                                     .tracestate = job.spec.tracestate,
                                     .created_at = event.at,
                                     .next_at = event.at});
  };
  const auto body = [&](job::Detail detail) {
    return job::notification_body(job, event.notice, event.at, detail);
  };
  const auto& webhook = job.spec.webhook;
  if (webhook && std::ranges::find(webhook->events, event.notice) != webhook->events.end()) {
    Delivery& own = owe_to(event.ulid, 0, body(webhook->thin ? job::Detail::thin : job::Detail::full));
    own.url = webhook->url;
    own.secret = webhook->secret;
  }
  std::string full;
  endpoints_.each_hearer(job, event.notice, [&](const Endpoint& endpoint) {
    if (full.empty()) full = body(job::Detail::full);
    owe_to(make_ulid(event.at), endpoint.ulid.sequence(), full);
  });
  std::erase_if(due, [&](const Delivery& delivery) {
    return !add(delivery, job::to_string(event.notice), Origin::event);
  });
  return due;
}

void Outbox::owe(const Delivery& delivery, std::string_view type) {
  if (add(delivery, type, Origin::request)) due_ = true;
}

bool Outbox::owes(std::int64_t job, std::int64_t endpoint) {
  Statement& earlier =
      sql_("SELECT 1 FROM outbox WHERE job=? AND endpoint=? AND settled=0 LIMIT 1").bind(job).bind(endpoint);
  const bool found = earlier.step();
  earlier.start();
  return found;
}

bool Outbox::add(const Delivery& delivery, std::string_view type, Origin origin) {
  const bool waits = owes(delivery.job.sequence(), delivery.endpoint);
  Statement& row = sql_(insert_delivery_sql);
  bind_insert(row, delivery);
  row.bind(waits ? std::nullopt : std::optional(delivery.next_at))
      .bind(type)
      .bind(origin == Origin::request ? 1 : 0)
      .run();
  return !waits;
}

std::optional<Delivery> Outbox::settle(const Settlement& settlement) {
  const std::int64_t seq = settlement.delivery.sequence();
  if (settlement.kind == Settlement::Kind::postpone) {
    sql_("UPDATE outbox SET next_at=? WHERE seq=? AND settled=0").bind(settlement.next_at).bind(seq).run();
    return {};
  }
  if (settlement.kind == Settlement::Kind::retry) {
    sql_(
        "UPDATE outbox SET attempts=attempts+1, next_at=?, log=iif(endpoint=0, '', log || ?) WHERE seq=? AND "
        "settled=0")
        .bind(settlement.next_at)
        .bind(std::string_view(settlement.detail))
        .bind(seq)
        .run();
    return {};
  }
  const auto job = close(settlement);
  return job ? next_of_lane(*job, settlement.endpoint) : std::nullopt;
}

/// Settles for good; the job whose lane goes on, when it was still owed.
std::optional<std::int64_t> Outbox::close(const Settlement& settlement) {
  const std::int64_t seq = settlement.delivery.sequence();
  // Asked for before it is changed: a RETURNING builds a table of its own at each execution.
  Statement& owed = sql_("SELECT job FROM outbox WHERE seq=? AND settled=0").bind(seq);
  if (!owed.step()) return {};
  const std::int64_t job = owed.integer(0);
  owed.start();
  // Nobody can ask for what a job's own webhook was told: it goes once it is settled.
  if (settlement.endpoint == 0)
    sql_("DELETE FROM outbox WHERE seq=?").bind(seq).run();
  else
    sql_(
        "UPDATE outbox SET settled=?, attempts=attempts+1, next_at=NULL, log=log || ?, keep_until=? WHERE "
        "seq=?")
        .bind(settlement.kind == Settlement::Kind::delivered ? delivered : gave_up)
        .bind(std::string_view(settlement.detail))
        .bind(clock_.now() + keep_)
        .bind(seq)
        .run();
  return job;
}

std::optional<Delivery> Outbox::next_of_lane(std::int64_t job, std::int64_t endpoint) {
  static const std::string text =
      fmt::format("SELECT {} FROM outbox WHERE job=? AND endpoint=? AND settled=0 ORDER BY seq LIMIT 1",
                  delivery_columns);
  Statement& row = sql_(text).bind(job).bind(endpoint);
  if (!row.step()) return {};
  Delivery next = read_delivery(row);
  row.start();
  next.next_at = clock_.now();
  sql_("UPDATE outbox SET next_at=? WHERE seq=?").bind(next.next_at).bind(next.id.sequence()).run();
  return next;
}

Result<DeliveryRecord> Outbox::redeliver(const OwnedId& owned, const Ulid& again) {
  const Ulid id = owned.id;
  const auto record = find_delivery(sql_, id);
  const std::string name = format_id("dlv_", id);
  const Endpoint* endpoint = record ? endpoints_.find(record->endpoint) : nullptr;
  if (endpoint == nullptr || !owned.may_be_of(endpoint->tenant))
    return fail(Code::not_found, "there is no delivery " + name);
  if (endpoint->disabled)
    return fail(Code::conflict, "the endpoint of " + name + " is disabled (" + endpoint->disabled->reason +
                                    "); enable it first");
  if (record->state != DeliveryRecord::State::pending) {
    send_again(id.sequence(), again);
    return *find_delivery(sql_, again);
  }
  if (!record->next_at)
    return fail(Code::conflict,
                name + " is pending, and an earlier event of its job has to be delivered first");
  sql_("UPDATE outbox SET next_at=? WHERE seq=?").bind(clock_.now()).bind(id.sequence()).run();
  due_ = true;
  return *find_delivery(sql_, id);
}

std::optional<Delivery> Outbox::read(std::int64_t sequence) {
  static const std::string text = fmt::format("SELECT {} FROM outbox WHERE seq=?", delivery_columns);
  Statement& row = sql_(text).bind(sequence);
  if (!row.step()) return {};
  Delivery delivery = read_delivery(row);
  row.start();
  return delivery;
}

/// The same event once more, as a delivery of its own.
void Outbox::send_again(std::int64_t sequence, const Ulid& again) {
  auto delivery = read(sequence);
  if (!delivery) return;
  Statement& row = sql_("SELECT type FROM outbox WHERE seq=?").bind(sequence);
  const std::string type(row.step() ? row.text(0) : "");
  row.start();
  delivery->id = again;
  delivery->attempts = 0;
  delivery->created_at = delivery->next_at = clock_.now();
  owe(*delivery, type);
}

std::pair<std::size_t, std::optional<std::int64_t>> Outbox::replay(const ReplayStep& step) {
  std::vector<std::int64_t> found;
  Statement& row = sql_(
                       "SELECT seq FROM outbox WHERE endpoint=? AND endpoint<>0 AND seq>? AND seq<=? AND "
                       "settled<>0 AND again=0 ORDER BY seq LIMIT ?")
                       .bind(step.endpoint)
                       .bind(step.after)
                       .bind(step.until)
                       .bind(step.limit);
  while (row.step()) found.push_back(row.integer(0));
  for (const std::int64_t sequence : found) send_again(sequence, make_ulid(clock_.now()));
  const bool more = found.size() == step.limit;
  return {found.size(), more ? std::optional(found.back()) : std::nullopt};
}

Tick Outbox::sweep(Time now, std::size_t limit) {
  sql_(
      "DELETE FROM outbox WHERE seq IN (SELECT seq FROM outbox WHERE keep_until IS NOT NULL AND "
      "keep_until<=? ORDER BY keep_until LIMIT ?)")
      .bind(now)
      .bind(limit)
      .run();
  Tick tick{.done = static_cast<std::size_t>(sql_.changes()) + endpoints_.sweep(limit)};
  Statement& next = sql_("SELECT min(keep_until) FROM outbox WHERE keep_until IS NOT NULL");
  if (next.step()) tick.next = next.optional_time(0);
  next.start();
  return tick;
}

}  // namespace waypost::store::sqlite
