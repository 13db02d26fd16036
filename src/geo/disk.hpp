#pragma once

#include <filesystem>
#include <string_view>

#include "waypost/base/error.hpp"

/// Files that are put in place whole or not at all.
namespace waypost::geo::disk {

/// The failure of a call, from errno: insufficient_storage when the disk or a quota is full, else internal.
Error failure(std::string_view doing, const std::filesystem::path& path);
bool write_all(int fd, std::string_view bytes);
Result<void> make_folder(const std::filesystem::path& folder);
/// Renames within a folder and makes the new name durable.
Result<void> put_in_place(const std::filesystem::path& from, const std::filesystem::path& to);

/// A path for a file that is being written; what lies there when the owner goes is removed.
class TemporaryFile {
 public:
  /// Beside `target`, named after it and this process.
  explicit TemporaryFile(const std::filesystem::path& target);
  ~TemporaryFile();
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  const std::filesystem::path& path() const { return path_; }
  /// Whether a file is one that a process left when it was killed.
  static bool is_left_over(const std::filesystem::path& path);

 private:
  std::filesystem::path path_;
};

}  // namespace waypost::geo::disk
