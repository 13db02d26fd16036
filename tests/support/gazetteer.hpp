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

/// A data directory that holds the index of the built-in gazetteer and nothing else. It is made once per
/// build of the test program and lies beside it, since building the index takes longer than most tests.
inline const std::filesystem::path& default_data_directory() {
  static const std::filesystem::path directory = [] {
    namespace fs = std::filesystem;
    const auto program = fs::read_symlink("/proc/self/exe");
    const auto built = fs::last_write_time(program).time_since_epoch().count();
    const auto prefix = program.filename().string() + ".gazetteer-";
    const auto folder = program.parent_path() / (prefix + std::to_string(built));
    for (const auto& entry : fs::directory_iterator(program.parent_path())) {
      if (entry.path() != folder && entry.path().filename().string().starts_with(prefix))
        fs::remove_all(entry.path());
    }
    if (const auto ready = geo::Catalog(folder).prepare(); !ready)
      throw std::runtime_error(ready.error().message);
    return folder;
  }();
  return directory;
}

/// The built-in gazetteer.
inline geo::Catalog& default_catalog() {
  static const std::unique_ptr<geo::Catalog> catalog = [] {
    auto made = std::make_unique<geo::Catalog>(default_data_directory());
    if (const auto ready = made->prepare(); !ready) throw std::runtime_error(ready.error().message);
    return made;
  }();
  return *catalog;
}

inline std::shared_ptr<const geo::Gazetteer> default_gazetteer() {
  return default_catalog().current();
}

}  // namespace waypost::test
