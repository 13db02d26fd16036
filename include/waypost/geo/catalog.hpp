#pragma once

#include <filesystem>
#include <memory>
#include <string_view>

#include "waypost/base/error.hpp"
#include "waypost/geo/gazetteer.hpp"

namespace waypost::geo {

/// The gazetteer folder of a data directory: `DIR/gazetteer/NAME.idx`, one file per source. The newest
/// imported source answers; the built-in one (`default-VERSION.idx`) when nothing is imported. Any thread.
class Catalog {
 public:
  explicit Catalog(std::filesystem::path data_directory);
  ~Catalog();
  Catalog(const Catalog&) = delete;
  Catalog& operator=(const Catalog&) = delete;

  /// Makes the built-in gazetteer's index if this version's is not there yet (about a second, once), and
  /// opens what is to answer. Fails when the folder cannot be written or a file is damaged. Blocks: call at
  /// the start.
  Result<void> ensure_default();
  /// What answers now; null before the first successful `ensure_default()` or `reload()`. Never waits for
  /// the disk.
  std::shared_ptr<const Gazetteer> current() const;
  /// Opens what the folder holds now. On failure the old one goes on serving. Blocks on the disk.
  Result<void> reload();
  /// Reloads by itself whenever a file is put into the folder (a thread that sleeps in inotify).
  Result<void> watch();

  /// Where the index of a source is kept.
  static std::filesystem::path folder(const std::filesystem::path& data_directory);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace waypost::geo
