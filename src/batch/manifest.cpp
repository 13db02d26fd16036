#include "waypost/batch/manifest.hpp"

#include <array>
#include <system_error>

#include <fmt/format.h>

#include "batch/file.hpp"
#include "batch/manifest_files.hpp"

namespace waypost::batch {

std::string_view to_string(ManifestFormat format) {
  return format == ManifestFormat::csv ? "csv" : "ndjson";
}

std::optional<ManifestFormat> manifest_format(std::string_view name) {
  for (const ManifestFormat format : {ManifestFormat::csv, ManifestFormat::ndjson}) {
    if (to_string(format) == name) return format;
  }
  return std::nullopt;
}

struct Manifest::Impl {
  File data;
  File index;
  ManifestFacts facts;

  Result<IndexEntry> entry(std::uint64_t number) const {
    std::array<char, kIndexEntryBytes> bytes{};
    if (auto read = index.read_at(number * kIndexEntryBytes, bytes); !read)
      return std::unexpected(read.error());
    return decode_entry({bytes.data(), bytes.size()});
  }
};

namespace {

Result<ManifestFacts> read_facts(const File& index) {
  const auto size = index.size();
  if (!size) return std::unexpected(size.error());
  const auto damaged =
      fail(Code::internal, "the stored manifest is damaged", index.path().string() + " is too short");
  if (*size < kTrailerBytes) return damaged;
  std::array<char, kTrailerBytes> trailer{};
  if (auto read = index.read_at(*size - kTrailerBytes, trailer); !read) return std::unexpected(read.error());
  const auto length = decode_trailer({trailer.data(), trailer.size()});
  if (!length) return std::unexpected(length.error());
  if (*length > *size - kTrailerBytes) return damaged;
  std::string json(*length, '\0');
  if (auto read = index.read_at(*size - kTrailerBytes - *length, json); !read)
    return std::unexpected(read.error());
  auto facts = decode_facts(json);
  if (facts && facts->chunks * kIndexEntryBytes != *size - kTrailerBytes - *length) return damaged;
  return facts;
}

Error unreadable(const std::filesystem::path& dir, const std::error_code& error) {
  return {.code = Code::internal,
          .message = "the directory of manifests cannot be read",
          .cause = fmt::format("{}: {}", dir.string(), error.message())};
}

}  // namespace

Result<Manifest> Manifest::open(const std::filesystem::path& dir, std::string_view id) {
  const auto paths = manifest_paths(dir, id);
  if (!paths) return std::unexpected(paths.error());
  std::error_code unknown;
  if (!std::filesystem::exists(paths->index, unknown)) {
    return fail(Code::unknown_manifest, fmt::format("there is no manifest {}", id));
  }
  auto index = File::open(paths->index, File::Mode::read);
  if (!index) return std::unexpected(index.error());
  auto facts = read_facts(*index);
  if (!facts) return std::unexpected(facts.error());
  auto data = File::open(paths->data, File::Mode::read);
  if (!data) return std::unexpected(data.error());
  return Manifest(std::make_unique<Impl>(Impl{std::move(*data), std::move(*index), std::move(*facts)}));
}

Manifest::Manifest(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Manifest::Manifest(Manifest&&) noexcept = default;
Manifest& Manifest::operator=(Manifest&&) noexcept = default;
Manifest::~Manifest() = default;

const ManifestFacts& Manifest::facts() const {
  return impl_->facts;
}

Result<ManifestChunk> Manifest::read_chunk(std::uint64_t number, std::uint64_t count) const {
  const ManifestFacts& facts = impl_->facts;
  if (number >= facts.chunks) {
    return fail(Code::internal, "a chunk that the manifest does not have was asked for",
                fmt::format("chunk {} of {}", number, facts.chunks));
  }
  const auto first = impl_->entry(number);
  if (!first) return std::unexpected(first.error());
  IndexEntry next{.offset = facts.bytes, .first_row = facts.rows + 1};
  if (count < facts.chunks - number) {
    const auto read = impl_->entry(number + count);
    if (!read) return std::unexpected(read.error());
    next = *read;
  }
  if (next.offset < first->offset || next.offset > facts.bytes || next.first_row < first->first_row) {
    return fail(Code::internal, "the stored manifest is damaged", "its index is out of order");
  }
  ManifestChunk chunk{.number = number,
                      .first_row = first->first_row,
                      .rows = next.first_row - first->first_row,
                      .line = first->line,
                      .bytes = std::string(next.offset - first->offset, '\0')};
  if (auto read = impl_->data.read_at(first->offset, chunk.bytes); !read)
    return std::unexpected(read.error());
  return chunk;
}

Result<std::uint64_t> Manifest::chunk_of(std::uint64_t row) const {
  std::uint64_t low = 0, high = impl_->facts.chunks;  // the last chunk that begins at or before the row
  while (high - low > 1) {
    const std::uint64_t middle = low + (high - low) / 2;
    const auto entry = impl_->entry(middle);
    if (!entry) return std::unexpected(entry.error());
    (entry->first_row <= row ? low : high) = middle;
  }
  return low;
}

Result<void> Manifest::remove(const std::filesystem::path& dir, std::string_view id) {
  const auto paths = manifest_paths(dir, id);
  if (!paths) return std::unexpected(paths.error());
  // The index first: without it there is no manifest.
  for (const auto& path : {paths->index, paths->data, paths->index_part, paths->data_part}) {
    if (auto removed = remove_file(path); !removed) return removed;
  }
  return sync_directory(dir);
}

Result<std::vector<std::string>> Manifest::all(const std::filesystem::path& dir) {
  std::vector<std::string> ids;
  std::error_code failed;
  for (std::filesystem::directory_iterator it(dir, failed), end; !failed && it != end; it.increment(failed))
    if (it->path().extension() == kIndexSuffix) ids.push_back(it->path().stem().string());
  if (failed) return std::unexpected(unreadable(dir, failed));
  return ids;
}

Result<void> Manifest::remove_unfinished(const std::filesystem::path& dir) {
  std::error_code failed;
  for (std::filesystem::directory_iterator it(dir, failed), end; !failed && it != end; it.increment(failed)) {
    const std::filesystem::path& path = it->path();
    std::filesystem::path index = path;
    const bool part = path.extension() == kPartSuffix;
    const bool lone = path.extension() == kDataSuffix &&
                      !std::filesystem::exists(index.replace_extension(kIndexSuffix), failed);
    if (!part && !lone) continue;
    if (auto removed = remove_file(path); !removed) return removed;
  }
  if (failed) return std::unexpected(unreadable(dir, failed));
  return sync_directory(dir);
}

}  // namespace waypost::batch
