#pragma once

#include <deque>
#include <unordered_map>

#include "engine/door.hpp"
#include "engine/manifest_fetch.hpp"

namespace waypost::engine {

/// Fetches the manifests of batches that are `preparing`, a few at once, and tells the store what came of it.
/// What was not finished is begun anew at the next start. On the engine's thread.
class Preparations {
 public:
  Preparations(std::shared_ptr<Door> door, store::JobStore& store, std::span<const operation::IoContext> io,
               FetchNeeds needs);

  /// Finds those that a process before this one has left.
  void start();
  /// A job begins or ceases to be preparing. What runs for one that ceases is broken off; one that is being
  /// cancelled is told when it has stopped.
  void changed(const store::Change& change);
  /// Breaks off what runs; nothing more is begun.
  void stop();

 private:
  struct Running {
    std::shared_ptr<ManifestFetch> fetch;   ///< none while its job is being read
    std::optional<std::int64_t> cancelled;  ///< the fence under which its job is told that it has stopped
  };
  void add(const Ulid& id);
  void read_page(std::optional<std::int64_t> after);
  void begin_some();
  void begin(const Ulid& id, Result<job::Job> job);
  void ended(const Ulid& id, const std::expected<job::Batch, FetchFailure>& fetched);
  void tell(const Ulid& id, const job::Command& command);
  void drop(const store::Change& change);
  static void abort(const std::shared_ptr<ManifestFetch>& fetch);

  const std::shared_ptr<Door> door_;
  store::JobStore& store_;
  const std::span<const operation::IoContext> io_;
  const FetchNeeds needs_;
  std::deque<Ulid> waiting_;
  std::unordered_map<std::int64_t, Running> running_;
  std::size_t next_io_ = 0;
  bool stopped_ = false;
};

}  // namespace waypost::engine
