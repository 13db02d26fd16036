#include "waypost/geo/import.hpp"

#include <algorithm>
#include <ostream>
#include <system_error>

#include "geo/default_data.hpp"
#include "geo/default_gazetteer.hpp"
#include "geo/geonames.hpp"
#include "geo/index_builder.hpp"
#include "waypost/geo/catalog.hpp"

namespace waypost::geo {
namespace {

constexpr std::string_view attribution = "© GeoNames (www.geonames.org)";
constexpr std::string_view licence = "CC BY 4.0";

bool is_source_name(std::string_view name) {
  return !name.empty() && name.size() <= 64 && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

/// What a file of the dump holds, by its name; the order in which they must be read.
enum class Table { countries, admin1, places, alternate_names };

Table table_of(const std::filesystem::path& file) {
  const auto name = file.filename().string();
  if (name.starts_with("countryInfo")) return Table::countries;
  if (name.starts_with("admin1CodesASCII")) return Table::admin1;
  if (name.starts_with("alternateNames")) return Table::alternate_names;
  return Table::places;
}

Result<void> read_table(GeonamesReader& reader, Table table, LineReader input) {
  switch (table) {
    case Table::countries:
      return reader.read_countries(std::move(input));
    case Table::admin1:
      return reader.read_admin1(std::move(input));
    case Table::places:
      return reader.read_places(std::move(input));
    case Table::alternate_names:
      return reader.read_alternate_names(std::move(input));
  }
  return {};
}

Result<void> make_folder(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error)
    return fail(Code::internal, "cannot make the folder " + folder.string() + ": " + error.message());
  return {};
}

void note(ImportSummary& summary, std::uint64_t rows, std::string reason) {
  if (rows > 0) summary.skipped.push_back({.reason = std::move(reason), .rows = rows, .first = {}});
}

}  // namespace

Result<ImportSummary> import_geonames(const std::vector<std::filesystem::path>& files,
                                      const ImportOptions& options) {
  if (!is_source_name(options.name)) {
    return fail(Code::validation_failed,
                "'" + options.name + "' cannot name a source: use 1 to 64 of a-z, 0-9, '-' and '_'");
  }
  if (options.name.starts_with("default-")) {
    return fail(Code::validation_failed, "names that begin with 'default-' are the built-in gazetteer's");
  }
  std::vector<std::pair<Table, std::filesystem::path>> tables;
  for (const auto& file : files) tables.emplace_back(table_of(file), file);
  std::ranges::sort(tables);
  if (std::ranges::find(tables, Table::places, &std::pair<Table, std::filesystem::path>::first) ==
      tables.end()) {
    return fail(Code::validation_failed,
                "no file of places among those given (such as cities15000.txt or allCountries.txt)");
  }

  IndexBuilder builder;
  builder.add_source({.name = options.name,
                      .kind = "geonames",
                      .version = tables.back().second.filename().string(),
                      .attribution = std::string(attribution),
                      .licence = std::string(licence),
                      .imported_at = {}});
  GeonamesReader reader(builder, options.progress);
  for (const auto& [table, path] : tables) {
    auto input = LineReader::open(path);
    if (!input) return std::unexpected(std::move(input.error()));
    if (auto done = read_table(reader, table, std::move(*input)); !done)
      return std::unexpected(std::move(done.error()));
  }
  if (reader.places_kept() == 0) {
    return fail(Code::validation_failed,
                "no row is a place: is this a GeoNames dump, 19 columns separated by tabs? " +
                    std::to_string(reader.rows_read()) + " rows were read");
  }
  const auto folder = Catalog::folder(options.data_directory);
  if (auto made = make_folder(folder); !made) return std::unexpected(std::move(made.error()));
  ImportSummary summary;
  summary.index = folder / (options.name + ".idx");
  const auto written = builder.write(summary.index);
  if (!written) return std::unexpected(written.error());
  summary.rows_read = reader.rows_read();
  summary.places = written->places;
  summary.names = written->names;
  summary.skipped = reader.take_skipped();
  note(summary, written->without_location, "countries and states without any place in them");
  note(summary, written->same_key, "places whose id another place has");
  return summary;
}

Result<void> write_default_gazetteer(const std::filesystem::path& path) {
  if (auto made = make_folder(path.parent_path()); !made) return made;
  IndexBuilder builder;
  builder.add_source({.name = "default",
                      .kind = "geonames",
                      .version = std::string(default_data::version()),
                      .attribution = std::string(attribution),
                      .licence = std::string(licence),
                      .imported_at = {}});
  GeonamesReader reader(builder, {});
  const std::pair<Table, std::string_view> tables[] = {
      {Table::countries, default_data::countries()},
      {Table::admin1, default_data::admin1()},
      {Table::places, default_data::cities()},
      {Table::alternate_names, default_data::alternate_names()},
  };
  for (const auto& [table, bytes] : tables) {
    if (auto done = read_table(reader, table, LineReader::over(bytes, "built-in data")); !done) return done;
  }
  const auto written = builder.write(path);
  if (!written) return std::unexpected(written.error());
  return {};
}

std::string describe(const ImportSummary& summary) {
  std::string out = std::to_string(summary.places) + " places with " + std::to_string(summary.names) +
                    " names, from " + std::to_string(summary.rows_read) + " rows, in " +
                    summary.index.string() + "\n";
  for (const auto& skipped : summary.skipped) {
    out += "skipped " + std::to_string(skipped.rows) + ": " + skipped.reason;
    std::string_view separator = " (";
    for (const auto& at : skipped.first) {
      out += std::string(separator) + at.file + ":" + std::to_string(at.line);
      separator = ", ";
    }
    if (!skipped.first.empty()) out += skipped.rows > skipped.first.size() ? ", …)" : ")";
    out += "\n";
  }
  return out;
}

int import_command(const std::vector<std::filesystem::path>& files, ImportOptions options, std::ostream& out,
                   std::ostream& err, bool terminal) {
  if (terminal) {
    options.progress = [&err](const Progress& progress) {
      const auto percent = progress.bytes_total == 0 ? 100 : progress.bytes_done * 100 / progress.bytes_total;
      err << '\r' << progress.file << ": " << percent << " %, " << progress.rows << " rows\x1b[K"
          << std::flush;
    };
  }
  const auto summary = import_geonames(files, options);
  if (terminal) err << "\r\x1b[K" << std::flush;
  if (!summary) {
    err << "waypost: " << summary.error().message << '\n';
    return 1;
  }
  out << describe(*summary);
  return 0;
}

}  // namespace waypost::geo
