#include "store/sqlite/tenants.hpp"

namespace waypost::store::sqlite {

// A number stands for a tenant's name wherever it is a part of a key: 0, the default one's, takes no byte in
// a row. Each index of jobs by what lists ask for begins with the tenant, and its last column is the row
// number, which is the order of the pages.
const std::string_view tenants_schema = R"(
  CREATE TABLE tenants(
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
  ) STRICT;
  INSERT INTO tenants(id, name) VALUES(0, 'default');
  INSERT OR IGNORE INTO tenants(name) SELECT DISTINCT tenant FROM api_keys;

  ALTER TABLE jobs ADD COLUMN tenant INTEGER NOT NULL DEFAULT 0;
  DROP INDEX jobs_by_state;
  DROP INDEX jobs_by_type;
  DROP INDEX jobs_by_queue;
  CREATE INDEX jobs_by_state ON jobs(tenant, state);
  CREATE INDEX jobs_by_type ON jobs(tenant, type);
  CREATE INDEX jobs_by_queue ON jobs(tenant, queue);

  DROP INDEX tags_by_job;
  ALTER TABLE tags RENAME TO tags_before;
  CREATE TABLE tags(
    tenant INTEGER NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    job INTEGER NOT NULL REFERENCES jobs(seq) ON DELETE CASCADE,
    PRIMARY KEY(tenant, name, value, job)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO tags(tenant, name, value, job) SELECT 0, name, value, job FROM tags_before;
  DROP TABLE tags_before;
  CREATE INDEX tags_by_job ON tags(job);

  DROP INDEX answers_by_age;
  ALTER TABLE answers RENAME TO answers_before;
  CREATE TABLE answers(
    tenant INTEGER NOT NULL,
    key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    holder INTEGER NOT NULL,
    status INTEGER NOT NULL,
    location TEXT NOT NULL,
    body BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY(tenant, key)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO answers(tenant, key, fingerprint, holder, status, location, body, created_at)
    SELECT 0, key, fingerprint, holder, status, location, body, created_at FROM answers_before;
  DROP TABLE answers_before;
  CREATE INDEX answers_by_age ON answers(created_at);

  ALTER TABLE unique_keys RENAME TO unique_keys_before;
  CREATE TABLE unique_keys(
    tenant INTEGER NOT NULL,
    key TEXT NOT NULL,
    job INTEGER NOT NULL,
    PRIMARY KEY(tenant, key)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO unique_keys(tenant, key, job) SELECT 0, key, job FROM unique_keys_before;
  DROP TABLE unique_keys_before;

  ALTER TABLE manifests ADD COLUMN tenant INTEGER NOT NULL DEFAULT 0;
  CREATE INDEX manifests_of_tenant ON manifests(tenant);
  ALTER TABLE endpoints ADD COLUMN tenant INTEGER NOT NULL DEFAULT 0;
  CREATE INDEX endpoints_of_tenant ON endpoints(tenant);
)";

}  // namespace waypost::store::sqlite
