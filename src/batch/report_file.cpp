#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "batch/file.hpp"
#include "waypost/batch/report.hpp"

namespace waypost::batch {
namespace {

// Fails when the file does not hold what was recorded of it.
Result<std::uint64_t> size_of_at_least(const File& file, std::uint64_t recorded) {
  const auto size = file.size();
  if (size && *size < recorded) {
    return fail(Code::internal, "the stored report is damaged",
                fmt::format("{} has {} bytes, {} were recorded", file.path().string(), *size, recorded));
  }
  return size;
}

}  // namespace

Result<ReportFile> ReportFile::open(const std::filesystem::path& path, std::uint64_t valid_end) {
  auto file = File::open(path, File::Mode::update);
  if (!file) return std::unexpected(file.error());
  const auto size = size_of_at_least(*file, valid_end);
  if (!size) return std::unexpected(size.error());
  if (*size > valid_end) {
    if (auto cut = file->truncate(valid_end); !cut) return std::unexpected(cut.error());
  }
  if (*size == 0) {
    if (auto synced = sync_directory(path.parent_path()); !synced) return std::unexpected(synced.error());
  }
  return ReportFile(std::make_unique<File>(std::move(*file)), valid_end);
}

ReportFile::ReportFile(std::unique_ptr<File> file, std::uint64_t end) : file_(std::move(file)), end_(end) {}
ReportFile::ReportFile(ReportFile&&) noexcept = default;
ReportFile& ReportFile::operator=(ReportFile&&) noexcept = default;
ReportFile::~ReportFile() = default;

Result<ReportSegment> ReportFile::append(std::string_view bytes, std::string_view more) {
  if (failed_) return std::unexpected(*failed_);
  const ReportSegment segment{.offset = end_, .length = bytes.size() + more.size()};
  if (segment.length == 0) return segment;
  auto written = file_->write_at(end_, bytes);
  if (written) written = file_->write_at(end_ + bytes.size(), more);
  if (written) written = file_->sync_data();
  if (!written) {
    failed_ = written.error();
    return std::unexpected(*failed_);
  }
  end_ += segment.length;
  return segment;
}

Result<std::string> ReportFile::read(ReportSegment segment) const {
  std::string bytes(segment.length, '\0');
  if (auto read = file_->read_at(segment.offset, bytes); !read) return std::unexpected(read.error());
  return bytes;
}

Result<ReportReader> ReportReader::open(const std::filesystem::path& path, ReportFrame frame,
                                        std::vector<ReportSegment> segments) {
  ReportReader reader;
  std::uint64_t at = frame.header.size();
  std::uint64_t skip = frame.skip;
  std::uint64_t recorded = 0;
  for (ReportSegment segment : segments) {
    if (segment.length == 0) continue;
    recorded = std::max(recorded, segment.offset + segment.length);
    segment.offset += skip;
    segment.length -= std::min(skip, segment.length);
    skip = 0;
    reader.pieces_.push_back({at, segment});
    at += segment.length;
  }
  reader.size_ = at + frame.footer.size();
  reader.frame_ = std::move(frame);
  if (reader.pieces_.empty()) return reader;
  auto file = File::open(path, File::Mode::read);
  if (!file) return std::unexpected(file.error());
  if (const auto size = size_of_at_least(*file, recorded); !size) return std::unexpected(size.error());
  reader.file_ = std::make_unique<File>(std::move(*file));
  return reader;
}

ReportReader::ReportReader() = default;
ReportReader::ReportReader(ReportReader&&) noexcept = default;
ReportReader& ReportReader::operator=(ReportReader&&) noexcept = default;
ReportReader::~ReportReader() = default;

Result<std::string> ReportReader::read(std::uint64_t offset, std::size_t max) const {
  std::string out;
  if (offset >= size_) return out;
  const std::size_t wanted =
      std::min({static_cast<std::uint64_t>(max), static_cast<std::uint64_t>(kMaxPiece), size_ - offset});
  out.reserve(wanted);
  const auto room = [&] { return wanted - out.size(); };
  const auto at = [&] { return offset + out.size(); };
  if (at() < frame_.header.size()) out.append(frame_.header, at(), room());
  // The piece that holds the next byte: the last that begins at or before it.
  auto piece = std::ranges::upper_bound(pieces_, at(), {}, &Piece::begin);
  if (piece != pieces_.begin()) --piece;
  for (; piece != pieces_.end() && room() > 0; ++piece) {
    const std::uint64_t skipped = at() - piece->begin;
    if (skipped >= piece->segment.length) continue;
    const std::size_t length = std::min<std::uint64_t>(piece->segment.length - skipped, room());
    const std::size_t had = out.size();
    out.resize(had + length);
    if (auto read = file_->read_at(piece->segment.offset + skipped, std::span(out).subspan(had)); !read) {
      return std::unexpected(read.error());
    }
  }
  if (room() > 0) out.append(frame_.footer, at() - (size_ - frame_.footer.size()), room());
  return out;
}

}  // namespace waypost::batch
