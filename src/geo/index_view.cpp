#include "geo/index_view.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

namespace waypost::geo {
namespace {

using index::Section;

std::unexpected<Error> unusable(const std::filesystem::path& path, const std::string& why) {
  return fail(Code::internal, "the gazetteer " + path.string() + " " + why +
                                  "; import it again (waypost import), or delete it to use the built-in one");
}

/// What one element of the section measures.
std::size_t element_size(Section id) {
  switch (id) {
    case Section::places:
      return sizeof(index::PlaceRecord);
    case Section::names:
      return sizeof(index::NameRecord);
    case Section::languages:
      return sizeof(index::LanguageRecord);
    case Section::term_offsets:
    case Section::posting_offsets:
    case Section::postings:
    case Section::key_places:
      return sizeof(std::uint32_t);
    case Section::keys:
      return sizeof(std::uint64_t);
    case Section::spatial:
      return sizeof(index::SpatialNode);
    case Section::extents:
      return sizeof(index::ExtentRecord);
    case Section::meta:
    case Section::strings:
    case Section::terms:
      break;
  }
  return 1;
}

std::uint32_t checksum(std::uint32_t seed, std::string_view bytes) {
  return static_cast<std::uint32_t>(
      crc32_z(seed, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()));
}

}  // namespace

Result<MappedFile> MappedFile::open(const std::filesystem::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat status{};
  if (fd < 0 || ::fstat(fd, &status) != 0) {
    const std::string reason = std::strerror(errno);
    if (fd >= 0) ::close(fd);
    return fail(Code::not_found, "cannot open the gazetteer " + path.string() + ": " + reason);
  }
  const auto size = static_cast<std::size_t>(status.st_size);
  if (size == 0) {
    ::close(fd);
    return unusable(path, "is empty");
  }
  void* const data = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, fd, 0);
  const int reason = errno;
  ::close(fd);
  if (data == MAP_FAILED) {
    return fail(Code::internal, "cannot map the gazetteer " + path.string() + ": " + std::strerror(reason));
  }
  // Lookups jump about: reading ahead would bring in pages nobody asked for.
  ::madvise(data, size, MADV_RANDOM);
  return MappedFile({static_cast<const char*>(data), size});
}

MappedFile::MappedFile(MappedFile&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}

MappedFile::~MappedFile() {
  if (!bytes_.empty()) ::munmap(const_cast<char*>(bytes_.data()), bytes_.size());
}

Result<IndexView> IndexView::parse(std::string_view file, const std::filesystem::path& path) {
  index::Header header{};
  if (file.size() < sizeof header) return unusable(path, "is cut short");
  std::memcpy(&header, file.data(), sizeof header);
  if (std::memcmp(header.magic, index::magic, sizeof header.magic) != 0)
    return unusable(path, "is no gazetteer");
  if (header.version != index::version) {
    return unusable(path, "has format " + std::to_string(header.version) + " and this waypost reads format " +
                              std::to_string(index::version));
  }
  if (header.file_size != file.size()) {
    return unusable(path, "is cut short: it has " + std::to_string(file.size()) + " bytes of " +
                              std::to_string(header.file_size));
  }
  const auto table_size = std::size_t{header.section_count} * sizeof(index::SectionEntry);
  if (header.section_count > 1000 || sizeof header + table_size > file.size())
    return unusable(path, "is damaged");
  auto blank = header;
  blank.check = 0;
  const auto table = file.substr(sizeof header, table_size);
  const auto check = checksum(checksum(0, {reinterpret_cast<const char*>(&blank), sizeof blank}), table);
  if (check != header.check) return unusable(path, "has a damaged head");

  IndexView view;
  for (std::size_t i = 0; i < header.section_count; ++i) {
    index::SectionEntry entry{};
    std::memcpy(&entry, table.data() + i * sizeof entry, sizeof entry);
    if (entry.id == 0 || entry.id > index::section_count) continue;
    const auto id = static_cast<Section>(entry.id);
    if (entry.offset > file.size() || entry.size > file.size() - entry.offset || entry.offset % 8 != 0 ||
        entry.size % element_size(id) != 0) {
      return unusable(path, "is damaged");
    }
    view.sections_[entry.id] = file.substr(entry.offset, entry.size);
  }
  const auto offsets = view.array<std::uint32_t>(Section::term_offsets);
  const auto postings = view.array<std::uint32_t>(Section::posting_offsets);
  if (offsets.empty() || offsets.size() != postings.size() ||
      view.array<std::uint64_t>(Section::keys).size() !=
          view.array<std::uint32_t>(Section::key_places).size()) {
    return unusable(path, "lacks a section");
  }
  view.terms_ = offsets.size() - 1;
  return view;
}

Result<void> IndexView::verify(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  index::Header header{};
  in.read(reinterpret_cast<char*>(&header), sizeof header);
  std::vector<index::SectionEntry> entries(std::min<std::uint32_t>(header.section_count, 1000));
  in.read(reinterpret_cast<char*>(entries.data()),
          static_cast<std::streamsize>(entries.size() * sizeof(index::SectionEntry)));
  std::vector<char> buffer(1 << 16);
  for (const auto& entry : entries) {
    in.seekg(static_cast<std::streamoff>(entry.offset));
    std::uint32_t check = 0;
    for (auto left = entry.size; left > 0 && in;) {
      const auto part = std::min<std::uint64_t>(left, buffer.size());
      in.read(buffer.data(), static_cast<std::streamsize>(part));
      check = checksum(check, {buffer.data(), static_cast<std::size_t>(in.gcount())});
      left -= part;
    }
    if (!in || check != entry.check)
      return unusable(path, "is damaged (section " + std::to_string(entry.id) + ")");
  }
  return {};
}

std::string_view IndexView::text(std::uint32_t offset) const {
  const auto strings = bytes(Section::strings);
  std::uint16_t size = 0;
  if (strings.size() < sizeof size || offset > strings.size() - sizeof size) return {};
  std::memcpy(&size, strings.data() + offset, sizeof size);
  return strings.substr(offset + sizeof size, size);
}

std::string_view IndexView::term(std::size_t i) const {
  const auto offsets = array<std::uint32_t>(Section::term_offsets);
  const auto terms = bytes(Section::terms);
  const auto begin = offsets[i], end = offsets[i + 1];
  return begin <= end && end <= terms.size() ? terms.substr(begin, end - begin) : std::string_view();
}

std::span<const std::uint32_t> IndexView::postings(std::size_t i) const {
  const auto offsets = array<std::uint32_t>(Section::posting_offsets);
  const auto postings = array<std::uint32_t>(Section::postings);
  const auto begin = offsets[i], end = offsets[i + 1];
  if (begin > end || end > postings.size()) return {};
  return postings.subspan(begin, end - begin);
}

}  // namespace waypost::geo
