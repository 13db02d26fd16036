#include "store/sqlite/keys.hpp"

#include <algorithm>

#include "store/sqlite/rows.hpp"

namespace waypost::store::sqlite {
namespace {

constexpr std::string_view columns =
    "seq, low, name, tenant, scopes, hash, created_at, expires_at, last_used_at, revoked_at, "
    "rate_per_second, (SELECT id FROM tenants WHERE tenants.name=tenant)";

auth::ApiKey read_key(const Statement& row) {
  auth::ApiKey key{.ulid = ulid_of(row.integer(0), row.integer(1)),
                   .name = std::string(row.text(2)),
                   .tenant = std::string(row.text(3)),
                   .tenant_number = static_cast<Tenant>(row.integer(11)),
                   .scopes = auth::Scopes(static_cast<std::uint8_t>(row.integer(4))),
                   .created_at = row.time(6),
                   .expires_at = row.optional_time(7),
                   .last_used_at = row.optional_time(8),
                   .revoked_at = row.optional_time(9),
                   .rate_per_second = row.optional_real(10)};
  const auto hash = row.text(5);
  std::copy_n(hash.begin(), std::min(hash.size(), key.hash.size()), key.hash.begin());
  return key;
}

std::optional<auth::ApiKey> find(Statements& sql, const Ulid& id) {
  static const std::string text = fmt::format("SELECT {} FROM api_keys WHERE seq=?", columns);
  Statement& row = sql(text).bind(id.sequence());
  if (!row.step()) return std::nullopt;
  auto key = read_key(row);
  row.start();
  if (key.ulid != id) return std::nullopt;
  return key;
}

Result<void> insert(Statements& sql, const auth::ApiKey& key) {
  sql("INSERT OR IGNORE INTO tenants(name) VALUES(?)").bind(std::string_view(key.tenant)).run();
  sql("INSERT INTO api_keys VALUES(?,?,?,?,?,?,?,?,?,?,?)")
      .bind(key.ulid.sequence())
      .bind(low_of(key.ulid))
      .bind(std::string_view(key.name))
      .bind(std::string_view(key.tenant))
      .bind(static_cast<std::int64_t>(key.scopes.bits()))
      .bind_blob({reinterpret_cast<const char*>(key.hash.data()), key.hash.size()})
      .bind(key.created_at)
      .bind(key.expires_at)
      .bind(key.last_used_at)
      .bind(key.revoked_at)
      .bind(key.rate_per_second)
      .run();
  return {};
}

}  // namespace

const std::string_view keys_schema = R"(
  CREATE TABLE api_keys(
    seq INTEGER PRIMARY KEY,
    low INTEGER NOT NULL,
    name TEXT NOT NULL,
    tenant TEXT NOT NULL,
    scopes INTEGER NOT NULL,
    hash BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    last_used_at INTEGER,
    revoked_at INTEGER,
    rate_per_second REAL
  ) STRICT;
)";

void Keys::add(auth::ApiKey key, Keyed keyed, Reply<Submitted> reply) {
  access_.write<Submitted>(
      [key = std::move(key), keyed = std::move(keyed)](Session& session) {
        return session.once(keyed, [&] { return insert(session.sql(), key); });
      },
      std::move(reply));
}

void Keys::revoke(Ulid id, Time now, Reply<auth::ApiKey> reply) {
  access_.write<auth::ApiKey>(
      [=](Session& session) -> Result<auth::ApiKey> {
        auto key = find(session.sql(), id);
        if (!key) return fail(Code::not_found, "there is no API key " + format_id(auth::id_prefix, id));
        if (key->revoked_at) return *key;
        key->revoked_at = now;
        session.sql()("UPDATE api_keys SET revoked_at=? WHERE seq=?").bind(now).bind(id.sequence()).run();
        return *key;
      },
      std::move(reply));
}

void Keys::used(std::vector<std::pair<Ulid, Time>> times, Reply<void> reply) {
  access_.write<void>(
      [times = std::move(times)](Session& session) -> Result<void> {
        for (const auto& [id, at] : times)
          session.sql()("UPDATE api_keys SET last_used_at=? WHERE seq=?").bind(at).bind(id.sequence()).run();
        return {};
      },
      std::move(reply));
}

void Keys::all(Reply<std::vector<auth::ApiKey>> reply) {
  access_.read<std::vector<auth::ApiKey>>(
      [](Statements& sql) -> Result<std::vector<auth::ApiKey>> {
        static const std::string text = fmt::format("SELECT {} FROM api_keys ORDER BY seq", columns);
        std::vector<auth::ApiKey> keys;
        Statement& row = sql(text);
        while (row.step()) keys.push_back(read_key(row));
        return keys;
      },
      std::move(reply));
}

}  // namespace waypost::store::sqlite
