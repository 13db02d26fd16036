#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "waypost/base/error.hpp"
#include "waypost/base/time.hpp"
#include "waypost/geo/place.hpp"

/// Sources of a gazetteer: each import keeps its rows as `DIR/gazetteer/sources/NAME.src`, and the one index
/// `DIR/gazetteer/gazetteer.idx` is built anew from all of them. Whatever fails, the folder stays as it was.
namespace waypost::geo {

/// Called now and then: bytes of the files (as they lie on disk) read so far, and in all.
struct Progress {
  std::string_view file;  ///< that is being read; empty while the index is built
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
    std::uint64_t line;  ///< from 1; 0 where lines say nothing
  };
  std::vector<At> first;  ///< at most 5
};

/// The formats that can be imported, in the order in which help lists them.
struct ImportFormat {
  std::string_view name;
  std::string_view what;
};
const std::vector<ImportFormat>& import_formats();

struct ImportOptions {
  std::filesystem::path data_directory;
  std::string format;        ///< one of import_formats()
  std::string name;          ///< of the source: 1–64 of a–z 0–9 - _; the format when empty
  std::string country;       ///< ISO 3166 alpha-2 of rows that do not tell
  std::optional<Kind> kind;  ///< of csv rows and polygons that do not tell
  std::vector<std::pair<std::string, std::string>> map;  ///< csv: field to column
  std::string version, attribution, licence;             ///< where empty, what the format knows
  Time now;                                              ///< the time of the import
  ProgressFn progress;                                   ///< may be empty
  std::function<void()> waits;  ///< called when another import is under way; may be empty
};

/// What the combined index holds after an import.
struct IndexSummary {
  std::filesystem::path path;
  std::uint64_t bytes = 0, places = 0, names = 0, streets = 0, houses = 0;
};

struct ImportSummary {
  std::string source;
  std::uint64_t rows_read = 0, rows_kept = 0;
  std::vector<Skipped> skipped;
  IndexSummary index;
};

/// Imports files (plain or gzip) as one source, in place of an older one of that name, and builds the index.
/// Rows that are broken are skipped and counted; a file that cannot be read to its end, or files without any
/// row to keep, fail the import. A running server takes the new index up by itself. Imports wait for each
/// other. Blocks.
Result<ImportSummary> import_source(const std::vector<std::filesystem::path>& files,
                                    const ImportOptions& options);

/// Takes a source out and builds the index from the others. Fails when there is none of that name. Blocks.
Result<IndexSummary> remove_source(const std::filesystem::path& data_directory, const std::string& name,
                                   const std::function<void()>& waits = {});

}  // namespace waypost::geo
