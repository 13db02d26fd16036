#include "waypost/geo/photon.hpp"

#include <gmock/gmock.h>

#include "support/gazetteer.hpp"
#include "waypost/base/json.hpp"

namespace waypost::geo {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::UnorderedElementsAre;
using Given = std::vector<std::pair<std::string, std::string>>;

std::string search(const Given& given) {
  const auto query = parse_photon_search(given, "");
  return query ? photon_json(test::default_gazetteer(), *query) : query.error().message;
}

std::string around(const Given& given) {
  const auto query = parse_photon_reverse(given, "");
  return query ? photon_json(test::default_gazetteer(), *query) : query.error().message;
}

std::vector<std::string> faults(const Error& error) {
  std::vector<std::string> out;
  for (const auto& fault : error.faults) out.push_back(fault.parameter.value_or("?") + " " + fault.code);
  return out;
}

TEST(Photon, AnswersInItsShape) {
  const auto body = search({{"q", "Toledo, OH"}, {"limit", "1"}});
  EXPECT_THAT(body, HasSubstr(R"({"type":"FeatureCollection","features":[{"type":"Feature",)"
                              R"("geometry":{"type":"Point","coordinates":[-83.55521,41.66394]},)"
                              R"("properties":{"osm_type":"N","osm_id":)"));
  EXPECT_THAT(body,
              HasSubstr(R"("osm_key":"place","osm_value":"city","type":"city","country":"United States",)"
                        R"("countrycode":"US","name":"Toledo","state":"Ohio"}}]})"));
}

TEST(Photon, GivesAreasTheirExtentFromNorthWestToSouthEast) {
  const auto body = search({{"q", "France"}, {"layer", "country"}, {"limit", "1"}});
  const auto document = json::Document::parse(body);
  ASSERT_TRUE(document) << body;
  const auto extent =
      document->root().find("features")->children()[0].find("properties")->find("extent")->children();
  ASSERT_EQ(extent.size(), 4U);
  EXPECT_LT(extent[0].number(), extent[2].number());
  EXPECT_GT(extent[1].number(), extent[3].number());
}

TEST(Photon, FiltersByLayerTagAndBox) {
  EXPECT_THAT(search({{"q", "Georgia"}, {"layer", "state"}, {"limit", "1"}}), HasSubstr(R"("type":"state")"));
  EXPECT_THAT(search({{"q", "Georgia"}, {"layer", "country,house"}, {"limit", "1"}}),
              HasSubstr(R"("type":"country")"));
  EXPECT_THAT(search({{"q", "Georgia"}, {"osm_tag", "place:state"}, {"limit", "1"}}),
              HasSubstr(R"("type":"state")"));
  EXPECT_THAT(search({{"q", "Georgia"}, {"osm_tag", "!place"}}), HasSubstr(R"("features":[])"));
  EXPECT_THAT(search({{"q", "Georgia"}, {"osm_tag", "place:!country"}}),
              Not(HasSubstr(R"("type":"country")")));
  EXPECT_THAT(search({{"q", "Georgia"}, {"osm_tag", "highway"}}), HasSubstr(R"("features":[])"));
  EXPECT_THAT(search({{"q", "Toledo"}, {"bbox", "-10,35,5,44"}}), HasSubstr(R"("countrycode":"ES")"));
  EXPECT_THAT(search({{"q", "Toledo"}, {"lat", "41.6"}, {"lon", "-83.5"}, {"limit", "1"}}),
              HasSubstr(R"("countrycode":"US")"));
  EXPECT_THAT(search({{"q", "Munich"}, {"lang", "de"}}), HasSubstr("München"));
}

TEST(Photon, ReverseAnswersWithWhatIsNearest) {
  EXPECT_THAT(around({{"lat", "48.8584"}, {"lon", "2.2945"}}), HasSubstr(R"("name":"Paris")"));
  EXPECT_THAT(around({{"lat", "48.8584"}, {"lon", "2.2945"}, {"layer", "country"}}),
              HasSubstr(R"("name":"France")"));
  EXPECT_THAT(around({{"lat", "48.8584"}, {"lon", "2.2945"}, {"osm_tag", "place:state"}}),
              HasSubstr(R"("type":"state")"));
}

TEST(Photon, RefusesWhatItCannotUseAllAtOnce) {
  const auto search_faults = parse_photon_search(
      Given{{"limit", "0"}, {"lat", "1"}, {"layer", "town"}, {"osm_tag", "!"}, {"colour", "red"}}, "");
  ASSERT_FALSE(search_faults);
  EXPECT_THAT(faults(search_faults.error()),
              UnorderedElementsAre("q required", "limit out_of_range", "lon required", "layer invalid",
                                   "osm_tag invalid", "colour unknown_parameter"));
  const auto reverse_faults = parse_photon_reverse(Given{{"lat", "91"}}, "");
  ASSERT_FALSE(reverse_faults);
  EXPECT_THAT(faults(reverse_faults.error()), UnorderedElementsAre("lon required", "lat out_of_range"));
}

TEST(Photon, BearsWhatItsClientsSend) {
  EXPECT_TRUE(parse_photon_search(Given{{"q", "x"}, {"zoom", "12"}, {"location_bias_scale", "0.5"}}, ""));
  EXPECT_TRUE(parse_photon_reverse(
      Given{{"lat", "1"}, {"lon", "2"}, {"distance_sort", "true"}, {"limit", "3"}, {"radius", "5"}}, ""));
}

}  // namespace
}  // namespace waypost::geo
