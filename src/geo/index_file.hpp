#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "geo/index_format.hpp"
#include "waypost/base/error.hpp"

namespace waypost::geo {

/// Writes an index file section by section. One thread.
class IndexFile {
 public:
  void add(index::Section id, std::string bytes) { sections_.emplace_back(id, std::move(bytes)); }
  /// Writes the file and syncs it; a failure leaves a part. Who calls puts what is whole in its place
  /// (disk.hpp).
  Result<void> write(const std::filesystem::path& path) const;

 private:
  std::vector<std::pair<index::Section, std::string>> sections_;
};

}  // namespace waypost::geo
