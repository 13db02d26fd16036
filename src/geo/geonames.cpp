#include "geo/geonames.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "geo/columns.hpp"
#include "geo/regions.hpp"
#include "waypost/base/json.hpp"
#include "waypost/base/text.hpp"
#include "waypost/geo/place_id.hpp"

namespace waypost::geo {
namespace {

constexpr std::string_view family = geonames_family;
constexpr std::uint64_t largest_geonameid = 1 << 28;  // today's are below 14 million
constexpr std::size_t largest_translations = 256 << 20;

/// Column numbers of the dump's main table.
enum Column : std::size_t {
  id,
  name,
  ascii_name,
  alternate_names,
  latitude,
  longitude,
  feature_class,
  feature_code,
  country,
  admin1 = 10,
  admin2 = 11,
  population = 14,
  timezone = 17,
  count = 19
};

std::optional<std::uint64_t> geonameid(std::string_view text) {
  const auto id = number<std::uint64_t>(text);
  return id && *id < largest_geonameid ? id : std::nullopt;
}

/// What a feature is to us; nothing for rivers, schools and what is no more (PPLH, PPLQ, PPLW, ADM1H, PCLH).
std::optional<Kind> kind_of(std::string_view feature_class, std::string_view code) {
  if (feature_class == "P") {
    if (code == "PPLH" || code == "PPLQ" || code == "PPLW" || code == "PPLCH") return std::nullopt;
    return code == "PPLX" ? Kind::sublocality : Kind::locality;
  }
  if (feature_class != "A" || code.ends_with('H')) return std::nullopt;
  if (code.starts_with("PCL")) return Kind::country;
  if (code.size() == 4 && code.starts_with("ADM") && code[3] >= '1' && code[3] <= '5') {
    return static_cast<Kind>(static_cast<int>(Kind::admin1) + (code[3] - '1'));
  }
  return std::nullopt;
}

/// Pseudo languages of the alternate names that hold no name of the place.
bool is_no_name(std::string_view language) {
  static constexpr std::array<std::string_view, 12> others = {
      "link", "wkdt", "post", "iata", "icao", "faac", "unlc", "tcid", "phon", "piny", "abbr-x", "fr_1793"};
  return std::ranges::find(others, language) != others.end();
}

bool flag(const std::vector<std::string_view>& columns, std::size_t column) {
  return columns.size() > column && columns[column] == "1";
}

}  // namespace

GeonamesTable geonames_table(const std::filesystem::path& file) {
  const auto name = file.filename().string();
  if (name.starts_with("countryInfo")) return GeonamesTable::countries;
  if (name.starts_with("admin1CodesASCII")) return GeonamesTable::admin1;
  if (name.starts_with("admin2Codes")) return GeonamesTable::admin2;
  if (name.starts_with("alternateNames")) return GeonamesTable::alternate_names;
  if (name.find("translations") != std::string::npos && name.find(".json") != std::string::npos)
    return GeonamesTable::translations;
  return GeonamesTable::places;
}

Result<void> GeonamesReader::read(GeonamesTable table, Input input) {
  if (table == GeonamesTable::translations) return read_translations(std::move(input));
  LineReader lines(std::move(input));
  log_.enter(lines.input());
  for (;;) {
    const auto line = lines.next();
    if (!line) return std::unexpected(line.error());
    if (!*line) break;
    if ((*line)->empty() || (*line)->starts_with('#')) continue;
    log_.row(lines.line());
    if (!text::is_utf8(**line)) {
      log_.skip("not UTF-8");
      continue;
    }
    const auto columns = text::split(**line, '\t');
    if (table == GeonamesTable::countries) country_row(columns);
    if (table == GeonamesTable::admin1) admin1_row(columns);
    if (table == GeonamesTable::admin2) admin2_row(columns);
    if (table == GeonamesTable::places) place_row(columns);
    if (table == GeonamesTable::alternate_names) name_row(columns);
  }
  log_.leave();
  return {};
}

bool GeonamesReader::seen(std::uint64_t geonameid) const {
  return geonameid < seen_.size() && seen_[geonameid];
}

void GeonamesReader::see(std::uint64_t geonameid) {
  if (geonameid >= seen_.size()) seen_.resize(std::max<std::size_t>(geonameid + 1, seen_.size() * 2));
  seen_[geonameid] = true;
}

std::optional<std::uint64_t> GeonamesReader::key_of(std::string_view id) const {
  const auto number = geonameid(id);
  if (!number) return std::nullopt;
  if (const auto region = regions_.find(*number); region != regions_.end()) return region->second;
  if (!seen(*number)) return std::nullopt;
  return place_key(family, id);
}

/// countryInfo: ISO, ISO3, number, FIPS, name, …, population in column 7, geonameid in column 16.
void GeonamesReader::country_row(const Columns& columns) {
  if (columns.size() < 17) return log_.skip("a countryInfo row without 17 columns");
  if (!is_country_code(columns[0])) return log_.skip("no ISO 3166 country code");
  const auto key = place_key(family, columns[0]);
  sink_(DraftPlace{.kind = Kind::country,
                   .key = key,
                   .population = number<std::uint32_t>(columns[7]).value_or(0),
                   .name = columns[4],
                   .code = columns[0],
                   .country = columns[0]});
  if (const auto id = geonameid(columns[16])) regions_.emplace(*id, key);
}

/// admin1CodesASCII: code ("US.IL"), name, ASCII name, geonameid.
void GeonamesReader::admin1_row(const Columns& columns) {
  if (columns.size() < 4) return log_.skip("an admin1CodesASCII row without 4 columns");
  if (columns[0].size() < 4 || columns[0][2] != '.' || !is_country_code(columns[0].substr(0, 2))) {
    return log_.skip("no admin1 code such as US.IL");
  }
  if (columns[1].empty()) return log_.skip("no name");
  const auto iso = columns[0].substr(0, 2), code = columns[0].substr(3);
  const auto key = place_key(family, columns[0]);
  sink_(DraftPlace{.kind = Kind::admin1,
                   .key = key,
                   .name = columns[1],
                   .code = state_abbreviation(iso, code),
                   .country = iso,
                   .admin1 = code});
  if (!columns[2].empty()) add_name(key, columns[2]);
  if (const auto id = geonameid(columns[3])) regions_.emplace(*id, key);
}

/// admin2Codes: code ("US.IL.031"), name, ASCII name, geonameid. A dump with the division itself came before
/// and knows more.
void GeonamesReader::admin2_row(const Columns& columns) {
  if (columns.size() < 4) return log_.skip("an admin2Codes row without 4 columns");
  const auto parts = text::split(columns[0], '.');
  if (parts.size() != 3 || !is_country_code(parts[0]) || parts[2].empty())
    return log_.skip("no admin2 code such as US.IL.031");
  const auto id = geonameid(columns[3]);
  if (columns[1].empty() || !id) return log_.skip("no name or no geonameid");
  const auto key = place_key(family, columns[3]);
  if (!seen(*id)) {
    see(*id);
    sink_(DraftPlace{.kind = Kind::admin2,
                     .key = key,
                     .name = columns[1],
                     .country = parts[0],
                     .admin1 = parts[1],
                     .admin2 = parts[2]});
  }
  if (!columns[2].empty()) add_name(key, columns[2]);
}

void GeonamesReader::place_row(const Columns& columns) {
  if (columns.size() != Column::count) return log_.skip("not 19 columns");
  const auto id = geonameid(columns[Column::id]);
  if (!id) return log_.skip("no geonameid in the first column");
  const auto kind = kind_of(columns[Column::feature_class], columns[Column::feature_code]);
  if (!kind) return log_.skip("a feature that is no place to look up (not P, ADM1–5 or PCL, or historical)");
  const auto iso = columns[Column::country];
  if (!is_country_code(iso)) return log_.skip("no ISO 3166 country code");
  if (columns[Column::name].empty()) return log_.skip("no name");
  const auto at = location_of(columns[Column::latitude], columns[Column::longitude]);
  if (!at) return log_.skip("no valid latitude and longitude");
  if (seen(*id)) return log_.skip("a geonameid that came before");

  const auto admin1 = columns[Column::admin1];
  const bool known_by_code = *kind == Kind::country || (*kind == Kind::admin1 && !admin1.empty());
  const auto source_id = *kind == Kind::country ? std::string(iso)
                         : known_by_code        ? std::string(iso) + '.' + std::string(admin1)
                                                : std::string(columns[Column::id]);
  const auto key = place_key(family, source_id);
  if (known_by_code) regions_.emplace(*id, key);
  see(*id);
  const auto people = number<std::uint64_t>(columns[Column::population]).value_or(0);
  sink_(DraftPlace{
      .kind = *kind,
      .key = key,
      .location = at,
      .population = static_cast<std::uint32_t>(std::min<std::uint64_t>(people, UINT32_MAX)),
      .name = columns[Column::name],
      .code = *kind == Kind::country  ? iso
              : *kind == Kind::admin1 ? state_abbreviation(iso, admin1)
                                      : std::string_view(),
      .timezone = columns[Column::timezone],
      .country = iso,
      .admin1 = admin1,
      .admin2 = columns[Column::admin2],
  });
  ++kept_;
  if (!columns[Column::ascii_name].empty()) add_name(key, columns[Column::ascii_name]);
  if (columns[Column::alternate_names].empty()) return;
  for (const auto name : text::split(columns[Column::alternate_names], ','))
    if (!name.empty()) add_name(key, name);
}

/// alternateNames(V2): id, geonameid (or, in our own files, a code such as US or US.IL), language, name,
/// preferred, short, colloquial, historic.
void GeonamesReader::name_row(const Columns& columns) {
  if (columns.size() < 4) return log_.skip("an alternateNames row without 4 columns");
  if (columns[3].empty() || is_no_name(columns[2])) return;
  const bool by_code = columns[1].size() >= 2 && is_country_code(columns[1].substr(0, 2));
  const auto key = by_code ? std::optional(place_key(family, columns[1])) : key_of(columns[1]);
  if (!key) return;  // a name of something that was not imported: no fault of this file
  const bool never_shown = flag(columns, 6) || flag(columns, 7) || columns[2] == "abbr";
  const auto language = never_shown ? std::string() : text::lower_ascii(columns[2]);
  sink_(SourceName{.key = *key,
                   .language = language,
                   .name = columns[3],
                   .rank = flag(columns, 4) ? NameRank::preferred : NameRank::plain});
}

/// {"geonameid": {"language": "name", …}, …}
Result<void> GeonamesReader::read_translations(Input input) {
  log_.enter(input);
  std::string text;
  for (;;) {
    const auto piece = input.next();
    if (!piece) return std::unexpected(piece.error());
    if (piece->empty()) break;
    text += *piece;
    if (text.size() > largest_translations) return input.broken("is larger than 256 MiB");
  }
  const auto document = json::Document::parse(text);
  if (!document) return input.broken(document.error().message);
  if (!document->root().is(json::Kind::object))
    return input.broken("is no JSON object of geonameids with names by language");
  for (const auto& place : document->root().children()) {
    log_.row(0);
    const auto key = key_of(place.key());
    if (!key) continue;
    if (!place.is(json::Kind::object)) {
      log_.skip("a geonameid whose names are no object");
      continue;
    }
    for (const auto& name : place.children()) {
      if (!name.is(json::Kind::string) || name.string().empty()) continue;
      const auto language = text::lower_ascii(name.key());
      sink_(SourceName{.key = *key, .language = language, .name = name.string()});
    }
  }
  log_.leave();
  return {};
}

}  // namespace waypost::geo
