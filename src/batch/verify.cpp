#include "waypost/batch/verify.hpp"

#include <algorithm>

#include "batch/file.hpp"
#include "batch/manifest_files.hpp"
#include "waypost/base/sha256.hpp"
#include "waypost/batch/manifest.hpp"

namespace waypost::batch {
namespace {

constexpr std::size_t piece_bytes = 1u << 20;

Result<std::string> digest_of(const std::filesystem::path& path, std::uint64_t bytes) {
  auto file = File::open(path, File::Mode::read);
  if (!file) return std::unexpected(file.error());
  Sha256 hash;
  std::string piece;
  for (std::uint64_t at = 0; at < bytes; at += piece.size()) {
    piece.resize(std::min<std::uint64_t>(piece_bytes, bytes - at));
    if (auto read = file->read_at(at, piece); !read) return std::unexpected(read.error());
    hash.update(piece);
  }
  return hash.hex();
}

std::unexpected<Error> damaged(std::string_view id, std::string what) {
  return fail(Code::internal, "the manifest " + std::string(id) + " is damaged: " + std::move(what));
}

}  // namespace

Result<void> verify_manifest(const std::filesystem::path& dir, std::string_view id) {
  const auto manifest = Manifest::open(dir, id);
  if (!manifest) return std::unexpected(manifest.error());
  const ManifestFacts& facts = manifest->facts();
  const auto paths = manifest_paths(dir, id);
  if (!paths) return std::unexpected(paths.error());
  std::error_code error;
  if (std::filesystem::file_size(paths->data, error) != facts.bytes || error)
    return damaged(id, "its text is not as long as it was");
  const auto digest = digest_of(paths->data, facts.bytes);
  if (!digest) return damaged(id, digest.error().message);
  if (*digest != facts.etag) return damaged(id, "its text is not what was stored");
  std::uint64_t rows = 0;
  for (std::uint64_t number = 0; number < facts.chunks; ++number) {
    const auto chunk = manifest->read_chunk(number);
    if (!chunk) return damaged(id, chunk.error().cause.empty() ? chunk.error().message : chunk.error().cause);
    if (chunk->first_row != rows + 1) return damaged(id, "its index is out of order");
    rows += chunk->rows;
  }
  if (rows != facts.rows) return damaged(id, "its index does not have all of its rows");
  return {};
}

}  // namespace waypost::batch
