#pragma once

#include <filesystem>
#include <functional>
#include <memory>

#include "waypost/base/clock.hpp"
#include "waypost/store/store.hpp"

namespace waypost::store {

struct SqliteOptions {
  std::filesystem::path file;
  bool full_sync = true;                     ///< `store.synchronous`: full, or normal
  std::size_t readers = 2;                   ///< reading connections, a thread each
  std::size_t max_queued = 20000;            ///< writes that may wait; more are refused as overloaded
  std::uint64_t min_free_bytes = 64u << 20;  ///< of the disk: below it new work is refused
  Retention retention;
  std::string vfs;  ///< SQLite's seam to the system, by name; "" for its own
  /// Called once, on the writer's thread, when the store breaks.
  std::function<void(const std::string&)> on_failure;
};

/// Opens or makes the database, brings its schema up to date and ends what a crash left behind
/// (job::WorkerLost for every job that was held). Fails with a message that names the file and the remedy: no
/// directory, not writable, not a database, made by a newer version. `clock` outlives the store. Blocks; call
/// it before serving.
Result<std::unique_ptr<Store>> open_sqlite(SqliteOptions options, Clock& clock);

/// Held by the one process that serves a data directory.
class DirectoryLock {
 public:
  /// Takes `directory`/waypost.lock. Fails when another process holds it, naming its process id.
  static Result<DirectoryLock> take(const std::filesystem::path& directory);
  /// Writes down where this process serves, for `holder_url`.
  Result<void> announce(std::string_view url);
  /// Where the process that holds the lock serves; nothing while it does not.
  static std::optional<std::string> holder_url(const std::filesystem::path& directory);
  DirectoryLock(DirectoryLock&& other) noexcept;
  DirectoryLock& operator=(DirectoryLock&& other) noexcept;
  ~DirectoryLock();

 private:
  explicit DirectoryLock(int descriptor) : descriptor_(descriptor) {}
  Result<void> write_down(const std::string& text);
  int descriptor_ = -1;
};

}  // namespace waypost::store
