#include <gmock/gmock.h>

#include "geo/csv_source.hpp"
#include "geo/openaddresses.hpp"
#include "geo/polygon_source.hpp"
#include "geo/postal.hpp"
#include "waypost/geo/place_id.hpp"

// The formats that are read row by row: what becomes of a row, and why one is left out.
namespace waypost::geo {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// A row in words.
struct InWords {
  std::string operator()(const DraftPlace& p) const {
    return std::string(name_of(p.kind)) + ' ' + std::string(p.name) + ' ' + std::string(p.country) + ' ' +
           std::to_string(p.population);
  }
  std::string operator()(const SourceName& n) const { return "also " + std::string(n.name); }
  std::string operator()(const DraftPostalCode& c) const {
    return std::string(c.country) + ' ' + std::string(c.code) + " of " + std::string(c.locality) +
           (c.location ? "" : ", nowhere");
  }
  std::string operator()(const DraftAddress& a) const {
    return std::string(a.country) + ' ' + std::string(a.number) + ' ' + std::string(a.street) + ", " +
           std::string(a.postal_code) + ' ' + std::string(a.city) + " at " +
           std::to_string(a.location.lat_e7) + ' ' + std::to_string(a.location.lng_e7);
  }
  std::string operator()(const SourceShape& s) const {
    return std::string(name_of(s.kind)) + ' ' + std::string(s.country) + ' ' + std::string(s.admin1) + ' ' +
           std::string(s.iso) + ' ' + std::string(s.name) + ' ' + std::to_string(s.rings.size());
  }
};

struct Outcome {
  std::vector<std::string> rows, skipped;
  std::string failure;
};

template <class Read>
Outcome outcome(Read read) {
  Outcome out;
  RowLog log(0, {});
  const RowSink sink = [&](const SourceRow& row) { out.rows.push_back(std::visit(InWords(), row)); };
  const auto done = read(sink, log);
  if (!done) out.failure = done.error().message;
  for (const auto& skipped : log.take_skipped()) {
    out.skipped.push_back(std::to_string(skipped.rows) + ' ' + skipped.reason + " :" +
                          std::to_string(skipped.first.at(0).line));
  }
  return out;
}

Input text(std::string_view bytes) {
  return Input::over(bytes, "x");
}

std::string in_germany(LatLng at) {
  return at.lng_e7 > 0 ? "DE" : "";
}

Outcome openaddresses(std::string_view bytes) {
  return outcome([&](const RowSink& sink, RowLog& log) {
    return read_openaddresses(text(bytes), in_germany, sink, log);
  });
}

Outcome csv(std::string_view bytes, CsvOptions options = {.source = "mine"}) {
  return outcome([&](const RowSink& sink, RowLog& log) {
    return read_csv(text(bytes), options, in_germany, sink, log);
  });
}

Outcome polygons(std::string_view bytes, std::optional<Kind> kind = {}) {
  return outcome(
      [&](const RowSink& sink, RowLog& log) { return read_polygons(text(bytes), kind, sink, log); });
}

TEST(PostalCodes, AreReadWithTheirLocalities) {
  const auto out = outcome([](const RowSink& sink, RowLog& log) {
    return read_postal_codes(text("CA\tM5V\tToronto (Downtown)\tOntario\tON\t\t\t\t\t43.6\t-79.4\t6\n"
                                  "SE\t111 22\tStockholm\t\t\t\t\t\t\t\t\t\n"
                                  "\n"
                                  "SE\t1\tBad\t\t\t\t\t\t\t91\t0\t\n"
                                  "SE\t1\t\xff\t\t\t\t\t\t\t9\t0\t\n"
                                  "Sweden\t1\tBad\t\t\t\t\t\t\t9\t0\t\n"
                                  "SE\t\tBad\t\t\t\t\t\t\t9\t0\t\n"
                                  "not a row\n"),
                             sink, log);
  });
  EXPECT_THAT(out.rows, ElementsAre("CA M5V of Toronto", "SE 111 22 of Stockholm, nowhere"));
  EXPECT_THAT(out.skipped,
              ElementsAre("1 no valid latitude and longitude :4", "1 not UTF-8 :5",
                          "1 no ISO 3166 country code :6", "1 no postal code :7", "1 not 12 columns :8"));
}

TEST(OpenAddresses, AreReadFromATableInAnyOrderAndCase) {
  const auto out = openaddresses(
      "number,Street,LAT,lon,postcode,CITY\n"
      "12a, Lange Straße ,52.5,13.4,10115,Berlin\n"
      ",Lange Straße,52.5,13.4,,\n"
      "1,,52.5,13.4,,\n"
      "1,X,north,13.4,,\n"
      "1,X,52.5,-13.4,,\n"
      "1,X\xff,52.5,13.4,,\n"
      "1,X,52.5\n");
  EXPECT_THAT(out.rows, ElementsAre("DE 12a Lange Straße, 10115 Berlin at 525000000 134000000"));
  EXPECT_THAT(out.skipped,
              ElementsAre("1 no house number :3", "1 no street :4", "1 no valid latitude and longitude :5",
                          "1 no country known for the place where it lies :6", "1 not UTF-8 :7",
                          "1 not as many values as the header has columns :8"));
  EXPECT_THAT(openaddresses("LAT,NUMBER,STREET\n").failure, HasSubstr("there is no column LON"));
}

TEST(OpenAddresses, AreReadFromGeoJson) {
  const auto out = openaddresses(
      R"({"type":"Feature","properties":{"number":"7","street":"Ring","city":"Bonn","postcode":"53111"},)"
      R"("geometry":{"type":"Point","coordinates":[7.1,50.7]}})"
      "\n"
      R"({"type":"Feature","properties":{"number":8,"STREET":"Ring"},"geometry":{"type":"Point","coordinates":[7,50]}})"
      "\n{\"type\":\"Feature\",\"properties\":{\"number\":\"7\"}}\n{\"type\":}\n");
  EXPECT_THAT(out.rows, ElementsAre("DE 7 Ring, 53111 Bonn at 507000000 71000000",
                                    "DE 8 Ring,   at 500000000 70000000"));
  EXPECT_THAT(out.skipped, ElementsAre("1 no valid latitude and longitude :3", "1 not valid JSON :4"));
}

TEST(Csv, MapsColumnsToFields) {
  const CsvOptions options{.source = "shops",
                           .map = {{"name", "Titel"}, {"lat", "Y"}, {"lng", "X"}, {"names", "auch"}}};
  const auto out = csv("Titel;Y;X;auch;population\nMarkt;52.5;13.4;Basar|Bazaar;120.0\n;52;13;;\n", options);
  EXPECT_EQ(out.failure, "");
  EXPECT_THAT(out.rows, ElementsAre("locality Markt DE 120", "also Basar", "also Bazaar"));
  EXPECT_THAT(out.skipped, ElementsAre("1 no name :3"));
}

TEST(Csv, HoldsPlacesCodesAndAddresses) {
  const auto out =
      csv("kind,name,country,lat,lng,number,street,city,postal_code\n"
          "admin1,Tirol,at,47.2,11.4,,,,\n"
          "postal_code,,AUT,47.2,11.4,,,Innsbruck,6020\n"
          "address,,AT,47.2,11.4,3,Hofgasse,Innsbruck,6020\n"
          "address,,AT,47.2,11.4,,Hofgasse,,\n"
          "palace,X,AT,47.2,11.4,,,,\n"
          "locality,X,Austria,47.2,11.4,,,,\n");
  EXPECT_THAT(out.rows, ElementsAre("admin1 Tirol AT 0", "AT 6020 of Innsbruck",
                                    "AT 3 Hofgasse, 6020 Innsbruck at 472000000 114000000"));
  EXPECT_THAT(out.skipped, ElementsAre("1 no house number :5", "1 a kind that there is none of :6",
                                       "1 no ISO 3166 country code :7"));
  EXPECT_THAT(csv("name,lat,lng\nX,1,2\n", {.source = "s", .kind = Kind::sublocality}).rows,
              ElementsAre("sublocality X DE 0"));
}

TEST(Csv, SaysWhichColumnItMisses) {
  EXPECT_THAT(csv("a,b\n1,2\n").failure, HasSubstr("--map lat=COLUMN --map lng=COLUMN; the header has a, b"));
  EXPECT_THAT(csv("a,b\n", {.source = "s", .map = {{"lat", "c"}}}).failure, HasSubstr("no column 'c'"));
  EXPECT_THAT(csv("a,b\n", {.source = "s", .map = {{"altitude", "a"}}}).failure,
              HasSubstr("there is no field 'altitude'"));
}

std::string feature(std::string_view properties, std::string_view coordinates = "[[[0,0],[1,0],[1,1],[0,0]]]",
                    std::string_view type = "Polygon") {
  return R"({"type":"Feature","properties":{)" + std::string(properties) + R"(},"geometry":{"type":")" +
         std::string(type) + R"(","coordinates":)" + std::string(coordinates) + "}}\n";
}

TEST(PolygonSource, KnowsCountriesBySeveralCodes) {
  EXPECT_THAT(polygons(feature(R"("ISO_A2":"DE")") + feature(R"("ISO_A2":"-99","ISO_A2_EH":"FR")") +
                       feature(R"("iso_a2":"-99","ADM0_A3":"NOR")") + feature(R"("ADM0_A3":"KOS")") +
                       feature(R"("shapeGroup":"CHE","shapeType":"ADM0")"))
                  .rows,
              ElementsAre("country DE    1", "country FR    1", "country NO    1", "country XK    1",
                          "country CH    1"));
}

TEST(PolygonSource, KnowsStates) {
  EXPECT_THAT(
      polygons(
          feature(R"("iso_3166_2":"AU-WA","iso_a2":"AU","name":"Western Australia","gn_a1_code":"AU.08")") +
          feature(R"("shapeISO":"DE-BY","shapeName":"Bavaria","shapeType":"ADM1")") +
          feature(R"("admin_level":"4","ISO3166-2":"IT-25","name":"Lombardia")"))
          .rows,
      ElementsAre("admin1 AU 08 AU-WA Western Australia 1", "admin1 DE  DE-BY Bavaria 1",
                  "admin1 IT  IT-25 Lombardia 1"));
  EXPECT_THAT(polygons(feature(R"("country_code":"de","name":"Hessen")"), Kind::admin1).rows,
              ElementsAre("admin1 DE   Hessen 1"));
}

TEST(PolygonSource, GivesPartsWithACodeOfTheirOwnAShapeOfTheirOwn) {
  const auto paris_and_cayenne = "[[[[2,48],[3,48],[3,49],[2,48]]],[[[-53,4],[-52,4],[-52,5],[-53,4]]]]";
  EXPECT_THAT(polygons(feature(R"("ISO_A2":"FR")", paris_and_cayenne, "MultiPolygon")).rows,
              ElementsAre("country FR    1", "country GF    1"));
}

TEST(PolygonSource, SkipsWhatIsNoShapeOfACountry) {
  const auto out =
      polygons(feature(R"("name":"Atlantis")") + feature(R"("ISO_A2":"DE")", "[1,2]", "Point") +
               feature(R"("ISO_A2":"DE")", "[[[0,0],[1,0],[1,91],[0,0]]]") + "{\"type\":\"x\"}\n");
  EXPECT_THAT(out.rows, ElementsAre());
  EXPECT_THAT(out.skipped, ElementsAre("1 no country: ISO_A2, ISO_A2_EH and ADM0_A3 name none :1",
                                       "2 no Polygon or MultiPolygon with coordinates within ±180 and ±90 :2",
                                       "1 no GeoJSON feature :4"));
}

}  // namespace
}  // namespace waypost::geo
