#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "waypost/base/error.hpp"

/// Batches: manifests in, chunks, reports out. Functions here block (files, hashing, inflating, parsing) and
/// belong on worker threads. Memory stays bounded whatever a manifest's size.
namespace waypost::batch {

enum class ManifestFormat : std::uint8_t { csv, ndjson };
/// "csv", "ndjson".
std::string_view to_string(ManifestFormat format);
std::optional<ManifestFormat> manifest_format(std::string_view name);

/// What is known of a finished manifest. `bytes` and `etag` are of the inflated bytes, as they were sent.
struct ManifestFacts {
  ManifestFormat format = ManifestFormat::csv;
  std::uint64_t rows = 0;  ///< data rows: without the header and without empty lines
  std::uint64_t bytes = 0;
  std::uint64_t chunks = 0;
  std::string etag;  ///< SHA-256, lower-case hex
  std::vector<std::string>
      columns;  ///< of the header; of NDJSON every member name, in order of first appearance
};

struct ManifestLimits {
  std::uint64_t max_bytes = 10ULL << 30;   ///< inflated
  std::uint32_t chunk_rows = 100;          ///< a chunk ends after so many rows
  std::uint32_t chunk_bytes = 128U << 10;  ///< or with the row that reaches so many bytes
};

/// Limits of form, the same for every manifest.
inline constexpr std::size_t kMaxFieldBytes = 1U << 20;  ///< one CSV value; one NDJSON line
inline constexpr std::size_t kMaxRowBytes = 8U << 20;    ///< one CSV row; all column names
inline constexpr std::size_t kMaxColumns = 10000;

/// Takes a body as it arrives, plain or gzip (told by its first bytes), and writes it to disk inflated,
/// validated and cut into chunks. Until `finish` returns nothing can be opened under the id; a writer
/// destroyed before removes what it wrote. One thread at a time.
///
/// CSV is RFC 4180 in UTF-8, LF or CRLF, a byte order mark allowed. The first row names the columns: none
/// empty, none twice. Empty lines are no rows (an empty value in a manifest of one column is written `""`). A
/// row with more or fewer values than columns is not refused here: it fails alone, as `malformed_row`, when
/// the batch runs. NDJSON is one JSON object (I-JSON, at most 64 levels) a line; empty lines are no rows.
class ManifestWriter {
 public:
  /// `dir` exists; `id` is a name of letters, digits and `_`. Fails with unknown_manifest
  /// for another id, insufficient_storage or internal.
  static Result<ManifestWriter> create(const std::filesystem::path& dir, std::string_view id,
                                       ManifestFormat format, ManifestLimits limits = {});
  ManifestWriter(ManifestWriter&&) noexcept;
  ManifestWriter& operator=(ManifestWriter&&) noexcept;
  ~ManifestWriter();

  /// Fails with malformed_manifest (line and column; byte for gzip), payload_too_large, insufficient_storage
  /// or internal; then every later call fails alike.
  Result<void> append(std::string_view bytes);
  /// Ends the manifest: flushed to disk and in place when this returns. Also fails with empty_manifest.
  /// The last call: later ones fail.
  Result<ManifestFacts> finish();
  /// The same, but from then on it is opened under `id` instead of the one that `create` was given.
  Result<ManifestFacts> finish_as(std::string_view id);

 private:
  struct Impl;
  explicit ManifestWriter(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// Consecutive whole rows of a manifest.
struct ManifestChunk {
  std::uint64_t number = 0;     ///< from 0
  std::uint64_t first_row = 0;  ///< from 1
  std::uint64_t rows = 0;
  std::uint64_t line = 0;  ///< of the text, from 1, at which `bytes` starts
  std::string bytes;
};

/// A finished manifest. Immutable; any thread, many at once.
class Manifest {
 public:
  /// Fails with unknown_manifest when there is none under the id, internal when its files are damaged.
  static Result<Manifest> open(const std::filesystem::path& dir, std::string_view id);
  Manifest(Manifest&&) noexcept;
  Manifest& operator=(Manifest&&) noexcept;
  ~Manifest();

  const ManifestFacts& facts() const;
  /// `number` from 0 to facts().chunks - 1; with a `count` so many of them as one, or as many as there are.
  Result<ManifestChunk> read_chunk(std::uint64_t number, std::uint64_t count = 1) const;

  /// The chunk that holds a row, counted from 1.
  Result<std::uint64_t> chunk_of(std::uint64_t row) const;

  /// Deletes a manifest's files, finished or not; fine when there are none. Open ones stay readable.
  static Result<void> remove(const std::filesystem::path& dir, std::string_view id);
  /// The ids of all finished manifests, in no order.
  static Result<std::vector<std::string>> all(const std::filesystem::path& dir);
  /// Deletes what a crash left of unfinished uploads. Call at the start, before any writer is made.
  static Result<void> remove_unfinished(const std::filesystem::path& dir);

 private:
  struct Impl;
  explicit Manifest(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace waypost::batch
