#pragma once

#include "store/sqlite/statements.hpp"
#include "waypost/store/webhook_store.hpp"

namespace waypost::store::sqlite {

/// Rows of endpoints.
std::optional<Endpoint> find_endpoint(Statements& sql, const Ulid& id);
Page<Endpoint> list_endpoints(Statements& sql, Tenant tenant, const PageQuery& query);

/// All endpoints, in the writer's memory: whom an event concerns is asked at every one of them. The writer's
/// thread, inside a transaction.
class Endpoints {
 public:
  /// `sql` outlives it.
  explicit Endpoints(Statements& sql) : sql_(sql) {}

  /// nullptr when there is none.
  const Endpoint* find(std::int64_t sequence);
  const Endpoint* find(const Ulid& id);
  /// Calls `tell(endpoint)` for each that is enabled and hears of the event.
  template <class Tell>
  void each_hearer(const job::Job& job, job::Notice notice, Tell tell) {
    all();
    const auto own = of_tenant_.find(job.spec.tenant);
    if (own == of_tenant_.end()) return;
    for (const auto& [sequence, endpoint] : own->second)
      if (hears(*endpoint, job, notice)) tell(*endpoint);
  }
  const std::map<std::int64_t, Endpoint>& all();

  /// As WebhookStore::put and ::remove.
  Result<void> put(const Endpoint& endpoint);
  /// Writes one that is known as it is then, and tells of it.
  void write(const Endpoint& endpoint);
  /// One that was found here.
  void remove(const Endpoint& endpoint);
  /// Drops a little of what removed endpoints were told; how much.
  std::size_t sweep(std::size_t limit);

  void rolled_back() {
    known_.reset();
    of_tenant_.clear();
    changes_.clear();
  }
  std::vector<WebhookNews::Change> take_changes() { return std::exchange(changes_, {}); }

 private:
  void know(const Endpoint& endpoint);

  Statements& sql_;
  std::optional<std::map<std::int64_t, Endpoint>> known_;                ///< nothing: to be read
  std::map<Tenant, std::map<std::int64_t, const Endpoint*>> of_tenant_;  ///< those in `known_`
  std::vector<WebhookNews::Change> changes_;
};

}  // namespace waypost::store::sqlite
