#pragma once

#include "waypost/store/job_store.hpp"

namespace waypost::store {

/// A manifest that was uploaded for jobs to come; its rows lie in a file of their own.
struct StoredManifest {
  Ulid ulid;  ///< its id on the wire is "man_…"
  Tenant tenant = default_tenant;
  std::string format;  ///< csv, ndjson
  std::int64_t rows = 0;
  std::int64_t bytes = 0;
  std::int64_t chunks = 0;
  std::string etag;
  std::vector<std::string> columns;
  Time created_at{};
  Time expires_at{};  ///< it is kept until then, and longer while a job refers to it

  std::string id() const { return format_id(job::manifest_prefix, ulid); }
};

/// Manifests by themselves. As with JobStore: any thread, returns at once, a write is answered once it is
/// durable. A job over a stored manifest is refused with Code::unknown_manifest when its tenant has no such
/// one any more.
class ManifestStore {
 public:
  struct ListQuery {
    Tenant tenant = default_tenant;
    std::optional<std::int64_t> after;  ///< sequence of the last manifest of the page before
    std::size_t limit = 50;
  };
  struct Page {
    std::vector<StoredManifest> manifests;  ///< the newest first
    std::optional<std::int64_t> next;
  };
  struct Swept {
    std::vector<Ulid> gone;    ///< their files are of no more use
    std::optional<Time> next;  ///< when the next one's time is over
  };
  virtual ~ManifestStore() = default;

  virtual void add(StoredManifest manifest, std::optional<IdempotencyKey> idempotency, StoredAnswer answer,
                   Reply<Submitted> reply) = 0;
  /// Code::not_found when there is none, or it was removed.
  virtual void get(OwnedId id, Reply<StoredManifest> reply) = 0;
  virtual void list(ListQuery query, Reply<Page> reply) = 0;
  /// From then on nobody finds it; what ran over it keeps it until those jobs are forgotten. Code::not_found
  /// when there is none, Code::conflict while a job that has not ended uses it.
  virtual void remove(OwnedId id, Reply<void> reply) = 0;
  /// Forgets what was removed or whose time is over, unless a job refers to it; at most `limit`.
  virtual void sweep(Time now, std::size_t limit, Reply<Swept> reply) = 0;
  /// Whether there are files to keep for it, removed or not.
  virtual void keeps(Ulid id, Reply<bool> reply) = 0;
};

}  // namespace waypost::store
