#include "geo/source_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

#include "geo/disk.hpp"
#include "waypost/base/json.hpp"

namespace waypost::geo {
namespace {

constexpr char magic[8] = {'W', 'P', 'S', 'R', 'C', '\r', '\n', 0x1A};
constexpr std::uint32_t format_version = 1;
constexpr std::size_t chunk = 256 << 10;
constexpr std::uint32_t longest_row = 1 << 30;
constexpr std::uint32_t longest_info = 1 << 20;

struct Header {
  char magic[8];
  std::uint32_t version;
  std::uint32_t check;  // CRC-32 of header (with `check` = 0) and info
  std::uint64_t rows_size;
  std::uint32_t info_size;
  std::uint32_t reserved;
};
static_assert(sizeof(Header) == 32);

std::uint32_t checksum(Header header, std::string_view info) {
  header.check = 0;
  const auto seed = crc32_z(0, reinterpret_cast<const unsigned char*>(&header), sizeof header);
  return static_cast<std::uint32_t>(
      crc32_z(seed, reinterpret_cast<const unsigned char*>(info.data()), info.size()));
}

std::string info_text(const SourceInfo& info) {
  std::string out;
  json::Writer(out)
      .begin_object()
      .field("name", info.name)
      .field("kind", info.kind)
      .field("version", info.version)
      .field("attribution", info.attribution)
      .field("licence", info.licence)
      .field("imported_at", info.imported_at)
      .field("rows", static_cast<std::int64_t>(info.rows))
      .end_object();
  return out;
}

std::optional<SourceInfo> info_of(std::string_view text) {
  const auto document = json::Document::parse(text);
  if (!document || !document->root().is(json::Kind::object)) return std::nullopt;
  const auto field = [&](std::string_view name) {
    const auto value = document->root().find(name);
    return value && value->is(json::Kind::string) ? std::string(value->string()) : std::string();
  };
  const auto rows = document->root().find("rows");
  const auto count = rows && rows->is(json::Kind::number) ? rows->integer().value_or(0) : 0;
  return SourceInfo{.name = field("name"),
                    .kind = field("kind"),
                    .version = field("version"),
                    .attribution = field("attribution"),
                    .licence = field("licence"),
                    .imported_at = field("imported_at"),
                    .rows = static_cast<std::uint64_t>(count)};
}

std::unexpected<Error> unusable(const std::string& name, const std::string& why) {
  return fail(Code::internal, "the gazetteer source " + name + " " + why +
                                  "; import it again, or remove it (waypost import --remove NAME)");
}

}  // namespace

struct SourceWriter::State {
  std::filesystem::path path;
  Descriptor file;
  z_stream stream{};
  std::string rows, compressed;
  std::uint64_t written = 0;
  std::optional<Error> failure;

  State() {
    if (deflateInit2(&stream, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
      throw std::runtime_error("zlib cannot be initialised");
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() { deflateEnd(&stream); }

  void write(std::string_view bytes) {
    if (failure) return;
    if (!disk::write_all(file.get(), bytes)) failure = disk::failure("cannot write", path);
    written += bytes.size();
  }

  void compress(int flush) {
    stream.next_in = reinterpret_cast<Bytef*>(rows.data());
    stream.avail_in = static_cast<uInt>(rows.size());
    do {
      compressed.resize(chunk);
      stream.next_out = reinterpret_cast<Bytef*>(compressed.data());
      stream.avail_out = static_cast<uInt>(compressed.size());
      deflate(&stream, flush);
      write(std::string_view(compressed).substr(0, compressed.size() - stream.avail_out));
    } while (stream.avail_out == 0);
    rows.clear();
  }
};

SourceWriter::SourceWriter(std::unique_ptr<State> state) : state_(std::move(state)) {}
SourceWriter::SourceWriter(SourceWriter&&) noexcept = default;
SourceWriter::~SourceWriter() = default;

Result<SourceWriter> SourceWriter::create(const std::filesystem::path& path) {
  auto state = std::make_unique<State>();
  state->path = path;
  state->file = Descriptor(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (state->file.get() < 0) return std::unexpected(disk::failure("cannot create", path));
  const Header blank{};
  state->write({reinterpret_cast<const char*>(&blank), sizeof blank});
  return SourceWriter(std::move(state));
}

void SourceWriter::add(const SourceRow& row) {
  auto& rows = state_->rows;
  const auto begin = rows.size();
  rows.append(sizeof(std::uint32_t), '\0');
  append_row(row, rows);
  const auto size = static_cast<std::uint32_t>(rows.size() - begin - sizeof(std::uint32_t));
  std::memcpy(rows.data() + begin, &size, sizeof size);
  if (rows.size() >= chunk) state_->compress(Z_NO_FLUSH);
}

Result<void> SourceWriter::finish(const SourceInfo& info) {
  State& state = *state_;
  state.compress(Z_FINISH);
  const auto text = info_text(info);
  Header header{.magic = {},
                .version = format_version,
                .check = 0,
                .rows_size = state.written - sizeof(Header),
                .info_size = static_cast<std::uint32_t>(text.size()),
                .reserved = 0};
  std::memcpy(header.magic, magic, sizeof magic);
  header.check = checksum(header, text);
  state.write(text);
  if (state.failure) return std::unexpected(*state.failure);
  if (::pwrite(state.file.get(), &header, sizeof header, 0) != sizeof header)
    return std::unexpected(disk::failure("cannot write", state.path));
  if (::fsync(state.file.get()) != 0) return std::unexpected(disk::failure("cannot sync", state.path));
  return {};
}

Result<SourceReader> SourceReader::open(const std::filesystem::path& path) {
  const auto name = path.filename().string();
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return std::unexpected(disk::failure("cannot open", path));
  Header header{};
  if (::read(file.get(), &header, sizeof header) != sizeof header) return unusable(name, "is cut short");
  if (std::memcmp(header.magic, magic, sizeof magic) != 0) return unusable(name, "is no gazetteer source");
  if (header.version != format_version) {
    return unusable(name, "has format " + std::to_string(header.version) + " and this waypost reads format " +
                              std::to_string(format_version));
  }
  if (header.info_size > longest_info) return unusable(name, "has a damaged head");
  std::string text(header.info_size, '\0');
  const auto at = static_cast<off_t>(sizeof header + header.rows_size);
  if (::pread(file.get(), text.data(), text.size(), at) != static_cast<ssize_t>(text.size()))
    return unusable(name, "is cut short");
  const auto info = info_of(text);
  if (checksum(header, text) != header.check || !info) return unusable(name, "has a damaged head");
  auto input = Input::open_part(path, sizeof header, header.rows_size);
  if (!input) return std::unexpected(std::move(input.error()));
  return SourceReader(std::move(*input), *info);
}

/// Whether so many bytes are there to be read, once more of the file is.
Result<bool> SourceReader::fill(std::size_t bytes) {
  while (text_.size() - at_ < bytes) {
    text_.erase(0, at_);
    at_ = 0;
    const auto more = input_.next();
    if (!more) return unusable(input_.name(), "is damaged (" + more.error().message + ")");
    if (more->empty()) return false;
    text_ += *more;
  }
  return true;
}

Result<std::optional<SourceRow>> SourceReader::next() {
  std::uint32_t size = 0;
  const auto head = fill(sizeof size);
  if (!head) return std::unexpected(head.error());
  if (!*head && text_.size() == at_) return std::nullopt;
  if (*head) std::memcpy(&size, text_.data() + at_, sizeof size);
  const auto body = *head && size <= longest_row ? fill(sizeof size + size) : Result<bool>(false);
  if (!body) return std::unexpected(body.error());
  auto row = *body ? parse_row(std::string_view(text_).substr(at_ + sizeof size, size)) : std::nullopt;
  if (!row) return unusable(input_.name(), "is damaged");
  at_ += sizeof size + size;
  return row;
}

}  // namespace waypost::geo
