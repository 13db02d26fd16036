#pragma once

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "waypost/geo/catalog.hpp"

namespace waypost::test {

/// A folder that is gone when the test ends.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "waypost-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make a temporary folder");
    path_ = name;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

  std::filesystem::path write(std::string_view name, std::string_view content) const {
    const auto file = path_ / name;
    std::ofstream(file, std::ios::binary) << content;
    return file;
  }

 private:
  std::filesystem::path path_;
};

/// The built-in gazetteer. Its index is made once per build of the test program and lies beside it, since
/// every test is a process of its own.
inline geo::Catalog& default_catalog() {
  static const std::unique_ptr<geo::Catalog> catalog = [] {
    namespace fs = std::filesystem;
    const auto program = fs::read_symlink("/proc/self/exe");
    const auto built = fs::last_write_time(program).time_since_epoch().count();
    const auto prefix = program.filename().string() + ".gazetteer-";
    const auto folder = program.parent_path() / (prefix + std::to_string(built));
    for (const auto& entry : fs::directory_iterator(program.parent_path())) {
      if (entry.path() != folder && entry.path().filename().string().starts_with(prefix))
        fs::remove_all(entry.path());
    }
    auto made = std::make_unique<geo::Catalog>(folder);
    if (const auto ready = made->ensure_default(); !ready) throw std::runtime_error(ready.error().message);
    return made;
  }();
  return *catalog;
}

inline std::shared_ptr<const geo::Gazetteer> default_gazetteer() {
  return default_catalog().current();
}

}  // namespace waypost::test
