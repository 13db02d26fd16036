#pragma once

#include <atomic>
#include <boost/asio/thread_pool.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "waypost/api/access.hpp"
#include "waypost/api/metrics.hpp"
#include "waypost/base/asio.hpp"
#include "waypost/base/secret_keeper.hpp"
#include "waypost/engine/engine.hpp"
#include "waypost/engine/manifest_keeper.hpp"
#include "waypost/geo/catalog.hpp"
#include "waypost/net/egress.hpp"
#include "waypost/net/http.hpp"
#include "waypost/operation/custom.hpp"
#include "waypost/store/audit_store.hpp"
#include "waypost/store/bulk_store.hpp"
#include "waypost/store/history_store.hpp"
#include "waypost/store/job_store.hpp"
#include "waypost/store/operation_store.hpp"
#include "waypost/store/secret_store.hpp"
#include "waypost/store/webhook_store.hpp"

/// The HTTP contract: routes, representations, problem+json, idempotency, Google's wire format.
namespace waypost::api {

/// Settings that may change while requests are served.
struct LiveSettings {
  std::atomic<std::size_t> max_body_bytes = 1 << 20;
  std::atomic<std::size_t> max_bulk_bytes = 32 << 20;
  std::atomic<std::uint64_t> max_manifest_bytes = std::uint64_t{10} << 30;
  std::atomic<Seconds> retain{Seconds{604800}};  ///< of a job that does not say
  std::atomic<bool> access_log = false;          ///< a line for each request
};

/// What the routes work with. All of it outlives the service and may be used from any io thread.
struct Services {
  engine::Engine& engine;
  store::JobStore& store;
  store::ManifestStore& stored_manifests;
  engine::ManifestKeeper& keeper;
  store::HistoryStore& histories;
  store::BulkStore& bulk;
  store::WebhookStore& webhooks;
  operation::Registry& operations;
  store::OperationStore& stored_operations;
  store::AuditStore& audit;
  SecretKeeper& secret_keeper;
  store::SecretStore& stored_secrets;
  const geo::Catalog& catalog;
  const net::EgressPolicy& egress;
  Clock& clock;
  Access& access;
  Metrics& metrics;
  asio::thread_pool& disk;          ///< for what blocks on files
  std::filesystem::path manifests;  ///< directory
  const LiveSettings& settings;
  trace::Tracer& tracer;
  /// Encrypts a secret before it is stored.
  std::function<std::string(std::string_view)> seal;
  /// Decrypts it again, to show what only those who may administer see.
  std::function<Result<std::string>(std::string_view)> unseal;
  /// Makes an operation of the operator's own.
  std::function<operation::Registry::Pointer(operation::CustomOperation)> make_custom;
  /// What came of a tenant's webhooks.
  std::function<webhook::Tally(Tenant)> webhook_tally;
  /// Adds what the deliverer and the servers count.
  std::function<void(MetricsSnapshot&)> add_figures;
};

/// Every route of the contract as one net::Service. Holds no state that changes; any io thread.
class Service final : public net::Service {
 public:
  explicit Service(Services services);
  ~Service() override;
  net::BodyPlan plan(const net::RequestHead& head) override;
  asio::awaitable<net::Response> handle(const net::Request& request) override;
  net::Response refuse(const net::RequestHead& head, const Error& error) override;
  void finished(const net::RequestHead& head, const net::Finished& how) override;

 private:
  net::Response no_route(const net::RequestHead& head);
  /// To whoever may not call a route.
  net::Response deny(const net::RequestHead& head, const Error& error, Needs needs);
  Services services_;
};

}  // namespace waypost::api
