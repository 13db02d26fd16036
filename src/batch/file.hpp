#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "waypost/base/error.hpp"

/// Plain files as values: each failure is insufficient_storage (the disk or a quota is full) or internal,
/// with the path and the system's words as the cause.
namespace waypost::batch {

/// The error of a failed call, from errno.
Error file_error(std::string_view doing, const std::filesystem::path& path);

/// An open file. One thread, but for `read_at`.
class File {
 public:
  enum class Mode { read, create, update };
  /// `create` makes or empties the file, `update` makes it when there is none; for the owner's eyes only
  /// (0600).
  static Result<File> open(const std::filesystem::path& path, Mode mode);
  File(File&& other) noexcept;
  File& operator=(File&& other) noexcept;
  ~File();

  Result<void> write(std::string_view bytes);
  /// Fills `to`, or fails: a short file is internal.
  Result<void> read_at(std::uint64_t offset, std::span<char> to) const;
  Result<void> write_at(std::uint64_t offset, std::string_view bytes);
  Result<void> truncate(std::uint64_t size);
  Result<std::uint64_t> size() const;
  /// Makes the file durable; `sync_data` leaves out what reading it back does not need (times).
  Result<void> sync() const;
  Result<void> sync_data() const;
  const std::filesystem::path& path() const { return path_; }

 private:
  File(int fd, std::filesystem::path path) : fd_(fd), path_(std::move(path)) {}
  int fd_ = -1;
  std::filesystem::path path_;
};

/// A file written through a buffer.
class BufferedFile {
 public:
  explicit BufferedFile(File file) : file_(std::move(file)) {}
  Result<void> write(std::string_view bytes);
  /// Writes what is buffered and syncs.
  Result<void> finish();

 private:
  static constexpr std::size_t kBuffer = 256U << 10;
  File file_;
  std::string buffer_;
};

/// Makes names created or renamed in `dir` durable.
Result<void> sync_directory(const std::filesystem::path& dir);
Result<void> rename_file(const std::filesystem::path& from, const std::filesystem::path& to);
/// Fine when there is none.
Result<void> remove_file(const std::filesystem::path& path);
/// Deletes what is of no more use; a failure is logged, and what stays is deleted at the next start.
void discard_file(const std::filesystem::path& path);

}  // namespace waypost::batch
