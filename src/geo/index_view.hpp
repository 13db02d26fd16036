#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>

#include "geo/index_format.hpp"
#include "waypost/base/error.hpp"

namespace waypost::geo {

/// A file mapped for reading. Any thread.
class MappedFile {
 public:
  static Result<MappedFile> open(const std::filesystem::path& path);
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&&) = delete;
  ~MappedFile();
  std::string_view bytes() const { return bytes_; }

 private:
  explicit MappedFile(std::string_view bytes) : bytes_(bytes) {}
  std::string_view bytes_;
};

/// The sections of an index, typed. Reading outside a section gives nothing rather than a fault: an index too
/// large to be checked when opened may be damaged.
class IndexView {
 public:
  /// Checks magic, version, length, the head's checksum and the shape of every section.
  static Result<IndexView> parse(std::string_view file, const std::filesystem::path& path);

  std::string_view bytes(index::Section id) const { return sections_[static_cast<std::size_t>(id)]; }
  template <class T>
  std::span<const T> array(index::Section id) const {
    const auto section = bytes(id);
    return {reinterpret_cast<const T*>(section.data()), section.size() / sizeof(T)};
  }
  std::string_view text(std::uint32_t offset) const;
  std::size_t terms() const { return terms_; }
  std::string_view term(std::size_t i) const;
  std::span<const std::uint32_t> postings(std::size_t i) const;
  /// Whether every section's bytes match their checksum: streams through the file without mapping it in.
  static Result<void> verify(const std::filesystem::path& path);

 private:
  std::array<std::string_view, index::section_count + 1> sections_;
  std::size_t terms_ = 0;
};

}  // namespace waypost::geo
