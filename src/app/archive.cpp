#include "app/archive.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstring>
#include <map>

#include "waypost/base/sha256.hpp"
#include "waypost/base/text.hpp"

namespace waypost::app {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t block = 512, piece = 1u << 18, longest_name = 100;
constexpr std::string_view sums_name = "SHA256SUMS";
constexpr std::uint64_t largest_octal = 077777777777;  // eleven digits

std::unexpected<Error> failed_at(std::string_view doing, const fs::path& path) {
  return fail(Code::internal,
              "cannot " + std::string(doing) + " " + path.string() + ": " + std::strerror(errno));
}

/// A file that is closed at the end of its scope.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return number_; }
  explicit operator bool() const { return number_ >= 0; }

  bool write(std::string_view bytes) const {
    while (!bytes.empty()) {
      const auto written = ::write(number_, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
  }
  /// Fewer bytes than asked for only at the end; nothing on a failure.
  std::optional<std::string> read(std::size_t size) const {
    std::string bytes(size, '\0');
    std::size_t have = 0;
    while (have < size) {
      const auto got = ::read(number_, bytes.data() + have, size - have);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return std::nullopt;
      if (got == 0) break;
      have += static_cast<std::size_t>(got);
    }
    bytes.resize(have);
    return bytes;
  }

 private:
  int number_;
};

/// The header of POSIX.1-1988's ustar. A size past eleven octal digits is written as GNU tar does, in binary
/// with the first bit set.
std::string header_of(std::string_view name, std::uint64_t size) {
  std::string header(block, '\0');
  const auto put = [&header](std::size_t at, std::string_view text) {
    std::ranges::copy(text, header.begin() + static_cast<std::ptrdiff_t>(at));
  };
  put(0, name);
  put(100, "0000600");
  put(108, "0000000");
  put(116, "0000000");
  if (size <= largest_octal) {
    put(124, fmt::format("{:011o}", size));
  } else {
    header[124] = static_cast<char>(0x80);
    for (int i = 0; i < 8; ++i)
      header[135 - static_cast<std::size_t>(i)] = static_cast<char>(size >> (8 * i));
  }
  put(136, "00000000000");
  put(148, "        ");
  header[156] = '0';
  put(257, std::string_view("ustar\00000", 8));
  unsigned sum = 0;
  for (const char c : header) sum += static_cast<unsigned char>(c);
  put(148, fmt::format("{:06o}", sum));
  header[154] = '\0';
  return header;
}

std::uint64_t padding(std::uint64_t size) {
  return (block - size % block) % block;
}

class Writer {
 public:
  explicit Writer(const fs::path& path)
      : path_(path), file_(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)) {}
  bool opened() const { return static_cast<bool>(file_); }

  Result<void> add(const ArchiveMember& member) {
    if (member.name.size() > longest_name)
      return fail(Code::internal, "the name " + member.name + " is too long for a backup: rename it");
    const Descriptor in(::open(member.file.c_str(), O_RDONLY | O_CLOEXEC));
    struct stat facts{};
    if (!in || ::fstat(in.get(), &facts) != 0) return failed_at("read", member.file);
    const auto size = static_cast<std::uint64_t>(facts.st_size);
    Sha256 hash;
    if (!file_.write(header_of(member.name, size))) return failed_at("write", path_);
    for (std::uint64_t left = size; left > 0;) {
      const auto bytes = in.read(std::min<std::uint64_t>(piece, left));
      if (!bytes) return failed_at("read", member.file);
      if (bytes->empty())
        return fail(Code::internal, member.file.string() + " became shorter while it was read");
      hash.update(*bytes);
      if (!file_.write(*bytes)) return failed_at("write", path_);
      left -= bytes->size();
    }
    sums_ += hash.hex() + "  " + member.name + "\n";
    return pad(size);
  }

  Result<void> finish() {
    if (!file_.write(header_of(sums_name, sums_.size())) || !file_.write(sums_))
      return failed_at("write", path_);
    if (auto padded = pad(sums_.size()); !padded) return padded;
    if (!file_.write(std::string(2 * block, '\0')) || ::fsync(file_.get()) != 0)
      return failed_at("write", path_);
    return {};
  }

 private:
  Result<void> pad(std::uint64_t size) {
    if (!file_.write(std::string(padding(size), '\0'))) return failed_at("write", path_);
    return {};
  }
  const fs::path path_;
  Descriptor file_;
  std::string sums_;
};

Result<void> sync_folder(const fs::path& folder) {
  const Descriptor opened(::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!opened || ::fsync(opened.get()) != 0) return failed_at("write", folder);
  return {};
}

/// What a header says of its member; nothing when it is none of ours.
struct Entry {
  std::string name;
  std::uint64_t size = 0;
};
std::optional<Entry> read_header(std::string_view header) {
  unsigned sum = 0, said = 0;
  for (std::size_t i = 0; i < block; ++i)
    sum += i >= 148 && i < 156 ? ' ' : static_cast<unsigned char>(header[i]);
  std::from_chars(header.data() + 148, header.data() + 154, said, 8);
  if (sum != said || header[156] != '0' || header.substr(257, 5) != "ustar") return std::nullopt;
  Entry entry{.name = std::string(header.substr(0, header.substr(0, longest_name).find('\0')))};
  if (entry.name.size() > longest_name) entry.name.resize(longest_name);
  if ((static_cast<unsigned char>(header[124]) & 0x80) != 0) {
    for (std::size_t i = 128; i < 136; ++i)
      entry.size = entry.size << 8 | static_cast<unsigned char>(header[i]);
  } else {
    const auto end = std::from_chars(header.data() + 124, header.data() + 135, entry.size, 8);
    if (end.ec != std::errc{}) return std::nullopt;
  }
  return entry;
}

/// Whether a member's name stays within the directory that it is unpacked into.
bool is_within(std::string_view name) {
  if (name.empty() || name.starts_with('/')) return false;
  return std::ranges::none_of(text::split(name, '/'), [](std::string_view step) {
    return step.empty() || step == "." || step == "..";
  });
}

class Extractor {
 public:
  Extractor(const fs::path& archive, const fs::path& into)
      : archive_(archive), into_(into), file_(::open(archive.c_str(), O_RDONLY | O_CLOEXEC)) {}

  Result<std::vector<std::string>> run() {
    if (!file_) return failed_at("read", archive_);
    for (;;) {
      const auto header = file_.read(block);
      if (!header || header->size() < block) return broken("it ends too early");
      const auto entry = read_header(*header);
      if (!entry) return broken("it is no backup of Waypost's");
      if (entry->name == sums_name) return check(*entry);
      if (!is_within(entry->name)) return broken("it has a member of the name \"" + entry->name + "\"");
      if (auto unpacked = unpack(*entry); !unpacked) return std::unexpected(unpacked.error());
    }
  }

 private:
  std::unexpected<Error> broken(std::string what) const {
    return fail(Code::internal, archive_.string() + " cannot be used: " + std::move(what));
  }

  Result<void> unpack(const Entry& entry) {
    const fs::path path = into_ / entry.name;
    std::error_code error;
    fs::create_directories(path.parent_path(), error);
    const Descriptor out(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!out) return failed_at("write", path);
    Sha256 hash;
    for (std::uint64_t left = entry.size; left > 0;) {
      const auto bytes = file_.read(std::min<std::uint64_t>(piece, left));
      if (!bytes || bytes->empty()) return broken("it ends too early");
      hash.update(*bytes);
      if (!out.write(*bytes)) return failed_at("write", path);
      left -= bytes->size();
    }
    if (::fsync(out.get()) != 0) return failed_at("write", path);
    sums_[entry.name] = hash.hex();
    file_.read(padding(entry.size));
    return {};
  }

  Result<std::vector<std::string>> check(const Entry& entry) {
    constexpr std::uint64_t longest_list = 1u << 30;
    if (entry.size > longest_list) return broken("its list of checksums is too long");
    const auto list = file_.read(entry.size);
    if (!list || list->size() < entry.size) return broken("it ends too early");
    std::vector<std::string> names;
    for (const auto line : text::split(*list, '\n')) {
      if (line.empty()) continue;
      constexpr std::size_t digits = 64;
      if (line.size() < digits + 3) return broken("its list of checksums is malformed");
      const std::string name(line.substr(digits + 2));
      const auto found = sums_.find(name);
      if (found == sums_.end()) return broken(name + " is missing");
      if (found->second != line.substr(0, digits)) return broken(name + " is not what was written");
      names.push_back(name);
    }
    if (names.size() != sums_.size()) return broken("it has members without a checksum");
    return names;
  }

  const fs::path archive_, into_;
  Descriptor file_;
  std::map<std::string, std::string> sums_;
};

}  // namespace

Result<void> write_archive(const fs::path& archive, const std::vector<ArchiveMember>& members) {
  const fs::path draft = archive.string() + ".partial";
  std::error_code ignored;
  fs::remove(draft, ignored);
  const auto write = [&]() -> Result<void> {
    Writer writer(draft);
    if (!writer.opened()) return failed_at("write", draft);
    for (const auto& member : members)
      if (auto added = writer.add(member); !added) return added;
    return writer.finish();
  };
  auto written = write();
  // Without replacing: what lies there may be the backup of yesterday.
  if (written && ::link(draft.c_str(), archive.c_str()) != 0) written = failed_at("make", archive);
  fs::remove(draft, ignored);
  return written ? sync_folder(archive.parent_path()) : written;
}

Result<std::vector<std::string>> extract_archive(const fs::path& archive, const fs::path& into) {
  return Extractor(archive, into).run();
}

}  // namespace waypost::app
