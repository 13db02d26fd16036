#include "waypost/geo/import.hpp"

#include <algorithm>
#include <chrono>
#include <system_error>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "geo/combine.hpp"
#include "geo/countries.hpp"
#include "geo/csv_source.hpp"
#include "geo/disk.hpp"
#include "geo/geonames.hpp"
#include "geo/openaddresses.hpp"
#include "geo/polygon_source.hpp"
#include "geo/polygons.hpp"
#include "geo/postal.hpp"
#include "geo/row_log.hpp"
#include "geo/source_folder.hpp"

namespace waypost::geo {
namespace {

namespace fs = std::filesystem;
using Files = std::vector<fs::path>;

constexpr std::string_view geonames_credit = "© GeoNames (www.geonames.org)";
constexpr std::string_view geonames_licence = "CC BY 4.0";

/// What each format is called, credited and described as.
struct Format {
  ImportFormat format;
  std::string_view attribution, licence;
};
const std::vector<Format>& formats() {
  static const std::vector<Format> all = {
      {{"geonames",
        "GeoNames dumps (allCountries, cities500, CC.txt) with their countryInfo, admin codes, "
        "alternate names and translations"},
       geonames_credit,
       geonames_licence},
      {{"geonames-postal", "GeoNames postal codes"}, geonames_credit, geonames_licence},
      {{"openaddresses", "OpenAddresses, CSV or GeoJSON"},
       "OpenAddresses contributors (openaddresses.io)",
       "as of the original source"},
      {{"csv", "a table of your own: places, postal codes or addresses"}, "", ""},
      {{"polygons", "GeoJSON shapes of countries and states"}, "", ""},
  };
  return all;
}

const Format* format_named(std::string_view name) {
  const auto& all = formats();
  const auto it = std::ranges::find(all, name, [](const Format& one) { return one.format.name; });
  return it == all.end() ? nullptr : &*it;
}

bool is_source_name(std::string_view name) {
  return !name.empty() && name.size() <= 64 && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

/// Refuses what the format has no use for.
Result<void> check_fit(const ImportOptions& options) {
  const bool csv = options.format == "csv", polygons = options.format == "polygons";
  if (!options.map.empty() && !csv)
    return fail(Code::validation_failed, "only csv files have columns to map");
  if (!options.country.empty() && !csv && options.format != "openaddresses")
    return fail(Code::validation_failed, "rows of " + options.format + " tell their country themselves");
  if (options.kind && !csv && !polygons)
    return fail(Code::validation_failed, "rows of " + options.format + " tell their kind themselves");
  if (polygons && options.kind.value_or(Kind::country) != Kind::country && options.kind != Kind::admin1)
    return fail(Code::validation_failed, "polygons are of the kind country or admin1");
  return {};
}

Result<void> check(const Files& files, const ImportOptions& options, const std::string& name) {
  if (format_named(options.format) == nullptr)
    return fail(Code::validation_failed, "there is no format '" + options.format + "'");
  if (!is_source_name(name)) {
    return fail(Code::validation_failed,
                "'" + name + "' cannot name a source: use 1 to 64 of a-z, 0-9, '-' and '_'");
  }
  if (name == "default" || name == "natural-earth") {
    return fail(Code::validation_failed,
                "'" + name + "' is the name of built-in data: choose another with --name");
  }
  if (!options.country.empty() && !is_known_country(options.country)) {
    return fail(Code::validation_failed, "'" + options.country + "' is no ISO 3166 country code such as DE");
  }
  if (files.empty()) return fail(Code::validation_failed, "no file to import");
  if (auto fitting = check_fit(options); !fitting) return fitting;
  if (options.format != "geonames") return {};
  const bool places = std::ranges::any_of(
      files, [](const auto& file) { return geonames_table(file) == GeonamesTable::places; });
  if (places) return {};
  return fail(Code::validation_failed,
              "no file of places among those given (such as cities15000.txt or allCountries.txt)");
}

/// Where a row lies that nothing else tells the country of.
class CountryFinder {
 public:
  std::string at(LatLng point) {
    if (section_.empty()) section_ = build_polygons(built_in_boundaries(packed));
    const auto country = PolygonView(section_).at(point).country;
    if (country == 0) return {};
    return {static_cast<char>(country >> 8), static_cast<char>(country & 0xFF)};
  }

 private:
  static std::uint64_t packed(std::string_view iso) {
    return std::uint64_t{static_cast<unsigned char>(iso[0])} << 8 | static_cast<unsigned char>(iso[1]);
  }
  std::string section_;
};

/// Reads the files of one import into a source.
class Reading {
 public:
  Reading(const ImportOptions& options, std::string name, RowSink sink, RowLog& log)
      : options_(options), name_(std::move(name)), sink_(std::move(sink)), log_(log) {}

  Result<void> read(const Files& files) {
    if (options_.format == "geonames") return read_geonames(files);
    for (const auto& file : files) {
      auto input = Input::open(file);
      if (!input) return std::unexpected(std::move(input.error()));
      const auto kept = read_one(file, std::move(*input));
      if (!kept) return std::unexpected(kept.error());
      kept_ += *kept;
    }
    return {};
  }
  std::uint64_t kept() const { return kept_; }

 private:
  Result<void> read_geonames(Files files) {
    std::ranges::sort(files, {}, [](const auto& file) { return std::pair(geonames_table(file), file); });
    GeonamesReader reader(sink_, log_);
    for (const auto& file : files) {
      auto input = Input::open(file);
      if (!input) return std::unexpected(std::move(input.error()));
      if (auto done = reader.read(geonames_table(file), std::move(*input)); !done) return done;
    }
    kept_ = reader.places_kept();
    return {};
  }

  Result<std::uint64_t> read_one(const fs::path& file, Input input) {
    if (options_.format == "geonames-postal") return read_postal_codes(std::move(input), sink_, log_);
    if (options_.format == "polygons") return read_polygons(std::move(input), options_.kind, sink_, log_);
    auto country = options_.country;
    if (country.empty() && options_.format == "openaddresses")
      country = country_of_file(file).value_or(std::string());
    const CountryAt country_at = [&](LatLng point) { return country.empty() ? finder_.at(point) : country; };
    if (options_.format == "openaddresses")
      return read_openaddresses(std::move(input), country_at, sink_, log_);
    const CsvOptions csv{.source = name_, .map = options_.map, .kind = options_.kind};
    return read_csv(std::move(input), csv, country_at, sink_, log_);
  }

  const ImportOptions& options_;
  std::string name_;
  RowSink sink_;
  RowLog& log_;
  CountryFinder finder_;
  std::uint64_t kept_ = 0;
};

/// "cities500.txt.gz, 2026-11-20", or how many files there are; the date is the newest file's.
std::string version_of(const Files& files) {
  std::optional<fs::file_time_type> newest;
  for (const auto& file : files) {
    std::error_code error;
    const auto written = fs::last_write_time(file, error);
    if (!error && (!newest || written > *newest)) newest = written;
  }
  auto version =
      files.size() == 1 ? files.front().filename().string() : fmt::format("{} files", files.size());
  if (newest) {
    const auto seconds =
        std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::file_clock::to_sys(*newest));
    version += fmt::format(", {:%F}", seconds);
  }
  return version;
}

SourceInfo info_of(const Files& files, const ImportOptions& options, const std::string& name,
                   std::uint64_t rows) {
  const auto* format = format_named(options.format);
  const auto either = [](const std::string& given, std::string_view known) {
    return given.empty() ? std::string(known) : given;
  };
  return {.name = name,
          .kind = options.format,
          .version = either(options.version, version_of(files)),
          .attribution = either(options.attribution, format->attribution),
          .licence = either(options.licence, format->licence),
          .imported_at = to_rfc3339(options.now),
          .rows = rows};
}

IndexSummary summary_of(const fs::path& index, const IndexBuilder::Written& written) {
  std::error_code ignored;
  return {.path = index,
          .bytes = fs::file_size(index, ignored),
          .places = written.places,
          .names = written.names,
          .streets = written.streets,
          .houses = written.houses};
}

std::uint64_t bytes_of(const Files& files) {
  std::uint64_t bytes = 0;
  for (const auto& file : files) {
    std::error_code error;
    const auto size = fs::file_size(file, error);
    if (!error) bytes += size;
  }
  return bytes;
}

std::unexpected<Error> nothing_kept(const RowLog& log, std::vector<Skipped> skipped) {
  std::string message = "no row could be used";
  const auto most = std::ranges::max_element(skipped, {}, &Skipped::rows);
  if (most != skipped.end()) {
    message += ": " + most->reason;
    if (!most->first.empty())
      message += " (" + most->first.front().file + ":" + std::to_string(most->first.front().line) + ")";
  }
  return fail(Code::validation_failed, message + "; " + std::to_string(log.rows()) + " rows were read");
}

}  // namespace

const std::vector<ImportFormat>& import_formats() {
  static const std::vector<ImportFormat> all = [] {
    std::vector<ImportFormat> out;
    for (const auto& format : formats()) out.push_back(format.format);
    return out;
  }();
  return all;
}

Result<ImportSummary> import_source(const Files& files, const ImportOptions& options) {
  const auto name = options.name.empty() ? options.format : options.name;
  if (auto fine = check(files, options, name); !fine) return std::unexpected(std::move(fine.error()));
  const SourceFolder folder(options.data_directory);
  const auto lock = folder.lock(options.waits);
  if (!lock) return std::unexpected(lock.error());

  const disk::TemporaryFile source(folder.source(name)), index(folder.index());
  auto writer = SourceWriter::create(source.path());
  if (!writer) return std::unexpected(std::move(writer.error()));
  const auto bytes = bytes_of(files);
  RowLog log(bytes, options.progress);
  Reading reading(options, name, [&](const SourceRow& row) { writer->add(row); }, log);
  if (auto done = reading.read(files); !done) return std::unexpected(std::move(done.error()));
  if (reading.kept() == 0) return nothing_kept(log, log.take_skipped());
  if (auto done = writer->finish(info_of(files, options, name, log.rows() - log.skipped_rows())); !done)
    return std::unexpected(std::move(done.error()));

  if (options.progress)
    options.progress({.file = {}, .bytes_done = bytes, .bytes_total = bytes, .rows = log.rows()});
  auto sources = folder.sources();
  std::erase(sources, folder.source(name));
  sources.push_back(source.path());
  const auto written = build_index(sources, index.path());
  if (!written) return std::unexpected(written.error());
  // The source first: should this end between the two, the next start builds the index from the sources.
  if (auto done = disk::put_in_place(source.path(), folder.source(name)); !done)
    return std::unexpected(std::move(done.error()));
  if (auto done = disk::put_in_place(index.path(), folder.index()); !done)
    return std::unexpected(std::move(done.error()));
  return ImportSummary{.source = name,
                       .rows_read = log.rows(),
                       .rows_kept = log.rows() - log.skipped_rows(),
                       .skipped = log.take_skipped(),
                       .index = summary_of(folder.index(), *written)};
}

Result<IndexSummary> remove_source(const fs::path& data_directory, const std::string& name,
                                   const std::function<void()>& waits) {
  const SourceFolder folder(data_directory);
  const auto lock = folder.lock(waits);
  if (!lock) return std::unexpected(lock.error());
  auto sources = folder.sources();
  if (!is_source_name(name) || std::erase(sources, folder.source(name)) == 0) {
    std::string known;
    for (const auto& source : sources) known += (known.empty() ? "" : ", ") + source.stem().string();
    return fail(Code::not_found, "there is no source '" + name + "'" +
                                     (known.empty() ? ": nothing is imported" : "; there are: " + known));
  }
  const disk::TemporaryFile index(folder.index());
  const auto written = build_index(sources, index.path());
  if (!written) return std::unexpected(written.error());
  std::error_code error;
  if (!fs::remove(folder.source(name), error))
    return fail(Code::internal, "cannot remove " + folder.source(name).string() + ": " + error.message());
  if (auto done = disk::put_in_place(index.path(), folder.index()); !done)
    return std::unexpected(std::move(done.error()));
  return summary_of(folder.index(), *written);
}

}  // namespace waypost::geo
