// What a lookup reads from the outside: names, points, boxes, components, files to import, a section of
// polygons and an index file. Nothing may crash; folding twice must be folding once; a point that was read
// must be on earth. The first byte chooses.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "check.hpp"
#include "geo/csv_source.hpp"
#include "geo/fold.hpp"
#include "geo/geonames.hpp"
#include "geo/index_view.hpp"
#include "geo/openaddresses.hpp"
#include "geo/polygon_source.hpp"
#include "geo/polygons.hpp"
#include "geo/postal.hpp"
#include "waypost/base/text.hpp"
#include "waypost/geo/google.hpp"
#include "waypost/geo/native.hpp"
#include "waypost/geo/nominatim.hpp"
#include "waypost/geo/photon.hpp"
#include "waypost/geo/place_id.hpp"
#include "waypost/geo/plus_code.hpp"

namespace {

using namespace waypost;

void fold(std::string_view input) {
  const auto once = geo::fold(input);
  require(geo::fold(once) == once);
  require(text::is_utf8(once));
}

void parameters(std::string_view input) {
  std::vector<std::pair<std::string, std::string>> given;
  for (const auto part : text::split(input, '&')) {
    const auto equals = part.find('=');
    given.emplace_back(part.substr(0, equals),
                       equals == std::string_view::npos ? "" : part.substr(equals + 1));
  }
  static_cast<void>(geo::parse_google_query(given, input));
  static_cast<void>(geo::parse_native_forward(given, input));
  static_cast<void>(geo::parse_native_autocomplete(given, input));
  static_cast<void>(geo::parse_native_reverse(given, input));
  static_cast<void>(geo::parse_photon_search(given, input));
  static_cast<void>(geo::parse_photon_reverse(given, input));
  static_cast<void>(geo::parse_nominatim_search(given, input));
  static_cast<void>(geo::parse_nominatim_reverse(given, input));
  static_cast<void>(geo::parse_nominatim_lookup(given, input));
  if (const auto point = geo::parse_latlng(input)) {
    require(point->lat_e7 >= -900'000'000 && point->lat_e7 <= 900'000'000);
    require(point->lng_e7 >= -1'800'000'000 && point->lng_e7 <= 1'800'000'000);
  }
}

/// A code that is read back is the one that was written, and what is found in a text is a code.
void plus_codes(std::string_view input) {
  if (const auto area = geo::decode_plus_code(input); area && area->digits < 15) {
    const auto code = geo::plus_code(area->center(), area->digits);
    require(geo::plus_code_id(code) == geo::plus_code_id(input));
    require(geo::parse_plus_code_id(geo::plus_code_id(code)) == code);
  }
  if (const auto found = geo::find_plus_code(input))
    require(geo::is_full_plus_code(found->code) || geo::is_short_plus_code(found->code));
  const geo::LatLng reference{.lat_e7 = 899'999'999, .lng_e7 = 1'800'000'000};
  const auto full = geo::recover_plus_code(input, reference);
  require(full.empty() || geo::is_full_plus_code(full));
}

/// Every format that can be imported.
void import(std::string_view input) {
  geo::RowLog log(input.size(), {});
  const geo::RowSink sink = [](const geo::SourceRow&) {};
  const auto text = [&] { return geo::Input::over(input, "fuzz"); };
  geo::GeonamesReader geonames(sink, log);
  for (const auto table :
       {geo::GeonamesTable::countries, geo::GeonamesTable::admin1, geo::GeonamesTable::places,
        geo::GeonamesTable::admin2, geo::GeonamesTable::alternate_names, geo::GeonamesTable::translations}) {
    static_cast<void>(geonames.read(table, text()));
  }
  const geo::CountryAt country = [](geo::LatLng) { return std::string("DE"); };
  static_cast<void>(geo::read_postal_codes(text(), sink, log));
  static_cast<void>(geo::read_openaddresses(text(), country, sink, log));
  static_cast<void>(geo::read_csv(text(), {.source = "fuzz"}, country, sink, log));
  static_cast<void>(geo::read_polygons(text(), std::nullopt, sink, log));
}

void polygons(std::string_view input) {
  std::vector<std::uint64_t> aligned(input.size() / 8 + 1);
  std::copy(input.begin(), input.end(), reinterpret_cast<char*>(aligned.data()));
  const geo::PolygonView view({reinterpret_cast<const char*>(aligned.data()), input.size()});
  for (const int lat : {-90, -45, 0, 60}) view.at(geo::LatLng::from_degrees(lat, 3 * lat / 2));
}

void index_file(std::string_view input) {
  // Mapped files are aligned to pages; eight bytes are what the format needs.
  std::vector<std::uint64_t> aligned(input.size() / 8 + 1);
  std::copy(input.begin(), input.end(), reinterpret_cast<char*>(aligned.data()));
  const auto view =
      geo::IndexView::parse({reinterpret_cast<const char*>(aligned.data()), input.size()}, "fuzz");
  if (!view) return;
  for (std::size_t i = 0; i < view->terms(); ++i) {
    static_cast<void>(view->term(i));
    static_cast<void>(view->postings(i));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 5) {
    case 0:
      fold(input);
      break;
    case 1:
      parameters(input);
      plus_codes(input);
      break;
    case 2:
      import(input);
      break;
    case 3:
      polygons(input);
      break;
    default:
      index_file(input);
  }
  return 0;
}
