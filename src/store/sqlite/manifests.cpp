#include "store/sqlite/manifests.hpp"

#include "store/sqlite/rows.hpp"
#include "waypost/base/json.hpp"

namespace waypost::store::sqlite {
namespace {

constexpr std::string_view columns =
    "seq, low, format, rows, bytes, chunks, etag, columns, created_at, expires_at, tenant";

std::string pack(const std::vector<std::string>& names) {
  std::string text;
  json::Writer out(text);
  out.begin_array();
  for (const auto& name : names) out.string(name);
  out.end_array();
  return text;
}

std::vector<std::string> unpack(std::string_view text) {
  std::vector<std::string> names;
  if (const auto document = json::Document::parse(text))
    for (const auto name : document->root().children()) names.emplace_back(name.string());
  return names;
}

StoredManifest read_manifest(const Statement& row) {
  return {.ulid = ulid_of(row.integer(0), row.integer(1)),
          .tenant = static_cast<Tenant>(row.integer(10)),
          .format = std::string(row.text(2)),
          .rows = row.integer(3),
          .bytes = row.integer(4),
          .chunks = row.integer(5),
          .etag = std::string(row.text(6)),
          .columns = unpack(row.text(7)),
          .created_at = row.time(8),
          .expires_at = row.time(9)};
}

/// A stored manifest that a job names, and not one that came with it.
std::optional<Ulid> stored_manifest(const job::Job& job) {
  if (!job.spec.batch || job::owns_manifest(job.ulid, job.spec.batch->manifest)) return {};
  return parse_id(job::manifest_prefix, job.spec.batch->manifest);
}

bool is_there(Statements& sql, const OwnedId& id) {
  Statement& row = sql("SELECT tenant FROM manifests WHERE seq=? AND low=? AND removed=0")
                       .bind(id.id.sequence())
                       .bind(low_of(id.id));
  const bool found = row.step() && id.may_be_of(static_cast<Tenant>(row.integer(0)));
  row.start();
  return found;
}

std::unexpected<Error> no_such(const Ulid& id, Code code) {
  return fail(code, "there is no manifest " + format_id(job::manifest_prefix, id));
}

Result<Submitted> add_one(Session& session, const StoredManifest& manifest,
                          const std::optional<IdempotencyKey>& key, const StoredAnswer& answer) {
  auto first = session.admit(key);
  if (!first) return std::unexpected(first.error());
  if (*first) return std::move(**first);
  if (key) session.keep_answer(*key, answer);
  const std::string names = pack(manifest.columns);
  session
      .sql()(
          "INSERT INTO manifests(seq, low, format, rows, bytes, chunks, etag, columns, created_at, "
          "expires_at, tenant) VALUES(?,?,?,?,?,?,?,?,?,?,?)")
      .bind(manifest.ulid.sequence())
      .bind(low_of(manifest.ulid))
      .bind(std::string_view(manifest.format))
      .bind(manifest.rows)
      .bind(manifest.bytes)
      .bind(manifest.chunks)
      .bind(std::string_view(manifest.etag))
      .bind(std::string_view(names))
      .bind(manifest.created_at)
      .bind(manifest.expires_at)
      .bind(static_cast<std::int64_t>(manifest.tenant))
      .run();
  return Submitted{};
}

Result<StoredManifest> get_one(Statements& sql, const OwnedId& id) {
  static const std::string text =
      fmt::format("SELECT {} FROM manifests WHERE seq=? AND low=? AND removed=0", columns);
  Statement& row = sql(text).bind(id.id.sequence()).bind(low_of(id.id));
  if (row.step()) {
    StoredManifest manifest = read_manifest(row);
    row.start();
    if (id.may_be_of(manifest.tenant)) return manifest;
  }
  return no_such(id.id, Code::not_found);
}

Result<ManifestStore::Page> list_page(Statements& sql, const ManifestStore::ListQuery& query) {
  static const std::string text = fmt::format(
      "SELECT {} FROM manifests WHERE tenant=? AND seq<? AND removed=0 ORDER BY seq DESC LIMIT ?", columns);
  Statement& row = sql(text)
                       .bind(static_cast<std::int64_t>(query.tenant))
                       .bind(query.after.value_or(INT64_MAX))
                       .bind(query.limit + 1);
  ManifestStore::Page page;
  while (row.step()) page.manifests.push_back(read_manifest(row));
  if (page.manifests.size() > query.limit) {
    page.manifests.pop_back();
    page.next = page.manifests.back().ulid.sequence();
  }
  return page;
}

/// A job that has not ended and runs, or will run, over the manifest.
std::optional<Ulid> live_user(Statements& sql, const Ulid& id) {
  Statement& row = sql("SELECT j.seq, j.low FROM manifest_uses AS u JOIN jobs AS j ON j.seq=u.job "
                       "WHERE u.manifest=? AND j.state NOT IN (?,?,?,?) LIMIT 1")
                       .bind(id.sequence());
  for (const auto state :
       {job::State::succeeded, job::State::partial, job::State::failed, job::State::cancelled})
    row.bind(static_cast<int>(state));
  if (!row.step()) return {};
  const Ulid user = ulid_of(row.integer(0), row.integer(1));
  row.start();
  return user;
}

Result<void> remove_one(Statements& sql, const OwnedId& id) {
  if (!is_there(sql, id)) return no_such(id.id, Code::not_found);
  if (const auto user = live_user(sql, id.id))
    return fail(Code::conflict, format_id(job::manifest_prefix, id.id) + " is in use by " +
                                    format_id(job::id_prefix, *user) + ", which has not ended");
  sql("UPDATE manifests SET removed=1, expires_at=0 WHERE seq=?").bind(id.id.sequence()).run();
  return {};
}

Result<ManifestStore::Swept> sweep_some(Statements& sql, Time now, std::size_t limit) {
  ManifestStore::Swept swept;
  Statement& due = sql("SELECT seq, low FROM manifests AS m WHERE expires_at<=? AND NOT EXISTS"
                       "(SELECT 1 FROM manifest_uses WHERE manifest=m.seq) ORDER BY expires_at LIMIT ?")
                       .bind(now)
                       .bind(limit);
  while (due.step()) swept.gone.push_back(ulid_of(due.integer(0), due.integer(1)));
  for (const Ulid& id : swept.gone) sql("DELETE FROM manifests WHERE seq=?").bind(id.sequence()).run();
  Statement& next = sql("SELECT min(expires_at) FROM manifests WHERE expires_at>?").bind(now);
  if (next.step()) swept.next = next.optional_time(0);
  next.start();
  return swept;
}

Result<bool> is_kept(Statements& sql, const Ulid& id) {
  Statement& row = sql("SELECT 1 FROM manifests WHERE seq=? AND low=?").bind(id.sequence()).bind(low_of(id));
  const bool found = row.step();
  row.start();
  return found;
}

}  // namespace

const std::string_view manifests_schema = R"(
  -- removed: nobody finds it any more; the jobs that ran over it still do.
  CREATE TABLE manifests(
    seq INTEGER PRIMARY KEY,
    low INTEGER NOT NULL,
    format TEXT NOT NULL,
    rows INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    chunks INTEGER NOT NULL,
    etag TEXT NOT NULL,
    columns TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    removed INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE INDEX manifests_by_end ON manifests(expires_at);

  CREATE TABLE manifest_uses(
    manifest INTEGER NOT NULL REFERENCES manifests(seq),
    job INTEGER NOT NULL REFERENCES jobs(seq) ON DELETE CASCADE,
    PRIMARY KEY(manifest, job)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX manifest_uses_by_job ON manifest_uses(job);
)";

Result<void> find_manifest(Statements& sql, const job::Job& job) {
  const auto id = stored_manifest(job);
  if (!id || is_there(sql, {*id, job.spec.tenant})) return {};
  return no_such(*id, Code::unknown_manifest);
}

void use_manifest(Statements& sql, const job::Job& job) {
  if (const auto id = stored_manifest(job))
    sql("INSERT INTO manifest_uses(manifest, job) VALUES(?,?)")
        .bind(id->sequence())
        .bind(job.ulid.sequence())
        .run();
}

void Manifests::add(StoredManifest manifest, std::optional<IdempotencyKey> idempotency, StoredAnswer answer,
                    Reply<Submitted> reply) {
  access_.write<Submitted>(
      [m = std::move(manifest), key = std::move(idempotency), answer = std::move(answer)](Session& session) {
        return add_one(session, m, key, answer);
      },
      std::move(reply));
}

void Manifests::get(OwnedId id, Reply<StoredManifest> reply) {
  access_.read<StoredManifest>([id](Statements& sql) { return get_one(sql, id); }, std::move(reply));
}

void Manifests::list(ListQuery query, Reply<Page> reply) {
  access_.read<Page>([query](Statements& sql) { return list_page(sql, query); }, std::move(reply));
}

void Manifests::remove(OwnedId id, Reply<void> reply) {
  access_.write<void>([id](Session& session) { return remove_one(session.sql(), id); }, std::move(reply));
}

void Manifests::sweep(Time now, std::size_t limit, Reply<Swept> reply) {
  access_.write<Swept>([=](Session& session) { return sweep_some(session.sql(), now, limit); },
                       std::move(reply));
}

void Manifests::keeps(Ulid id, Reply<bool> reply) {
  access_.read<bool>([id](Statements& sql) { return is_kept(sql, id); }, std::move(reply));
}

}  // namespace waypost::store::sqlite
