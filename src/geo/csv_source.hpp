#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "geo/openaddresses.hpp"
#include "geo/row_log.hpp"
#include "geo/source_file.hpp"

namespace waypost::geo {

struct CsvOptions {
  std::string source;                                    ///< its name makes part of the place keys
  std::vector<std::pair<std::string, std::string>> map;  ///< field to column
  std::optional<Kind> kind;                              ///< of rows that do not tell; else locality
};

/// The fields that a table of one's own may have, each with the column names known for it.
struct CsvField {
  std::string_view name;
  std::vector<std::string_view> columns;
};
const std::vector<CsvField>& csv_fields();

/// Reads a table of places of one's own. Fails when neither `map` nor the header tells where latitude and
/// longitude stand, or when `map` names what is not there. Returns how many rows were kept.
Result<std::uint64_t> read_csv(Input input, const CsvOptions& options, const CountryAt& country,
                               const RowSink& sink, RowLog& log);

}  // namespace waypost::geo
