#include "geo/csv_source.hpp"

#include <algorithm>
#include <array>

#include "geo/columns.hpp"
#include "geo/countries.hpp"
#include "geo/csv_table.hpp"
#include "waypost/base/text.hpp"
#include "waypost/geo/place_id.hpp"

namespace waypost::geo {
namespace {

enum Field : std::size_t {
  lat,
  lng,
  name,
  names,
  kind,
  id,
  country,
  admin1,
  population,
  timezone,
  number,
  street,
  city,
  district,
  region,
  postal_code,
  field_count
};

std::string joined(const std::vector<std::string>& parts) {
  std::string out;
  for (const auto& part : parts) out += (out.empty() ? "" : ", ") + part;
  return out;
}

/// The column of each field, of those that there are.
using FieldColumns = std::array<std::optional<std::size_t>, field_count>;

Result<FieldColumns> columns_of(const CsvTable& table, const CsvOptions& options) {
  FieldColumns columns;
  for (const auto& [field, column] : options.map) {
    const auto& all = csv_fields();
    const auto known = std::ranges::find(all, field, &CsvField::name);
    const auto at = table.column(column);
    if (known == all.end()) return fail(Code::validation_failed, "there is no field '" + field + "' to map");
    if (!at) {
      return table.input().broken("there is no column '" + column + "'; the header has " +
                                  joined(table.header()));
    }
    columns[static_cast<std::size_t>(known - all.begin())] = at;
  }
  for (std::size_t i = 0; i < field_count; ++i) {
    for (const auto column : csv_fields()[i].columns)
      if (!columns[i]) columns[i] = table.column(column);
  }
  if (!columns[lat] || !columns[lng]) {
    return table.input().broken(
        "no column is known as latitude and longitude: say which with --map lat=COLUMN --map lng=COLUMN; the "
        "header has " +
        joined(table.header()));
  }
  return columns;
}

/// Makes rows of a table.
class CsvReader {
 public:
  CsvReader(const CsvOptions& options, const CountryAt& country_at, const FieldColumns& columns,
            const RowSink& sink, RowLog& log)
      : options_(options), country_at_(country_at), columns_(columns), sink_(sink), log_(log) {}

  void row(const std::vector<std::string_view>& values) {
    values_ = &values;
    for (std::size_t i = 0; i < field_count; ++i)
      if (!text::is_utf8(value(i))) return log_.skip("not UTF-8");
    const auto at = location_of(value(lat), value(lng));
    if (!at) return log_.skip("no valid latitude and longitude");
    const auto own = value(kind).empty() ? options_.kind.value_or(Kind::locality) : kind_named(value(kind));
    if (!own) return log_.skip("a kind that there is none of");
    const auto iso = country_of(*at);
    if (!is_known_country(iso)) return log_.skip("no ISO 3166 country code");
    if (*own == Kind::house) return address(iso, *at);
    if (*own == Kind::postal_code) return code(iso, *at);
    if (*own == Kind::street) return log_.skip("a street: import its houses as kind address");
    place(*own, iso, *at);
  }
  std::uint64_t kept() const { return kept_; }

 private:
  std::string_view value(std::size_t field) const {
    return columns_[field] ? text::trim((*values_)[*columns_[field]]) : std::string_view();
  }

  std::string country_of(LatLng at) const {
    std::string given(value(country));
    for (char& c : given) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
    if (given.size() == 3) return country_of_alpha3(given);
    return given.empty() ? country_at_(at) : given;
  }

  void address(std::string_view iso, LatLng at) {
    if (value(number).empty()) return log_.skip("no house number");
    if (value(street).empty()) return log_.skip("no street");
    sink_(DraftAddress{.country = iso,
                       .number = value(number),
                       .street = value(street),
                       .city = value(city),
                       .district = value(district),
                       .region = value(region),
                       .postal_code = value(postal_code),
                       .location = at});
    ++kept_;
  }

  void code(std::string_view iso, LatLng at) {
    const auto own = value(postal_code).empty() ? value(name) : value(postal_code);
    if (own.empty()) return log_.skip("no postal code");
    sink_(DraftPostalCode{.country = iso,
                          .code = own,
                          .locality = value(city),
                          .admin1_name = value(region),
                          .admin1 = value(admin1),
                          .admin2_name = {},
                          .location = at});
    ++kept_;
  }

  void place(Kind own, std::string_view iso, LatLng at) {
    if (value(name).empty()) return log_.skip("no name");
    // By its own id, else by what it is called and about where (to some 10 km) it lies.
    const auto identity = !value(id).empty() ? std::string(value(id))
                                             : std::string(value(name)) + '/' + std::string(iso) + '/' +
                                                   std::to_string(at.lat_e7 / 1'000'000) + '/' +
                                                   std::to_string(at.lng_e7 / 1'000'000);
    const auto key = place_key("csv:" + options_.source, std::string(name_of(own)) + ':' + identity);
    const auto people = number_of(value(population));
    sink_(DraftPlace{.kind = own,
                     .key = key,
                     .location = at,
                     .population = people,
                     .name = value(name),
                     .code = own == Kind::country ? iso : std::string_view(),
                     .timezone = value(timezone),
                     .country = iso,
                     .admin1 = value(admin1)});
    for (const auto further : text::split(value(names), '|'))
      if (!text::trim(further).empty()) sink_(SourceName{.key = key, .name = text::trim(further)});
    ++kept_;
  }

  static std::uint32_t number_of(std::string_view text) {
    const auto people = geo::number<double>(text).value_or(0);
    return people > 0 && people < 4e9 ? static_cast<std::uint32_t>(people) : 0;
  }

  const CsvOptions& options_;
  const CountryAt& country_at_;
  const FieldColumns& columns_;
  const RowSink& sink_;
  RowLog& log_;
  const std::vector<std::string_view>* values_ = nullptr;
  std::uint64_t kept_ = 0;
};

}  // namespace

const std::vector<CsvField>& csv_fields() {
  static const std::vector<CsvField> fields = {
      {"lat", {"lat", "latitude", "y"}},
      {"lng", {"lng", "lon", "long", "longitude", "x"}},
      {"name", {"name", "title"}},
      {"names", {"names", "alternate_names", "alternatenames"}},
      {"kind", {"kind", "type"}},
      {"id", {"id"}},
      {"country", {"country", "country_code", "iso_a2"}},
      {"admin1", {"admin1", "admin1_code"}},
      {"population", {"population"}},
      {"timezone", {"timezone"}},
      {"number", {"number", "house_number", "housenumber"}},
      {"street", {"street"}},
      {"city", {"city", "town", "locality"}},
      {"district", {"district"}},
      {"region", {"region", "state"}},
      {"postal_code", {"postal_code", "postcode", "zip"}},
  };
  return fields;
}

Result<std::uint64_t> read_csv(Input input, const CsvOptions& options, const CountryAt& country,
                               const RowSink& sink, RowLog& log) {
  auto table = CsvTable::open(std::move(input));
  if (!table) return std::unexpected(table.error());
  const auto columns = columns_of(*table, options);
  if (!columns) return std::unexpected(columns.error());
  log.enter(table->input());
  CsvReader reader(options, country, *columns, sink, log);
  for (;;) {
    const auto row = table->next();
    if (!row) return std::unexpected(row.error());
    if (!*row) break;
    log.row(table->line());
    if ((*row)->size() != table->header().size())
      log.skip("not as many values as the header has columns");
    else
      reader.row(**row);
  }
  log.leave();
  return reader.kept();
}

}  // namespace waypost::geo
