#include "batch/file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "waypost/base/log.hpp"

namespace waypost::batch {

Error file_error(std::string_view doing, const std::filesystem::path& path) {
  const int error = errno;
  std::string cause = fmt::format("{} {}: {}", doing, path.string(), std::generic_category().message(error));
  if (error == ENOSPC || error == EDQUOT) {
    return {.code = Code::insufficient_storage, .message = "the disk is full", .cause = std::move(cause)};
  }
  return {.code = Code::internal, .message = "a file could not be used", .cause = std::move(cause)};
}

Result<File> File::open(const std::filesystem::path& path, Mode mode) {
  const int access = mode == Mode::read ? O_RDONLY : O_RDWR | O_CREAT;
  const int empty = mode == Mode::create ? O_TRUNC : 0;
  const int fd = ::open(path.c_str(), access | empty | O_CLOEXEC, 0600);
  if (fd < 0) return std::unexpected(file_error("open", path));
  return File(fd, path);
}

File::File(File&& other) noexcept : fd_(std::exchange(other.fd_, -1)), path_(std::move(other.path_)) {}

File& File::operator=(File&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(path_, other.path_);
  return *this;
}

File::~File() {
  if (fd_ >= 0) ::close(fd_);
}

Result<void> File::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd_, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return std::unexpected(file_error("write", path_));
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return {};
}

Result<void> File::read_at(std::uint64_t offset, std::span<char> to) const {
  while (!to.empty()) {
    const ssize_t n = ::pread(fd_, to.data(), to.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return std::unexpected(file_error("read", path_));
    if (n == 0) {
      return fail(
          Code::internal, "a stored file is damaged",
          fmt::format("{} ends at byte {}, {} more were expected", path_.string(), offset, to.size()));
    }
    to = to.subspan(static_cast<std::size_t>(n));
    offset += static_cast<std::uint64_t>(n);
  }
  return {};
}

Result<std::uint64_t> File::size() const {
  struct stat facts{};
  if (::fstat(fd_, &facts) != 0) return std::unexpected(file_error("stat", path_));
  return static_cast<std::uint64_t>(facts.st_size);
}

Result<void> File::sync() const {
  if (::fsync(fd_) != 0) return std::unexpected(file_error("sync", path_));
  return {};
}

Result<void> File::sync_data() const {
  if (::fdatasync(fd_) != 0) return std::unexpected(file_error("sync", path_));
  return {};
}

Result<void> File::write_at(std::uint64_t offset, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return std::unexpected(file_error("write", path_));
    bytes.remove_prefix(static_cast<std::size_t>(n));
    offset += static_cast<std::uint64_t>(n);
  }
  return {};
}

Result<void> File::truncate(std::uint64_t size) {
  if (::ftruncate(fd_, static_cast<off_t>(size)) != 0) return std::unexpected(file_error("cut", path_));
  return {};
}

Result<void> BufferedFile::write(std::string_view bytes) {
  if (buffer_.size() + bytes.size() > kBuffer) {
    if (auto written = file_.write(buffer_); !written) return written;
    buffer_.clear();
    if (bytes.size() >= kBuffer) return file_.write(bytes);
  }
  buffer_.append(bytes);
  return {};
}

Result<void> BufferedFile::finish() {
  if (auto written = file_.write(buffer_); !written) return written;
  buffer_.clear();
  return file_.sync();
}

Result<void> sync_directory(const std::filesystem::path& dir) {
  const int fd = ::open(dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return std::unexpected(file_error("open", dir));
  const int synced = ::fsync(fd);
  Result<void> result;
  if (synced != 0) result = std::unexpected(file_error("sync", dir));
  ::close(fd);
  return result;
}

Result<void> rename_file(const std::filesystem::path& from, const std::filesystem::path& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return std::unexpected(file_error("rename", from));
  return {};
}

Result<void> remove_file(const std::filesystem::path& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return std::unexpected(file_error("delete", path));
  return {};
}

void discard_file(const std::filesystem::path& path) {
  if (const auto removed = remove_file(path); !removed) {
    log::warn("an unfinished file could not be deleted", {{"cause", removed.error().cause}});
  }
}

}  // namespace waypost::batch
