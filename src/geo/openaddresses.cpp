#include "geo/openaddresses.hpp"

#include <array>
#include <cmath>

#include "geo/columns.hpp"
#include "geo/csv_table.hpp"
#include "geo/feature_reader.hpp"
#include "geo/json_feature.hpp"
#include "waypost/base/text.hpp"

namespace waypost::geo {
namespace {

/// Adds the row that `fields` tells of, all but country and location; whether it was kept.
class Addresses {
 public:
  Addresses(const CountryAt& country, const RowSink& sink, RowLog& log)
      : country_(country), sink_(sink), log_(log) {}

  void add(DraftAddress row, std::optional<LatLng> at) {
    if (!at) return log_.skip("no valid latitude and longitude");
    if (row.number.empty()) return log_.skip("no house number");
    if (row.street.empty()) return log_.skip("no street");
    const auto country = country_(*at);
    if (country.empty()) return log_.skip("no country known for the place where it lies");
    row.country = country;
    row.location = *at;
    sink_(row);
    ++kept_;
  }
  std::uint64_t kept() const { return kept_; }

 private:
  const CountryAt& country_;
  const RowSink& sink_;
  RowLog& log_;
  std::uint64_t kept_ = 0;
};

struct Columns {
  std::size_t lon, lat, number, street;
  std::optional<std::size_t> city, district, region, postcode;
};

Result<Columns> columns_of(const CsvTable& table) {
  std::array<std::size_t, 4> needed{};
  static constexpr std::array<std::string_view, 4> names = {"LON", "LAT", "NUMBER", "STREET"};
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto column = table.column(names[i]);
    if (!column) {
      return table.input().broken("there is no column " + std::string(names[i]) +
                                  ": the header of an OpenAddresses file names LON, LAT, NUMBER and STREET");
    }
    needed[i] = *column;
  }
  return Columns{.lon = needed[0],
                 .lat = needed[1],
                 .number = needed[2],
                 .street = needed[3],
                 .city = table.column("CITY"),
                 .district = table.column("DISTRICT"),
                 .region = table.column("REGION"),
                 .postcode = table.column("POSTCODE")};
}

Result<void> read_table(Input input, Addresses& addresses, RowLog& log) {
  auto table = CsvTable::open(std::move(input));
  if (!table) return std::unexpected(table.error());
  const auto columns = columns_of(*table);
  if (!columns) return std::unexpected(columns.error());
  log.enter(table->input());
  for (;;) {
    const auto next = table->next();
    if (!next) return std::unexpected(next.error());
    if (!*next) break;
    const auto& row = **next;
    log.row(table->line());
    if (row.size() != table->header().size()) {
      log.skip("not as many values as the header has columns");
      continue;
    }
    const auto value = [&row](std::optional<std::size_t> column) {
      return column ? text::trim(row[*column]) : std::string_view();
    };
    const DraftAddress address{.country = {},
                               .number = value(columns->number),
                               .street = value(columns->street),
                               .city = value(columns->city),
                               .district = value(columns->district),
                               .region = value(columns->region),
                               .postal_code = value(columns->postcode),
                               .location = {}};
    const auto utf8 = [](std::string_view text) { return text::is_utf8(text); };
    if (!(utf8(address.number) && utf8(address.street) && utf8(address.city) && utf8(address.district) &&
          utf8(address.region) && utf8(address.postal_code))) {
      log.skip("not UTF-8");
      continue;
    }
    addresses.add(address, location_of(value(columns->lat), value(columns->lon)));
  }
  log.leave();
  return {};
}

Result<void> read_features(Input input, Addresses& addresses, RowLog& log) {
  FeatureReader features(std::move(input));
  log.enter(features.input());
  for (;;) {
    const auto text = features.next();
    if (!text) return std::unexpected(text.error());
    if (!*text) break;
    log.row(features.line());
    const auto feature = JsonFeature::parse(**text);
    if (!feature) {
      log.skip(feature.error().message);
      continue;
    }
    addresses.add({.country = {},
                   .number = text::trim(feature->property("number")),
                   .street = text::trim(feature->property("street")),
                   .city = text::trim(feature->property("city")),
                   .district = text::trim(feature->property("district")),
                   .region = text::trim(feature->property("region")),
                   .postal_code = text::trim(feature->property("postcode")),
                   .location = {}},
                  feature->point());
  }
  log.leave();
  return {};
}

}  // namespace

Result<std::uint64_t> read_openaddresses(Input input, const CountryAt& country, const RowSink& sink,
                                         RowLog& log) {
  const auto begin = input.peek();
  if (!begin) return std::unexpected(begin.error());
  Addresses addresses(country, sink, log);
  const auto first = begin->find_first_not_of(" \t\r\n\x1E");
  const bool json = first != std::string_view::npos && (*begin)[first] == '{';
  const auto done =
      json ? read_features(std::move(input), addresses, log) : read_table(std::move(input), addresses, log);
  if (!done) return std::unexpected(done.error());
  return addresses.kept();
}

}  // namespace waypost::geo
