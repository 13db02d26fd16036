#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "geo/descriptor.hpp"
#include "waypost/base/error.hpp"
#include "waypost/geo/gazetteer.hpp"

namespace waypost::geo {

/// The gazetteer folder of a data directory:
///
///   gazetteer.idx     the index that answers
///   sources/NAME.src  what it is built from
///   lock              held by whoever changes either
///
/// Any thread; changes are made under the lock.
class SourceFolder {
 public:
  explicit SourceFolder(const std::filesystem::path& data_directory);

  std::filesystem::path index() const { return folder_ / "gazetteer.idx"; }
  std::filesystem::path source(const std::string& name) const;
  const std::filesystem::path& path() const { return folder_; }

  /// Makes the folders, waits until nobody else changes them, and sweeps what a killed import left. `waits`
  /// is called when someone does. The lock goes with what is returned.
  Result<Descriptor> lock(const std::function<void()>& waits) const;
  /// Files of the sources; none when there is no folder.
  std::vector<std::filesystem::path> sources() const;

 private:
  void sweep() const;
  std::filesystem::path folder_;
};

}  // namespace waypost::geo
