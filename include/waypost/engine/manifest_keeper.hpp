#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <filesystem>
#include <memory>

#include "waypost/base/clock.hpp"
#include "waypost/store/manifest_store.hpp"

namespace waypost::engine {

/// Deletes the files of manifests that nobody needs any more: what a crash left behind, what came with a job
/// that is forgotten, and stored ones that were removed or whose time is over. Its state lives on the thread
/// of `context`; files are deleted on `disk`.
class ManifestKeeper {
 public:
  /// All of it outlives the keeper, and neither `context` nor `disk` runs any more when it is destroyed.
  ManifestKeeper(store::JobStore& jobs, store::ManifestStore& manifests, Clock& clock,
                 boost::asio::io_context& context, boost::asio::thread_pool& disk,
                 std::filesystem::path directory);
  ~ManifestKeeper();

  /// Deletes every file that belongs to no job and to no stored manifest. Blocks; once, before anything is
  /// uploaded.
  Result<void> start();
  /// Stored manifests may have become free: one was removed, or a job over one is forgotten. Any thread.
  void look();
  /// A job changed. Any thread.
  void changed(const store::Change& change);

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;  ///< shared with replies of the store, which may come when this is gone
};

}  // namespace waypost::engine
