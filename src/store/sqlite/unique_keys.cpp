#include "store/sqlite/unique_keys.hpp"

namespace waypost::store::sqlite {

const std::string_view unique_keys_schema = R"(
  CREATE TABLE unique_keys(
    key TEXT PRIMARY KEY,
    job INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
)";

std::optional<std::int64_t> holder_of(Statements& sql, const job::Spec& spec) {
  Statement& row = sql("SELECT job FROM unique_keys WHERE tenant=? AND key=?")
                       .bind(static_cast<std::int64_t>(spec.tenant))
                       .bind(std::string_view(spec.unique->key));
  std::optional<std::int64_t> holder;
  if (row.step()) holder = row.integer(0);
  row.start();
  return holder;
}

void take_key(Statements& sql, const job::Spec& spec, const Ulid& job) {
  sql("INSERT OR REPLACE INTO unique_keys(tenant, key, job) VALUES(?,?,?)")
      .bind(static_cast<std::int64_t>(spec.tenant))
      .bind(std::string_view(spec.unique->key))
      .bind(job.sequence())
      .run();
}

void free_key(Statements& sql, const job::Spec& spec, const Ulid& job) {
  sql("DELETE FROM unique_keys WHERE tenant=? AND key=? AND job=?")
      .bind(static_cast<std::int64_t>(spec.tenant))
      .bind(std::string_view(spec.unique->key))
      .bind(job.sequence())
      .run();
}

}  // namespace waypost::store::sqlite
