#include "store/sqlite/endpoints.hpp"

#include "store/sqlite/endpoint_row.hpp"
#include "store/sqlite/rows.hpp"

namespace waypost::store::sqlite {

std::optional<Endpoint> find_endpoint(Statements& sql, const Ulid& id) {
  Statement& row =
      sql("SELECT seq, low, version, spec, tenant FROM endpoints WHERE seq=? AND low=? AND removed=0")
          .bind(id.sequence())
          .bind(low_of(id));
  if (!row.step()) return {};
  Endpoint endpoint = read_endpoint(row);
  row.start();
  return endpoint;
}

Page<Endpoint> list_endpoints(Statements& sql, Tenant tenant, const PageQuery& query) {
  Statement& row = sql("SELECT seq, low, version, spec, tenant FROM endpoints WHERE tenant=? AND removed=0 "
                       "AND seq<? ORDER BY seq DESC LIMIT ?")
                       .bind(static_cast<std::int64_t>(tenant))
                       .bind(query.after.value_or(INT64_MAX))
                       .bind(query.limit + 1);
  Page<Endpoint> page;
  while (row.step()) {
    if (page.rows.size() == query.limit)
      page.next = page.rows.back().ulid.sequence();
    else
      page.rows.push_back(read_endpoint(row));
  }
  return page;
}

const std::map<std::int64_t, Endpoint>& Endpoints::all() {
  if (known_) return *known_;
  known_.emplace();
  Statement& row = sql_("SELECT seq, low, version, spec, tenant FROM endpoints WHERE removed=0");
  while (row.step()) {
    know(read_endpoint(row));
  }
  return *known_;
}

void Endpoints::know(const Endpoint& endpoint) {
  const std::int64_t sequence = endpoint.ulid.sequence();
  const auto [at, fresh] = known_->insert_or_assign(sequence, endpoint);
  if (fresh) of_tenant_[endpoint.tenant].emplace(sequence, &at->second);
}

const Endpoint* Endpoints::find(std::int64_t sequence) {
  const auto found = all().find(sequence);
  return found == all().end() ? nullptr : &found->second;
}

const Endpoint* Endpoints::find(const Ulid& id) {
  const Endpoint* endpoint = find(id.sequence());
  return endpoint != nullptr && endpoint->ulid == id ? endpoint : nullptr;
}

Result<void> Endpoints::put(const Endpoint& endpoint) {
  const Endpoint* known = find(endpoint.ulid);
  const std::size_t count = of_tenant_[endpoint.tenant].size();
  if (endpoint.version == 1 && count >= WebhookStore::max_endpoints)
    return fail(Code::conflict, "there are " + std::to_string(count) +
                                    " webhook endpoints, and no more can be made; delete one first");
  if (endpoint.version > 1 && known == nullptr)
    return fail(Code::not_found, "there is no webhook endpoint " + format_id("whe_", endpoint.ulid));
  if (endpoint.version > 1 && known->version + 1 != endpoint.version)
    return fail(Code::conflict, "the endpoint was changed by another request meanwhile; read it again");
  write(endpoint);
  return {};
}

void Endpoints::write(const Endpoint& endpoint) {
  const std::string spec = pack(endpoint);
  sql_("INSERT OR REPLACE INTO endpoints(seq, low, version, spec, tenant) VALUES(?,?,?,?,?)")
      .bind(endpoint.ulid.sequence())
      .bind(low_of(endpoint.ulid))
      .bind(endpoint.version)
      .bind(std::string_view(spec))
      .bind(static_cast<std::int64_t>(endpoint.tenant))
      .run();
  know(endpoint);
  changes_.push_back({endpoint.ulid.sequence(), endpoint});
}

void Endpoints::remove(const Endpoint& endpoint) {
  const std::int64_t sequence = endpoint.ulid.sequence();
  sql_("UPDATE endpoints SET removed=1, spec='{}' WHERE seq=?").bind(sequence).run();
  const auto own = of_tenant_.find(endpoint.tenant);
  own->second.erase(sequence);
  if (own->second.empty()) of_tenant_.erase(own);
  known_->erase(sequence);
  changes_.push_back({sequence, std::nullopt});
}

std::size_t Endpoints::sweep(std::size_t limit) {
  Statement& removed = sql_("SELECT seq FROM endpoints WHERE removed=1 LIMIT 1");
  if (!removed.step()) return 0;
  const std::int64_t endpoint = removed.integer(0);
  removed.start();
  sql_("DELETE FROM outbox WHERE seq IN (SELECT seq FROM outbox WHERE endpoint=? AND endpoint<>0 LIMIT ?)")
      .bind(endpoint)
      .bind(limit)
      .run();
  const auto swept = static_cast<std::size_t>(sql_.changes());
  if (swept < limit) sql_("DELETE FROM endpoints WHERE seq=?").bind(endpoint).run();
  return swept;
}

}  // namespace waypost::store::sqlite
