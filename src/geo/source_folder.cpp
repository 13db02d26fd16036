#include "geo/source_folder.hpp"

#include <fcntl.h>
#include <sys/file.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "geo/disk.hpp"

namespace waypost::geo {
namespace {

namespace fs = std::filesystem;
constexpr std::string_view extension = ".src";

}  // namespace

SourceFolder::SourceFolder(const fs::path& data_directory) : folder_(data_directory / "gazetteer") {}

fs::path SourceFolder::source(const std::string& name) const {
  return folder_ / "sources" / (name + std::string(extension));
}

Result<Descriptor> SourceFolder::lock(const std::function<void()>& waits) const {
  if (auto made = disk::make_folder(folder_ / "sources"); !made) return std::unexpected(made.error());
  const auto path = folder_ / "lock";
  Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (file.get() < 0) return std::unexpected(disk::failure("cannot open", path));
  if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    if (waits) waits();
    while (::flock(file.get(), LOCK_EX) != 0)
      if (errno != EINTR) return std::unexpected(disk::failure("cannot lock", path));
  }
  sweep();
  return file;
}

std::vector<fs::path> SourceFolder::sources() const {
  std::vector<fs::path> found;
  std::error_code error;
  for (fs::directory_iterator it(folder_ / "sources", error), end; !error && it != end; it.increment(error))
    if (it->path().extension() == extension) found.push_back(it->path());
  std::ranges::sort(found);
  return found;
}

void SourceFolder::sweep() const {
  std::error_code error;
  for (fs::recursive_directory_iterator it(folder_, error), end; !error && it != end; it.increment(error)) {
    std::error_code ignored;  // one that stays costs space and nothing else
    if (disk::TemporaryFile::is_left_over(it->path())) fs::remove(it->path(), ignored);
  }
}

}  // namespace waypost::geo
