#pragma once

#include <atomic>
#include <boost/asio/thread_pool.hpp>
#include <filesystem>

#include "waypost/base/asio.hpp"
#include "waypost/base/clock.hpp"
#include "waypost/batch/manifest.hpp"
#include "waypost/job/job.hpp"
#include "waypost/operation/operation.hpp"

namespace waypost::engine {

/// What a fetch needs; all that is referred to outlives it.
struct FetchNeeds {
  const operation::Registry& operations;
  boost::asio::thread_pool& workers;  ///< for what blocks on files
  Clock& clock;
  std::filesystem::path manifests;              ///< directory
  const std::atomic<std::uint64_t>& max_bytes;  ///< of a manifest, inflated
};

/// Why there is no manifest, as the job will say it.
struct FetchFailure {
  std::string code;
  std::string message;
  bool retry = false;
  std::optional<Seconds> retry_after;
};

/// Fetches the manifest of one job to where the job expects it: streamed, checked against its etag and the
/// job's map, tried again as often as the job's attempts are. On the thread of `io`.
class ManifestFetch {
 public:
  ManifestFetch(operation::IoContext io, FetchNeeds needs, job::Job job);

  /// The job's batch with what the manifest adds to it.
  asio::awaitable<std::expected<job::Batch, FetchFailure>> run();
  /// Breaks it off.
  void abort();
  boost::asio::io_context& context() { return io_.context; }

 private:
  using Fetched = std::expected<job::Batch, FetchFailure>;
  class Writer;

  asio::awaitable<Fetched> fetch();
  Fetched fit(const batch::ManifestFacts& facts) const;
  asio::awaitable<void> wait(Milliseconds time);

  operation::IoContext io_;
  const FetchNeeds needs_;
  const job::Job job_;
  net::Abort abort_;
};

}  // namespace waypost::engine
