#include "geo/postal.hpp"

#include "geo/columns.hpp"
#include "geo/line_reader.hpp"
#include "waypost/base/text.hpp"

namespace waypost::geo {
namespace {

enum Column : std::size_t {
  country,
  code,
  place,
  admin1_name,
  admin1,
  admin2_name,
  latitude = 9,
  longitude = 10,
  count = 12
};

/// The place without what some countries add to tell parts of it apart: "Toronto (Downtown)" is Toronto.
std::string_view plain_place(std::string_view name) {
  const auto bracket = name.find(" (");
  return bracket == std::string_view::npos || bracket == 0 ? name : name.substr(0, bracket);
}

}  // namespace

Result<std::uint64_t> read_postal_codes(Input input, const RowSink& sink, RowLog& log) {
  LineReader lines(std::move(input));
  log.enter(lines.input());
  std::uint64_t kept = 0;
  const auto read_row = [&](std::string_view line) {
    if (!text::is_utf8(line)) return log.skip("not UTF-8");
    const auto columns = text::split(line, '\t');
    if (columns.size() != Column::count) return log.skip("not 12 columns");
    if (!is_country_code(columns[Column::country])) return log.skip("no ISO 3166 country code");
    if (columns[Column::code].empty()) return log.skip("no postal code");
    const auto at = location_of(columns[Column::latitude], columns[Column::longitude]);
    if (!at && !(columns[Column::latitude].empty() && columns[Column::longitude].empty()))
      return log.skip("no valid latitude and longitude");
    ++kept;
    sink(DraftPostalCode{.country = columns[Column::country],
                         .code = columns[Column::code],
                         .locality = plain_place(columns[Column::place]),
                         .admin1_name = columns[Column::admin1_name],
                         .admin1 = columns[Column::admin1],
                         .admin2_name = columns[Column::admin2_name],
                         .location = at});
  };
  for (;;) {
    const auto line = lines.next();
    if (!line) return std::unexpected(line.error());
    if (!*line) break;
    if ((*line)->empty()) continue;
    log.row(lines.line());
    read_row(**line);
  }
  log.leave();
  return kept;
}

}  // namespace waypost::geo
