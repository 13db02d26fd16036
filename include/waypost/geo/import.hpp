#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <iosfwd>
#include <string>
#include <vector>

#include "waypost/base/error.hpp"

namespace waypost::geo {

/// Called now and then while files are read: bytes of them (as they lie on disk) read so far, and in all.
struct Progress {
  std::string_view file;
  std::uint64_t bytes_done = 0;
  std::uint64_t bytes_total = 0;
  std::uint64_t rows = 0;
};
using ProgressFn = std::function<void(const Progress&)>;

/// Why rows were left out, how many, and where the first few stand.
struct Skipped {
  std::string reason;
  std::uint64_t rows = 0;
  struct At {
    std::string file;
    std::uint64_t line;  ///< from 1
  };
  std::vector<At> first;  ///< at most 5
};

struct ImportSummary {
  std::filesystem::path index;  ///< what was written
  std::uint64_t rows_read = 0;
  std::uint64_t places = 0;
  std::uint64_t names = 0;
  std::vector<Skipped> skipped;
};

struct ImportOptions {
  std::filesystem::path data_directory;
  std::string name = "geonames";  ///< of the source: 1–64 of a–z 0–9 - _
  ProgressFn progress;            ///< may be empty
};

/// Builds `DIR/gazetteer/NAME.idx` from GeoNames dumps (19 tab-separated columns; plain or gzip). Files whose
/// names begin with `admin1CodesASCII`, `countryInfo` or `alternateNames` are read as such. The index
/// replaces an older one atomically, after fsync; on any failure the folder is as it was. Broken rows are
/// skipped and counted; a file that cannot be read to its end, or that holds no row at all, fails the import.
/// Blocks.
Result<ImportSummary> import_geonames(const std::vector<std::filesystem::path>& files,
                                      const ImportOptions& options);

/// The summary in words, a line each, for a terminal.
std::string describe(const ImportSummary& summary);

/// The whole of `waypost import geonames FILE…`: a progress line on `err` when `terminal` is set, the summary
/// on `out`, a failure as one line on `err`. Returns the exit status.
int import_command(const std::vector<std::filesystem::path>& files, ImportOptions options, std::ostream& out,
                   std::ostream& err, bool terminal);

}  // namespace waypost::geo
