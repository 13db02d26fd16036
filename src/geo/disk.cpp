#include "geo/disk.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>
#include <system_error>

#include "geo/descriptor.hpp"

namespace waypost::geo::disk {
namespace {

constexpr std::string_view mark = ".part";

Result<void> sync_folder(const std::filesystem::path& folder) {
  const Descriptor directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.get() < 0 || ::fsync(directory.get()) != 0)
    return std::unexpected(failure("cannot sync", folder));
  return {};
}

}  // namespace

Error failure(std::string_view doing, const std::filesystem::path& path) {
  const int reason = errno;
  const bool full = reason == ENOSPC || reason == EDQUOT;
  return {.code = full ? Code::insufficient_storage : Code::internal,
          .message = std::string(doing) + " " + path.string() + ": " + std::strerror(reason) +
                     (full ? "; free some space and try again" : "")};
}

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

Result<void> make_folder(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error)
    return fail(Code::internal, "cannot make the folder " + folder.string() + ": " + error.message());
  return {};
}

Result<void> put_in_place(const std::filesystem::path& from, const std::filesystem::path& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return std::unexpected(failure("cannot put in place", to));
  return sync_folder(to.parent_path());
}

TemporaryFile::TemporaryFile(const std::filesystem::path& target) : path_(target) {
  path_ += std::string(mark) + std::to_string(::getpid());
}

TemporaryFile::~TemporaryFile() {
  ::unlink(path_.c_str());
}

bool TemporaryFile::is_left_over(const std::filesystem::path& path) {
  return path.filename().string().find(mark) != std::string::npos;
}

}  // namespace waypost::geo::disk
