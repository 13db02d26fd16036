#include "geo/geonames.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>

#include "geo/regions.hpp"
#include "waypost/base/text.hpp"
#include "waypost/geo/place_id.hpp"

namespace waypost::geo {
namespace {

constexpr std::string_view family = "geonames";
constexpr std::size_t first_skips_kept = 5;
constexpr std::uint64_t rows_between_progress = 20'000;

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
  population = 14,
  timezone = 17,
  count = 19
};

template <class T>
std::optional<T> number(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<LatLng> location(std::string_view lat, std::string_view lng) {
  const auto y = number<double>(lat), x = number<double>(lng);
  if (!y || !x || !(std::abs(*y) <= 90) || !(std::abs(*x) <= 180)) return std::nullopt;
  return LatLng::from_degrees(*y, *x);
}

bool is_country_code(std::string_view code) {
  return code.size() == 2 && std::ranges::all_of(code, [](char c) { return c >= 'A' && c <= 'Z'; });
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

/// Calls `row` for each line that is neither empty nor a comment, as columns.
template <class Row>
Result<void> GeonamesReader::each_row(LineReader& input, Row row) {
  input_ = &input;
  Columns columns;
  for (;;) {
    const auto line = input.next();
    if (!line) return std::unexpected(line.error());
    if (!*line) break;
    if ((*line)->empty() || (*line)->starts_with('#')) continue;
    ++rows_;
    if (!text::is_utf8(**line)) {
      skip("not UTF-8");
    } else {
      columns = text::split(**line, '\t');
      row(columns);
    }
    if (progress_ && rows_ % rows_between_progress == 0) {
      progress_(
          {.file = input.name(), .bytes_done = input.consumed(), .bytes_total = input.size(), .rows = rows_});
    }
  }
  if (progress_) {
    progress_({.file = input.name(), .bytes_done = input.size(), .bytes_total = input.size(), .rows = rows_});
  }
  return {};
}

void GeonamesReader::skip(std::string_view reason) {
  auto it = std::ranges::find(skipped_, reason, &Skipped::reason);
  if (it == skipped_.end()) it = skipped_.insert(it, {.reason = std::string(reason)});
  ++it->rows;
  if (it->first.size() < first_skips_kept)
    it->first.push_back({.file = input_->name(), .line = input_->line()});
}

Result<void> GeonamesReader::read_countries(LineReader input) {
  return each_row(input, [this](const Columns& columns) { country_row(columns); });
}

Result<void> GeonamesReader::read_admin1(LineReader input) {
  return each_row(input, [this](const Columns& columns) { admin1_row(columns); });
}

Result<void> GeonamesReader::read_places(LineReader input) {
  return each_row(input, [this](const Columns& columns) { place_row(columns); });
}

Result<void> GeonamesReader::read_alternate_names(LineReader input) {
  return each_row(input, [this](const Columns& columns) { name_row(columns); });
}

/// countryInfo: ISO, ISO3, number, FIPS, name, …, population in column 7, geonameid in column 16.
void GeonamesReader::country_row(const Columns& columns) {
  if (columns.size() < 17) return skip("a countryInfo row without 17 columns");
  if (!is_country_code(columns[0])) return skip("no ISO 3166 country code");
  const auto draft = builder_.add({.kind = Kind::country,
                                   .key = place_key(family, columns[0]),
                                   .population = number<std::uint32_t>(columns[7]).value_or(0),
                                   .name = columns[4],
                                   .code = columns[0],
                                   .country = columns[0]});
  if (const auto geonameid = number<std::uint64_t>(columns[16])) by_id_.emplace(*geonameid, draft);
}

/// admin1CodesASCII: code ("US.IL"), name, ASCII name, geonameid.
void GeonamesReader::admin1_row(const Columns& columns) {
  if (columns.size() < 4) return skip("an admin1CodesASCII row without 4 columns");
  if (columns[0].size() < 4 || columns[0][2] != '.' || !is_country_code(columns[0].substr(0, 2))) {
    return skip("no admin1 code such as US.IL");
  }
  if (columns[1].empty()) return skip("no name");
  const auto iso = columns[0].substr(0, 2), code = columns[0].substr(3);
  ensure_country(iso);
  const auto draft = builder_.add({.kind = Kind::admin1,
                                   .key = place_key(family, columns[0]),
                                   .name = columns[1],
                                   .code = state_abbreviation(iso, code),
                                   .country = iso,
                                   .admin1 = code});
  builder_.add_name(draft, "", columns[2]);
  if (const auto geonameid = number<std::uint64_t>(columns[3])) by_id_.emplace(*geonameid, draft);
}

std::uint32_t GeonamesReader::ensure_country(std::string_view code) {
  if (const auto known = builder_.country(code)) return *known;
  const auto name = country_name(code, "en");
  return builder_.add({.kind = Kind::country,
                       .key = place_key(family, code),
                       .name = name.empty() ? code : std::string_view(name),
                       .code = code,
                       .country = code});
}

void GeonamesReader::place_row(const Columns& columns) {
  if (columns.size() != Column::count) return skip("not 19 columns");
  const auto geonameid = number<std::uint64_t>(columns[Column::id]);
  if (!geonameid) return skip("no geonameid in the first column");
  const auto kind = kind_of(columns[Column::feature_class], columns[Column::feature_code]);
  if (!kind) return skip("a feature that is no place to look up (not P, ADM1–5 or PCL, or historical)");
  const auto iso = columns[Column::country];
  if (!is_country_code(iso)) return skip("no ISO 3166 country code");
  if (columns[Column::name].empty()) return skip("no name");
  const auto at = location(columns[Column::latitude], columns[Column::longitude]);
  if (!at) return skip("no valid latitude and longitude");
  if (by_id_.contains(*geonameid) && *kind != Kind::country && *kind != Kind::admin1) {
    return skip("a geonameid that came before");
  }

  ensure_country(iso);
  const auto admin1 = columns[Column::admin1];
  const bool known_by_code = *kind == Kind::country || (*kind == Kind::admin1 && !admin1.empty());
  const auto source_id = *kind == Kind::country ? std::string(iso)
                         : known_by_code        ? std::string(iso) + '.' + std::string(admin1)
                                                : std::string(columns[Column::id]);
  const auto people = number<std::uint64_t>(columns[Column::population]).value_or(0);
  const auto draft = builder_.add({
      .kind = *kind,
      .key = place_key(family, source_id),
      .location = at,
      .population = static_cast<std::uint32_t>(std::min<std::uint64_t>(people, UINT32_MAX)),
      .name = columns[Column::name],
      .code = *kind == Kind::country  ? iso
              : *kind == Kind::admin1 ? state_abbreviation(iso, admin1)
                                      : std::string_view(),
      .timezone = columns[Column::timezone],
      .country = iso,
      .admin1 = admin1,
  });
  by_id_.emplace(*geonameid, draft);
  ++kept_;
  builder_.add_name(draft, "", columns[Column::ascii_name]);
  if (columns[Column::alternate_names].empty()) return;
  for (const auto name : text::split(columns[Column::alternate_names], ','))
    builder_.add_name(draft, "", name);
}

/// alternateNames(V2): id, geonameid (or, in our own files, a code such as US or US.IL), language, name,
/// preferred, short, colloquial, historic.
void GeonamesReader::name_row(const Columns& columns) {
  if (columns.size() < 4) return skip("an alternateNames row without 4 columns");
  if (columns[3].empty() || is_no_name(columns[2])) return;
  std::optional<std::uint32_t> draft;
  if (const auto geonameid = number<std::uint64_t>(columns[1])) {
    const auto it = by_id_.find(*geonameid);
    if (it != by_id_.end()) draft = it->second;
  } else {
    draft = columns[1].size() == 2 ? builder_.country(columns[1]) : builder_.admin1(columns[1]);
  }
  if (!draft) return;  // a name of something that was not imported: no fault of this file
  const bool never_shown = flag(columns, 6) || flag(columns, 7) || columns[2] == "abbr";
  builder_.add_name(*draft, never_shown ? std::string() : text::lower_ascii(columns[2]), columns[3],
                    flag(columns, 4) ? NameRank::preferred : NameRank::plain);
}

}  // namespace waypost::geo
