#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "waypost/base/error.hpp"
#include "waypost/geo/gazetteer.hpp"

namespace waypost::geo {

/// The gazetteer of a data directory: the index `DIR/gazetteer/gazetteer.idx`, built from the imported
/// sources and the built-in data. Any thread.
class Catalog {
 public:
  explicit Catalog(std::filesystem::path data_directory);
  ~Catalog();
  Catalog(const Catalog&) = delete;
  Catalog& operator=(const Catalog&) = delete;

  /// Opens the index. Where there is none, or it is damaged, of another version, or not of these sources and
  /// this built-in data, it is built first (about a second for the built-in data alone). Fails when the
  /// folder cannot be written, or when a source that is needed is damaged. Blocks: call at the start.
  Result<void> prepare();
  /// What answers now; null before the first successful `prepare()` or `reload()`. Never waits for the disk.
  std::shared_ptr<const Gazetteer> current() const;
  /// Opens what the folder holds now. On failure the old one goes on serving. Blocks on the disk.
  Result<void> reload();
  /// Reloads by itself whenever an index is put into the folder (a thread that sleeps in inotify).
  /// Called before `prepare`, it misses none.
  Result<void> watch();

  /// Reads every source and the index of a data directory to the end and compares checksums: what is wrong, a
  /// sentence each. Beside a running server too. Blocks.
  static std::vector<std::string> verify(const std::filesystem::path& data_directory);

  /// Where the gazetteer of a data directory lies.
  static std::filesystem::path folder(const std::filesystem::path& data_directory);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace waypost::geo
