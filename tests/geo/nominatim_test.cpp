#include "waypost/geo/nominatim.hpp"

#include <gmock/gmock.h>

#include "support/gazetteer.hpp"
#include "waypost/base/json.hpp"

namespace waypost::geo {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using ::testing::UnorderedElementsAre;
using Given = std::vector<std::pair<std::string, std::string>>;

std::string search(const Given& given) {
  const auto query = parse_nominatim_search(given, "");
  if (!query) return query.error().message;
  return nominatim_list(lookup(test::default_gazetteer(), *query), query->output);
}

std::string around(const Given& given) {
  const auto query = parse_nominatim_reverse(given, "");
  if (!query) return query.error().message;
  return nominatim_one(lookup(test::default_gazetteer(), *query), query->output);
}

std::string by_id(const Given& given) {
  const auto query = parse_nominatim_lookup(given, "");
  if (!query) return query.error().message;
  return nominatim_list(lookup(test::default_gazetteer(), *query), query->output);
}

/// A member of the first element of a JSON array.
std::string first(const std::string& body, std::string_view member) {
  const auto document = json::Document::parse(body);
  if (!document || document->root().size() == 0) return "nothing in " + body;
  const auto value = document->root().children()[0].find(member);
  return value ? std::string(value->is(json::Kind::string) ? value->string() : value->raw()) : "absent";
}

std::vector<std::string> faults(const Error& error) {
  std::vector<std::string> out;
  for (const auto& fault : error.faults) out.push_back(fault.parameter.value_or("?") + " " + fault.code);
  return out;
}

TEST(Nominatim, AnswersSearchesInEachOfItsFormats) {
  const auto v2 = search({{"q", "Toledo, OH"}});
  EXPECT_EQ(first(v2, "lat"), "41.66394");
  EXPECT_EQ(first(v2, "lon"), "-83.55521");
  EXPECT_EQ(first(v2, "category"), "place");
  EXPECT_EQ(first(v2, "type"), "city");
  EXPECT_EQ(first(v2, "addresstype"), "city");
  EXPECT_EQ(first(v2, "osm_type"), "node");
  EXPECT_EQ(first(v2, "display_name"), "Toledo, Ohio, United States");
  EXPECT_EQ(first(v2, "boundingbox"), R"(["41.6149402","41.7129398","-83.6208005","-83.4896195"])");
  EXPECT_THAT(first(v2, "licence"), HasSubstr("GeoNames"));
  EXPECT_EQ(first(v2, "address"), "absent");
  EXPECT_EQ(first(search({{"q", "Toledo, OH"}, {"format", "json"}}), "class"), "place");
  EXPECT_THAT(search({{"q", "Toledo, OH"}, {"format", "geojson"}}),
              HasSubstr(R"("bbox":[-83.6208005,41.6149402,-83.4896195,41.7129398],)"
                        R"("geometry":{"type":"Point","coordinates":[-83.55521,41.66394]})"));
  EXPECT_THAT(search({{"q", "Toledo, OH"}, {"format", "geocodejson"}, {"addressdetails", "1"}}),
              HasSubstr(R"("type":"city","label":"Toledo, Ohio, United States","name":"Toledo",)"
                        R"("city":"Toledo","state":"Ohio","country":"United States","country_code":"US"})"));
  const auto xml = search({{"q", "Toledo, \"OH\""}, {"format", "xml"}, {"addressdetails", "1"}});
  EXPECT_THAT(xml, StartsWith("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<searchresults attribution="));
  EXPECT_THAT(xml, HasSubstr(R"(querystring="Toledo, &quot;OH&quot;")"));
  EXPECT_THAT(xml, HasSubstr(R"(display_name="Toledo, Ohio, United States" class="place" type="city")"));
  EXPECT_THAT(xml, HasSubstr("<city>Toledo</city><state>Ohio</state>"));
}

TEST(Nominatim, GivesTheDetailsThatAreAskedFor) {
  const auto body =
      search({{"q", "Toledo, OH"}, {"addressdetails", "1"}, {"namedetails", "1"}, {"extratags", "1"}});
  EXPECT_EQ(first(body, "address"),
            R"({"city":"Toledo","state":"Ohio","ISO3166-2-lvl4":"US-OH","country":"United States",)"
            R"("country_code":"us"})");
  EXPECT_EQ(first(body, "namedetails"), R"({"name":"Toledo"})");
  EXPECT_THAT(first(body, "extratags"), HasSubstr(R"("waypost:place_id":"AYeBh-rvoTo4MZao")"));
}

TEST(Nominatim, FiltersByCountriesBoxAndFeature) {
  EXPECT_EQ(first(search({{"q", "Toledo"}, {"countrycodes", "es"}}), "display_name"),
            first(search({{"q", "Toledo, Spain"}}), "display_name"));
  EXPECT_EQ(first(search({{"q", "Toledo"}, {"countrycodes", "de,es"}}), "display_name"),
            first(search({{"q", "Toledo, Spain"}}), "display_name"));
  EXPECT_EQ(search({{"q", "Toledo"}, {"countrycodes", "de,fr"}}), "[]");
  EXPECT_EQ(first(search({{"q", "Toledo"}, {"viewbox", "-84,42,-83,41"}, {"bounded", "1"}}), "lat"),
            "41.66394");
  EXPECT_EQ(first(search({{"q", "Georgia"}, {"featureType", "state"}}), "addresstype"), "state");
  const auto id = first(search({{"q", "Toledo, OH"}}), "place_id");
  EXPECT_THAT(search({{"q", "Toledo"}, {"exclude_place_ids", id}}), Not(HasSubstr("Ohio")));
  EXPECT_EQ(first(search({{"city", "Springfield"}, {"state", "IL"}, {"country", "USA"}}), "display_name"),
            "Springfield, Illinois, United States");
  EXPECT_THAT(first(search({{"q", "Munich"}, {"accept-language", "de"}}), "display_name"),
              HasSubstr("München"));
}

TEST(Nominatim, ReverseAnswersForTheZoomOfTheMap) {
  const Given point = {{"lat", "48.8584"}, {"lon", "2.2945"}, {"format", "jsonv2"}};
  const auto at = [&](const std::string& zoom) {
    auto given = point;
    given.emplace_back("zoom", zoom);
    return around(given);
  };
  EXPECT_THAT(around(point), HasSubstr(R"("display_name":"Paris, )"));
  EXPECT_THAT(around(point), HasSubstr(R"("address":{"city":"Paris",)"));
  EXPECT_THAT(at("10"), HasSubstr(R"("addresstype":"city")"));
  EXPECT_THAT(at("5"), HasSubstr(R"("addresstype":"state")"));
  EXPECT_THAT(at("3"), HasSubstr(R"("addresstype":"country")"));
  EXPECT_THAT(around({{"lat", "48.8584"}, {"lon", "2.2945"}, {"format", "xml"}}),
              HasSubstr("</result><addressparts><city>Paris</city>"));
}

TEST(Nominatim, SaysSoWhenNothingIsThere) {
  EXPECT_EQ(around({{"lat", "0"}, {"lon", "-30"}, {"format", "json"}}), R"({"error":"Unable to geocode"})");
  EXPECT_THAT(around({{"lat", "0"}, {"lon", "-30"}, {"format", "xml"}}),
              HasSubstr("<error>Unable to geocode</error></reversegeocode>"));
  EXPECT_EQ(search({{"q", "qqqqqqqq"}}), "[]");
}

TEST(Nominatim, LooksUpWhatItNamed) {
  const auto toledo = search({{"q", "Toledo, OH"}, {"extratags", "1"}});
  const auto id = first(toledo, "osm_id");
  EXPECT_LT(std::stoull(id), std::uint64_t{1} << 53) << "what JavaScript holds exactly";
  EXPECT_EQ(first(by_id({{"osm_ids", "N" + id}}), "display_name"), "Toledo, Ohio, United States");
  EXPECT_EQ(first(by_id({{"osm_ids", "R146656,AYeBh-rvoTo4MZao"}}), "display_name"),
            "Toledo, Ohio, United States");
  EXPECT_EQ(by_id({{"osm_ids", "R146656"}}), "[]");
}

TEST(Nominatim, RefusesWhatItCannotUseAllAtOnceAndIgnoresWhatItDoesNotKnow) {
  EXPECT_THAT(
      faults(parse_nominatim_search(Given{{"format", "yaml"}, {"viewbox", "1,2"}, {"limit", "ten"}}, "")
                 .error()),
      UnorderedElementsAre("q required", "format invalid", "viewbox invalid", "limit out_of_range"));
  EXPECT_THAT(faults(parse_nominatim_search(Given{{"q", "a"}, {"city", "b"}}, "").error()),
              UnorderedElementsAre("q conflict"));
  EXPECT_THAT(faults(parse_nominatim_reverse(Given{{"lat", "91"}}, "").error()),
              UnorderedElementsAre("lon required", "lat out_of_range"));
  EXPECT_THAT(faults(parse_nominatim_lookup(Given{{"osm_ids", "X1"}}, "").error()),
              UnorderedElementsAre("osm_ids invalid"));
  EXPECT_TRUE(parse_nominatim_search(
      Given{{"q", "a"}, {"polygon_geojson", "1"}, {"email", "a@b"}, {"dedupe", "0"}, {"colour", "red"}}, ""));
}

}  // namespace
}  // namespace waypost::geo
