#pragma once

#include <gmock/gmock.h>

#include "support/store_fixture.hpp"
#include "waypost/job/job_json.hpp"
#include "waypost/store/store.hpp"

/// What every back end of Store must do. The tests stand in conformance_*_test.cpp; a back end is held to all
/// of them by an INSTANTIATE_TEST_SUITE_P of each suite (see sqlite_conformance_test.cpp).
namespace waypost::store::test {

using namespace std::chrono_literals;
using waypost::test::Calls;
using waypost::test::ManualClock;
using waypost::test::Observed;
using waypost::test::TempDirectory;

/// Where one store is kept; gone with everything in it when it is destroyed.
class Place {
 public:
  virtual ~Place() = default;
  /// Opens the store that is kept here; a second time only after the first was closed.
  virtual Result<std::unique_ptr<Store>> open(Clock& clock, Seconds idempotency) = 0;
};

struct BackEnd {
  std::string name;
  std::function<std::unique_ptr<Place>()> make;
};
inline void PrintTo(const BackEnd& back_end, std::ostream* out) {
  *out << back_end.name;
}

/// Of jobs, or of what is ready.
template <class Jobs>
std::vector<Ulid> ids_of(const Jobs& jobs) {
  std::vector<Ulid> out;
  for (const auto& job : jobs) out.push_back(job.ulid);
  return out;
}

class StoreConformance : public testing::TestWithParam<BackEnd> {
 protected:
  StoreConformance() : place_(GetParam().make()) { open(); }

  void open() {
    auto opened = place_->open(clock, idempotency);
    if (!opened) throw std::runtime_error(opened.error().message);
    store_ = std::move(*opened);
    store_->observe(observed.observer());
    calls_.emplace(*store_);
  }
  void close() {
    calls_.reset();
    store_.reset();
  }
  /// As another process would that finds what this one left.
  void reopen() {
    close();
    open();
  }
  Store& store() { return *store_; }
  KeyStore& keys() { return store_->keys(); }
  Calls& calls() { return *calls_; }

  static job::Spec plain() { return {.type = "echo", .backoff = {.jitter = false}}; }
  job::Job new_job(job::Spec spec = plain(), std::string payload = "{}") const {
    return job::create(make_ulid(clock.now()), std::move(spec), std::move(payload), clock.now());
  }
  Ulid submit(job::Spec spec = plain()) { return submit(new_job(std::move(spec))); }
  Ulid submit(job::Job job) {
    const Ulid id = job.ulid;
    const auto submitted = calls().submit({.job = std::move(job)});
    EXPECT_TRUE(submitted) << submitted.error().message;
    return id;
  }
  /// Applies a command that must be taken; the job that it makes.
  job::Job apply(Ulid id, job::Command command) {
    auto decision = calls().change(id, std::move(command));
    if (!decision) throw std::runtime_error(decision.error().message);
    return std::move(decision->job);
  }
  job::Job lease(Ulid id) { return apply(id, job::Lease{"worker-1"}); }
  job::Job succeed(Ulid id, std::string result = "42") {
    return apply(id, job::Succeed{.fence = get(id).fence, .worker = "worker-1", .result = std::move(result)});
  }
  job::History history(Ulid id, std::int64_t after = 0, std::size_t limit = HistoryStore::max_events) {
    auto history = waypost::test::wait_for_reply<job::History>(
        [&](auto reply) { store_->histories().read(id, after, limit, std::move(reply)); });
    if (!history) throw std::runtime_error(history.error().message);
    return std::move(*history);
  }
  job::Job get(Ulid id) {
    auto job = calls().get(id);
    if (!job) throw std::runtime_error(job.error().message);
    return std::move(*job);
  }
  std::vector<Ulid> list(job::Filter filter, bool ascending = false) {
    return ids_of(calls().list({.filter = std::move(filter), .ascending = ascending, .limit = 1000})->jobs);
  }
  Ulid tagged(std::map<std::string, std::string> tags) {
    job::Spec spec = plain();
    spec.tags = std::move(tags);
    return submit(spec);
  }
  Ulid of(std::string type, std::string queue = "default", std::int64_t priority = 0) {
    job::Spec spec = plain();
    spec.type = std::move(type);
    spec.queue = std::move(queue);
    spec.priority = priority;
    return submit(spec);
  }
  /// Turns the pages until the last; `between` runs after each.
  template <class Between>
  std::vector<Ulid> turn_pages(ListQuery query, Between between) {
    std::vector<Ulid> all;
    for (int pages = 0; pages < 100; ++pages) {
      const auto page = *calls().list(query);
      EXPECT_LE(page.jobs.size(), query.limit);
      std::ranges::copy(ids_of(page.jobs), std::back_inserter(all));
      if (!page.next) return all;
      query.after = page.next;
      between();
    }
    ADD_FAILURE() << "the pages have no end";
    return all;
  }
  bool knows(Ulid id) { return calls().get(id).has_value(); }

  static constexpr Seconds idempotency{3600};
  ManualClock clock;
  Observed observed;

 private:
  std::unique_ptr<Place> place_;
  std::unique_ptr<Store> store_;
  std::optional<Calls> calls_;
};

/// The suite of KeyStore.
class KeyConformance : public StoreConformance {
 protected:
  auth::ApiKey made(std::string name) {
    auth::ApiKey key{.ulid = make_ulid(clock.now()), .name = std::move(name), .created_at = clock.now()};
    key.scopes.add(auth::Scope::lookup);
    auth::give_secret(key);
    return key;
  }
  void add(const auth::ApiKey& key) {
    ASSERT_TRUE(
        waypost::test::wait_for_reply<Submitted>([&](auto reply) { keys().add(key, {}, std::move(reply)); }));
  }
  Result<auth::ApiKey> revoke(const Ulid& id) {
    return waypost::test::wait_for_reply<auth::ApiKey>(
        [&](auto reply) { keys().revoke(id, clock.now(), std::move(reply)); });
  }
  std::vector<auth::ApiKey> all() {
    return *waypost::test::wait_for_reply<std::vector<auth::ApiKey>>(
        [&](auto reply) { keys().all(std::move(reply)); });
  }
};

/// The suite of ManifestStore.
class ManifestConformance : public StoreConformance {
 protected:
  StoredManifest made() const {
    return {.ulid = make_ulid(clock.now()),
            .format = "csv",
            .rows = 3,
            .bytes = 40,
            .chunks = 1,
            .etag = std::string(64, 'a'),
            .columns = {"id", "a \"quoted\" name"},
            .created_at = clock.now(),
            .expires_at = clock.now() + 100s};
  }
  Result<Submitted> add(const StoredManifest& manifest, std::optional<IdempotencyKey> key = {}) {
    return waypost::test::wait_for_reply<Submitted>([&](auto reply) {
      store().manifests().add(manifest, key, {201, "body of " + manifest.id(), "/there"}, std::move(reply));
    });
  }
  StoredManifest added() {
    StoredManifest manifest = made();
    EXPECT_TRUE(add(manifest));
    return manifest;
  }
  Result<StoredManifest> find(Ulid id) {
    return waypost::test::wait_for_reply<StoredManifest>(
        [&](auto reply) { store().manifests().get(id, std::move(reply)); });
  }
  Result<void> remove(Ulid id) {
    return waypost::test::wait_for_reply<void>(
        [&](auto reply) { store().manifests().remove(id, std::move(reply)); });
  }
  ManifestStore::Swept sweep(std::size_t limit = 100) {
    return *waypost::test::wait_for_reply<ManifestStore::Swept>(
        [&](auto reply) { store().manifests().sweep(clock.now(), limit, std::move(reply)); });
  }
  ManifestStore::Page page(ManifestStore::ListQuery query) {
    return *waypost::test::wait_for_reply<ManifestStore::Page>(
        [&](auto reply) { store().manifests().list(query, std::move(reply)); });
  }
  bool is_kept(Ulid id) {
    return *waypost::test::wait_for_reply<bool>(
        [&](auto reply) { store().manifests().keeps(id, std::move(reply)); });
  }
  job::Job job_over(const StoredManifest& manifest) {
    job::Spec spec = plain();
    spec.batch = job::Batch{.manifest = manifest.id(), .rows = 3, .chunks = 1};
    return new_job(std::move(spec));
  }
};

/// What tenants have to do with each other: nothing.
class TenantConformance : public ManifestConformance {
 protected:
  static constexpr Tenant other{1};
  static job::Spec of_other() {
    job::Spec spec = plain();
    spec.tenant = other;
    return spec;
  }
  template <class T>
  static Code refusal(const Result<T>& result) {
    EXPECT_FALSE(result);
    return result ? Code::internal : result.error().code;
  }
  Endpoint endpoint_of(Tenant tenant) {
    Endpoint endpoint{.ulid = make_ulid(clock.now()), .tenant = tenant, .url = "http://receiver/"};
    EXPECT_TRUE(waypost::test::wait_for_reply<Submitted>(
        [&](auto reply) { store().webhooks().put(endpoint, {}, std::move(reply)); }));
    return endpoint;
  }
  void SetUp() override {
    auth::ApiKey key{.ulid = make_ulid(clock.now()), .name = "theirs", .tenant = "theirs"};
    ASSERT_TRUE(
        waypost::test::wait_for_reply<Submitted>([&](auto reply) { keys().add(key, {}, std::move(reply)); }));
    const auto all = waypost::test::wait_for_reply<std::vector<auth::ApiKey>>(
        [&](auto reply) { keys().all(std::move(reply)); });
    ASSERT_EQ(all->back().tenant_number, other);
  }
};

/// The suite of AuditStore.
class AuditConformance : public StoreConformance {
 protected:
  AuditEntry written(std::string actor, std::string action, std::string resource, Milliseconds age = {}) {
    AuditEntry entry{.ulid = make_ulid(clock.now()),
                     .at = clock.now() - age,
                     .actor = std::move(actor),
                     .action = std::move(action),
                     .resource = std::move(resource),
                     .outcome = "done",
                     .request = R"({"priority":1})",
                     .address = "10.0.0.1",
                     .request_id = "r-1"};
    EXPECT_TRUE(waypost::test::wait_for_reply<void>(
        [&](auto reply) { store().audit().record(entry, std::move(reply)); }));
    return entry;
  }
  AuditEntry entry_of(std::string action, std::string resource) {
    return {.ulid = make_ulid(clock.now()),
            .at = clock.now(),
            .actor = "operator",
            .action = std::move(action),
            .resource = std::move(resource),
            .outcome = "done"};
  }
  auth::ApiKey key_named(std::string name) {
    return {.ulid = make_ulid(clock.now()), .name = std::move(name), .created_at = clock.now()};
  }
  Result<Submitted> add(const auth::ApiKey& key, const AuditEntry& entry, Keyed keyed = {}) {
    return waypost::test::wait_for_reply<Submitted>(
        [&](auto reply) { keys().add(key, std::move(keyed), std::move(reply)); },
        std::make_unique<const AuditEntry>(entry));
  }
  Result<auth::ApiKey> revoke(const Ulid& id, const AuditEntry& entry) {
    return waypost::test::wait_for_reply<auth::ApiKey>(
        [&](auto reply) { keys().revoke(id, clock.now(), std::move(reply)); },
        std::make_unique<const AuditEntry>(entry));
  }
  std::vector<std::string> key_names() {
    const auto all = waypost::test::wait_for_reply<std::vector<auth::ApiKey>>(
        [&](auto reply) { keys().all(std::move(reply)); });
    std::vector<std::string> names;
    for (const auto& key : *all) names.push_back(key.name);
    return names;
  }
  Page<AuditEntry> page(AuditQuery query) {
    return *waypost::test::wait_for_reply<Page<AuditEntry>>(
        [&](auto reply) { store().audit().list(std::move(query), std::move(reply)); });
  }
};

/// All of a job as text, for comparing and for reading in a failed test.
inline std::string dump(const job::Job& job) {
  std::string out;
  json::Writer writer(out);
  job::write(writer, job, job.updated_at);
  const auto time = [](const std::optional<Time>& t) { return t ? to_rfc3339(*t) : "none"; };
  return out +
         fmt::format(
             "\nversion {} fence {} attempt {} base {} lost {} run_at {} attempt at {} result {} {} {}\n{}",
             job.version, job.fence, job.attempt, job.run_base, job.lost_in_a_row, time(job.run_at),
             time(job.attempt_started_at), job.has_result, job.result_type, job.result, pack(job.spec));
}

inline std::vector<Ulid> ids_of(const std::vector<Delivery>& deliveries) {
  std::vector<Ulid> out;
  for (const auto& delivery : deliveries) out.push_back(delivery.id);
  return out;
}

}  // namespace waypost::store::test

namespace waypost {
inline void PrintTo(const Ulid& ulid, std::ostream* out) {
  *out << ulid.to_string();
}
}  // namespace waypost
