#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "waypost/base/error.hpp"
#include "waypost/batch/manifest.hpp"

namespace waypost::batch {

class File;

/// The rows of a report, in each of its formats:
/// - csv: a header; every input column, then `row`, `status`, `attempts`, `error_code`, `error_message`,
/// `duration_ms`,
///   then the operation's result columns. One of ours that clashes with an input column is prefixed
///   `result_`. Lines end with LF; a value is quoted where RFC 4180 asks for it and is, once unquoted, the
///   input's byte for byte.
/// - ndjson and json: `{"row", "input", "status", "attempts", "error", "duration_ms", "result"}`, each on one
/// line. `attempts` is 0 for a row that was not run. Of a CSV row with too many values the surplus is not
/// shown.
enum class ReportFormat : std::uint8_t { csv, ndjson, json };
/// `failed` keeps only the rows with status `failed`; rows that were not run are in `all` only.
enum class ReportScope : std::uint8_t { all, failed };
std::string_view to_string(ReportFormat format);
std::string_view to_string(ReportScope scope);
std::optional<ReportFormat> report_format(std::string_view name);
std::optional<ReportScope> report_scope(std::string_view name);
/// "text/csv; charset=utf-8", "application/x-ndjson", "application/json".
std::string_view media_type(ReportFormat format);
/// A report is in its manifest's format unless asked for otherwise.
ReportFormat default_report_format(ManifestFormat format);

struct ReportOptions {
  ReportFormat format = ReportFormat::csv;
  ReportScope scope = ReportScope::all;
};

/// What stands around the rows of a whole report. CSV has a header; JSON has brackets and commas between
/// rows: each row is stored with its comma before it, so the first row's is skipped.
struct ReportFrame {
  std::string header;
  std::string footer;
  std::uint64_t skip = 0;  ///< bytes of the first row that are left out
};

/// A piece of a report's data file.
struct ReportSegment {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};

/// The data file of one job's report, which only grows; the order of rows is the order in which the caller
/// lists the segments later. One thread at a time, but for `read`.
class ReportFile {
 public:
  /// Creates the file, or opens it and cuts what a crash left behind `valid_end`, the end of the last segment
  /// that was recorded. Fails with insufficient_storage, or internal (also when the file is shorter than
  /// `valid_end`).
  static Result<ReportFile> open(const std::filesystem::path& path, std::uint64_t valid_end);
  ReportFile(ReportFile&& other) noexcept;
  ReportFile& operator=(ReportFile&& other) noexcept;
  ~ReportFile();

  /// Adds bytes; they are on disk when this returns. After a failure every later call fails alike: what a
  /// failed sync left on disk is not known (no bytes are added for an empty text).
  Result<ReportSegment> append(std::string_view bytes, std::string_view more = {});
  /// What was appended before. Any thread, also while another one appends.
  Result<std::string> read(ReportSegment segment) const;
  std::uint64_t end() const { return end_; }

 private:
  ReportFile(std::unique_ptr<File> file, std::uint64_t end);
  std::unique_ptr<File> file_;
  std::uint64_t end_ = 0;
  std::optional<Error> failed_;
};

/// A report as one text: the frame's header, the segments in the order given, the footer. Immutable; any
/// thread.
class ReportReader {
 public:
  static constexpr std::size_t kMaxPiece = 256U << 10;

  /// A report without any segment has no file and may be opened all the same.
  static Result<ReportReader> open(const std::filesystem::path& path, ReportFrame frame,
                                   std::vector<ReportSegment> segments);
  ReportReader(ReportReader&& other) noexcept;
  ReportReader& operator=(ReportReader&& other) noexcept;
  ~ReportReader();

  /// In bytes.
  std::uint64_t size() const { return size_; }
  /// Bytes from `offset` on: at most `max` and kMaxPiece, fewer only at the end, none past it.
  Result<std::string> read(std::uint64_t offset, std::size_t max = kMaxPiece) const;

 private:
  ReportReader();
  struct Piece {
    std::uint64_t begin = 0;  // in the report
    ReportSegment segment;    // in the file
  };
  std::unique_ptr<File> file_;  // none while there are no pieces
  ReportFrame frame_;
  std::vector<Piece> pieces_;
  std::uint64_t size_ = 0;
};

}  // namespace waypost::batch
