#include "store/sqlite/audit.hpp"

#include "store/sqlite/rows.hpp"

namespace waypost::store::sqlite {
namespace {

void insert_entry(Statements& sql, const AuditEntry& entry) {
  sql("INSERT INTO audit(seq, low, at, actor, action, resource, outcome, request, address, request_id) "
      "VALUES(?,?,?,?,?,?,?,?,?,?)")
      .bind(entry.ulid.sequence())
      .bind(low_of(entry.ulid))
      .bind(entry.at)
      .bind(std::string_view(entry.actor))
      .bind(std::string_view(entry.action))
      .bind(std::string_view(entry.resource))
      .bind(std::string_view(entry.outcome))
      .bind(std::string_view(entry.request))
      .bind(std::string_view(entry.address))
      .bind(std::string_view(entry.request_id))
      .run();
}

AuditEntry read_entry(const Statement& row) {
  return {.ulid = ulid_of(row.integer(0), row.integer(1)),
          .at = row.time(2),
          .actor = std::string(row.text(3)),
          .action = std::string(row.text(4)),
          .resource = std::string(row.text(5)),
          .outcome = std::string(row.text(6)),
          .request = std::string(row.text(7)),
          .address = std::string(row.text(8)),
          .request_id = std::string(row.text(9))};
}

Result<Page<AuditEntry>> list_page(Statements& sql, const AuditQuery& query) {
  std::string text =
      "SELECT seq, low, at, actor, action, resource, outcome, request, address, request_id FROM audit "
      "WHERE seq<? AND at>=? AND at<?";
  if (query.actor) text += " AND actor=?";
  if (query.action) text += " AND action=?";
  if (query.resource) text += " AND resource=?";
  Statement& row = sql(text + " ORDER BY seq DESC LIMIT ?");
  row.bind(query.page.after.value_or(INT64_MAX))
      .bind(query.since.value_or(Time::min()))
      .bind(query.until.value_or(Time::max()));
  for (const auto* wanted : {&query.actor, &query.action, &query.resource})
    if (*wanted) row.bind(std::string_view(**wanted));
  row.bind(query.page.limit + 1);
  Page<AuditEntry> page;
  while (row.step()) {
    if (page.rows.size() == query.page.limit)
      page.next = page.rows.back().ulid.sequence();
    else
      page.rows.push_back(read_entry(row));
  }
  return page;
}

}  // namespace

const std::string_view audit_schema = R"(
  CREATE TABLE audit(
    seq INTEGER PRIMARY KEY,
    low INTEGER NOT NULL,
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    resource TEXT NOT NULL,
    outcome TEXT NOT NULL,
    request TEXT NOT NULL,
    address TEXT NOT NULL,
    request_id TEXT NOT NULL
  ) STRICT;
  CREATE INDEX audit_by_time ON audit(at);
  CREATE INDEX audit_by_actor ON audit(actor);
  CREATE INDEX audit_by_resource ON audit(resource) WHERE resource <> '';
)";

Tick sweep_audit(Statements& sql, Time oldest, std::size_t limit) {
  sql("DELETE FROM audit WHERE seq IN (SELECT seq FROM audit WHERE at<? ORDER BY at LIMIT ?)")
      .bind(oldest)
      .bind(limit)
      .run();
  Tick tick{.done = static_cast<std::size_t>(sql.changes())};
  Statement& first = sql("SELECT min(at) FROM audit");
  if (first.step()) tick.next = first.optional_time(0);
  first.start();
  return tick;
}

void Session::write_down(const AuditEntry& entry) {
  insert_entry(sql_, entry);
}

void Audit::record(AuditEntry entry, Reply<void> reply) {
  access_.write<void>(
      [entry = std::move(entry)](Session& session) -> Result<void> {
        session.write_down(entry);
        return {};
      },
      std::move(reply));
}

void Audit::list(AuditQuery query, Reply<Page<AuditEntry>> reply) {
  access_.read<Page<AuditEntry>>(
      [query = std::move(query)](Statements& sql) { return list_page(sql, query); }, std::move(reply));
}

}  // namespace waypost::store::sqlite
