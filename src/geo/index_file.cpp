#include "geo/index_file.hpp"

#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>

#include <cstring>
#include <string_view>

#include "geo/descriptor.hpp"
#include "geo/disk.hpp"

namespace waypost::geo {
namespace {

constexpr std::size_t alignment = 8;
constexpr std::size_t aligned(std::size_t n) {
  return (n + alignment - 1) / alignment * alignment;
}

std::uint32_t checksum(std::string_view bytes) {
  return static_cast<std::uint32_t>(
      crc32_z(0, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()));
}

/// Header and section table.
std::string head(const std::vector<std::pair<index::Section, std::string>>& sections) {
  index::Header header{};
  std::memcpy(header.magic, index::magic, sizeof header.magic);
  header.version = index::version;
  header.section_count = static_cast<std::uint32_t>(sections.size());
  std::uint64_t offset = aligned(sizeof header + sections.size() * sizeof(index::SectionEntry));
  std::string table;
  for (const auto& [id, bytes] : sections) {
    const index::SectionEntry entry{.id = static_cast<std::uint32_t>(id),
                                    .check = checksum(bytes),
                                    .offset = offset,
                                    .size = bytes.size()};
    table.append(reinterpret_cast<const char*>(&entry), sizeof entry);
    offset += aligned(bytes.size());
  }
  header.file_size = offset;
  std::string out(reinterpret_cast<const char*>(&header), sizeof header);
  out += table;
  header.check = checksum(out);
  std::memcpy(out.data(), &header, sizeof header);
  return out;
}

}  // namespace

Result<void> IndexFile::write(const std::filesystem::path& path) const {
  const Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (file.get() < 0) return std::unexpected(disk::failure("cannot create", path));
  const auto padded = [&file](std::string_view bytes) {
    static constexpr char zeros[alignment] = {};
    return disk::write_all(file.get(), bytes) &&
           disk::write_all(file.get(), {zeros, aligned(bytes.size()) - bytes.size()});
  };
  if (!padded(head(sections_))) return std::unexpected(disk::failure("cannot write", path));
  for (const auto& section : sections_) {
    if (!padded(section.second)) return std::unexpected(disk::failure("cannot write", path));
  }
  if (::fsync(file.get()) != 0) return std::unexpected(disk::failure("cannot sync", path));
  return {};
}

}  // namespace waypost::geo
