#include "geo/index_file.hpp"

#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>

#include <cerrno>
#include <cstring>
#include <string_view>

#include "geo/descriptor.hpp"

namespace waypost::geo {
namespace {

constexpr std::size_t alignment = 8;
constexpr std::size_t aligned(std::size_t n) {
  return (n + alignment - 1) / alignment * alignment;
}

std::unexpected<Error> io_failure(std::string_view what, const std::filesystem::path& path) {
  const int reason = errno;
  const auto code = reason == ENOSPC || reason == EDQUOT ? Code::insufficient_storage : Code::internal;
  return fail(code, std::string(what) + " " + path.string() + ": " + std::strerror(reason));
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

Result<void> write_file(const std::filesystem::path& path,
                        const std::vector<std::pair<index::Section, std::string>>& sections) {
  const Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (file.get() < 0) return io_failure("cannot create", path);
  const auto padded = [&file](std::string_view bytes) {
    static constexpr char zeros[alignment] = {};
    return write_all(file.get(), bytes) &&
           write_all(file.get(), {zeros, aligned(bytes.size()) - bytes.size()});
  };
  if (!padded(head(sections))) return io_failure("cannot write", path);
  for (const auto& section : sections) {
    if (!padded(section.second)) return io_failure("cannot write", path);
  }
  if (::fsync(file.get()) != 0) return io_failure("cannot sync", path);
  return {};
}

Result<void> sync_folder(const std::filesystem::path& folder) {
  const Descriptor directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.get() < 0 || ::fsync(directory.get()) != 0) return io_failure("cannot sync", folder);
  return {};
}

}  // namespace

Result<void> IndexFile::write(const std::filesystem::path& path) const {
  auto temporary = path;
  temporary += ".part" + std::to_string(::getpid());
  auto done = write_file(temporary, sections_);
  if (done && ::rename(temporary.c_str(), path.c_str()) != 0) done = io_failure("cannot put in place", path);
  if (!done) {
    ::unlink(temporary.c_str());
    return done;
  }
  return sync_folder(path.parent_path());
}

}  // namespace waypost::geo
