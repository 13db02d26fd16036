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

/// The fields of a row, one after the other.
class Encoder {
 public:
  explicit Encoder(std::string& out) : out_(out) {}
  Encoder& number(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) out_ += static_cast<char>(value | 0x80);
    out_ += static_cast<char>(value);
    return *this;
  }
  Encoder& text(std::string_view value) {
    number(value.size());
    out_ += value;
    return *this;
  }
  Encoder& signed_number(std::int64_t value) {  // zigzag: small ones of either sign are short
    return number(static_cast<std::uint64_t>(value) << 1 ^ static_cast<std::uint64_t>(value >> 63));
  }
  Encoder& location(LatLng at) { return signed_number(at.lat_e7).signed_number(at.lng_e7); }
  Encoder& location(const std::optional<LatLng>& at) {
    number(at.has_value());
    return at ? location(*at) : *this;
  }

 private:
  std::string& out_;
};

/// Reads what an Encoder wrote. Past the end everything is empty and `failed`.
class Decoder {
 public:
  explicit Decoder(std::string_view bytes) : bytes_(bytes) {}
  std::uint64_t number() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (bytes_.empty()) break;
      const auto byte = static_cast<unsigned char>(bytes_.front());
      bytes_.remove_prefix(1);
      value |= std::uint64_t{byte & 0x7FU} << shift;
      if (byte < 0x80) return value;
    }
    failed_ = true;
    return 0;
  }
  std::string_view text() {
    const auto size = number();
    if (size > bytes_.size()) {
      failed_ = true;
      return {};
    }
    const auto value = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return value;
  }
  std::int64_t signed_number() {
    const auto value = number();
    return static_cast<std::int64_t>(value >> 1 ^ (~(value & 1) + 1));
  }
  std::int32_t coordinate() { return static_cast<std::int32_t>(signed_number()); }
  LatLng location() {
    const auto lat = coordinate();
    return {.lat_e7 = lat, .lng_e7 = coordinate()};
  }
  std::optional<LatLng> optional_location() {
    return number() == 0 ? std::nullopt : std::optional(location());
  }
  Kind kind() {
    const auto value = number();
    failed_ |= value >= static_cast<std::uint64_t>(Kind::house);
    return static_cast<Kind>(value);
  }
  std::size_t left() const { return bytes_.size(); }
  bool failed() const { return failed_; }

 private:
  std::string_view bytes_;
  bool failed_ = false;
};

void encode(Encoder& out, const DraftPlace& place) {
  out.number(static_cast<std::uint64_t>(place.kind)).number(place.key).location(place.location);
  out.number(place.population).text(place.name).text(place.code).text(place.timezone);
  out.text(place.country).text(place.admin1).text(place.admin2);
}

void encode(Encoder& out, const SourceName& name) {
  out.number(name.key).text(name.language).text(name.name).number(static_cast<std::uint64_t>(name.rank));
}

void encode(Encoder& out, const DraftPostalCode& row) {
  out.text(row.country).text(row.code).text(row.locality).text(row.admin1_name).text(row.admin1);
  out.text(row.admin2_name).location(row.location);
}

void encode(Encoder& out, const DraftAddress& row) {
  out.text(row.country).text(row.number).text(row.street).text(row.city).text(row.district);
  out.text(row.region).text(row.postal_code).location(row.location);
}

void encode(Encoder& out, const SourceShape& shape) {
  out.number(static_cast<std::uint64_t>(shape.kind)).text(shape.country).text(shape.admin1).text(shape.iso);
  out.text(shape.name).number(shape.rings.size());
  for (const auto& ring : shape.rings) {
    out.number(ring.size());
    Corner last;
    for (const auto& corner : ring) {
      out.signed_number(std::int64_t{corner.x} - last.x).signed_number(std::int64_t{corner.y} - last.y);
      last = corner;
    }
  }
}

DraftPlace decode_place(Decoder& in) {
  DraftPlace place{.kind = in.kind(), .key = in.number(), .location = in.optional_location()};
  place.population = static_cast<std::uint32_t>(in.number());
  for (auto* text : {&place.name, &place.code, &place.timezone, &place.country, &place.admin1, &place.admin2})
    *text = in.text();
  return place;
}

SourceName decode_name(Decoder& in) {
  SourceName name{.key = in.number(), .language = in.text(), .name = in.text()};
  name.rank = in.number() == 0 ? NameRank::preferred : NameRank::plain;
  return name;
}

DraftPostalCode decode_postal_code(Decoder& in) {
  DraftPostalCode row{};
  for (auto* text : {&row.country, &row.code, &row.locality, &row.admin1_name, &row.admin1, &row.admin2_name})
    *text = in.text();
  row.location = in.optional_location();
  return row;
}

DraftAddress decode_address(Decoder& in) {
  DraftAddress row{};
  for (auto* text :
       {&row.country, &row.number, &row.street, &row.city, &row.district, &row.region, &row.postal_code})
    *text = in.text();
  row.location = in.location();
  return row;
}

SourceShape decode_shape(Decoder& in) {
  SourceShape shape{.kind = in.kind()};
  for (auto* text : {&shape.country, &shape.admin1, &shape.iso, &shape.name}) *text = in.text();
  for (auto rings = in.number(); rings > 0 && !in.failed(); --rings) {
    auto& ring = shape.rings.emplace_back();
    std::int64_t x = 0, y = 0;
    for (auto corners = in.number(); corners > 0 && !in.failed(); --corners) {
      x += in.signed_number();
      y += in.signed_number();
      ring.push_back({.x = static_cast<std::int32_t>(x), .y = static_cast<std::int32_t>(y)});
    }
  }
  return shape;
}

std::optional<SourceRow> decode(std::string_view bytes) {
  if (bytes.empty()) return std::nullopt;
  Decoder in(bytes.substr(1));
  std::optional<SourceRow> row;
  switch (bytes.front()) {  // the alternative's number in SourceRow
    case 0:
      row = decode_place(in);
      break;
    case 1:
      row = decode_name(in);
      break;
    case 2:
      row = decode_postal_code(in);
      break;
    case 3:
      row = decode_address(in);
      break;
    case 4:
      row = decode_shape(in);
      break;
    default:
      return std::nullopt;
  }
  if (in.failed() || in.left() > 0) return std::nullopt;
  return row;
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
  rows += static_cast<char>(row.index());
  Encoder out(rows);
  std::visit([&out](const auto& fields) { encode(out, fields); }, row);
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
  auto row = *body ? decode(std::string_view(text_).substr(at_ + sizeof size, size)) : std::nullopt;
  if (!row) return unusable(input_.name(), "is damaged");
  at_ += sizeof size + size;
  return row;
}

}  // namespace waypost::geo
