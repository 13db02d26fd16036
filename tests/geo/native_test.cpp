#include "waypost/geo/native.hpp"

#include <gmock/gmock.h>

#include "support/gazetteer.hpp"
#include "waypost/base/json.hpp"
#include "waypost/geo/place_id.hpp"

namespace waypost::geo {
namespace {

using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;
using Given = std::vector<std::pair<std::string, std::string>>;

std::vector<std::string> faults(const Error& error) {
  std::vector<std::string> out;
  for (const auto& fault : error.faults) out.push_back(fault.parameter.value_or("?") + " " + fault.code);
  return out;
}

std::string labels(const Answer& answer) {
  const auto body = geojson(answer);
  const auto document = json::Document::parse(body);
  EXPECT_TRUE(document) << body;
  std::string out;
  for (const auto& feature : document->root().find("features")->children()) {
    out += std::string(feature.find("properties")->find("label")->string()) + "; ";
  }
  return out;
}

TEST(NativeForward, FindsAndFilters) {
  const auto find = [](const Given& given) {
    const auto query = parse_native_forward(given, "");
    EXPECT_TRUE(query) << query.error().message;
    return labels(geocode(test::default_gazetteer(), query->query));
  };
  EXPECT_EQ(find({{"q", "Toledo"}, {"country", "ES"}}), "Toledo, Spain; ");
  EXPECT_EQ(find({{"q", "Paris"}, {"limit", "2"}}), "Paris, France; Paris, TX, USA; ");
  EXPECT_EQ(find({{"city", "Springfield"}, {"state", "IL"}}), "Springfield, IL, USA; ");
  EXPECT_EQ(find({{"q", "Valencia"}, {"bbox", "-1,39,0,40"}, {"types", "locality"}}), "Valencia, Spain; ");
  EXPECT_EQ(find({{"q", "Georgia"}, {"types", "admin1"}}), "Georgia, USA; ");
  EXPECT_EQ(find({{"q", "Paris"}, {"types", "address"}}), "");
  EXPECT_EQ(find({{"q", "Munich"}, {"lang", "de"}}), "München, Deutschland; ");
}

TEST(NativeForward, ReportsEveryFault) {
  const auto query = parse_native_forward(
      Given{{"limit", "0"}, {"bbox", "1,2"}, {"focus", "x"}, {"types", "castle"}, {"colour", "blue"}}, "");
  ASSERT_FALSE(query);
  EXPECT_EQ(query.error().code, Code::invalid_parameter);
  EXPECT_THAT(faults(query.error()),
              UnorderedElementsAre("q required", "limit out_of_range", "bbox invalid", "focus invalid",
                                   "types invalid", "colour unknown_parameter"));
  EXPECT_THAT(faults(parse_native_forward(Given{{"q", "a"}, {"q", "b"}, {"city", "c"}}, "").error()),
              UnorderedElementsAre("q duplicate", "q conflict"));
}

TEST(NativeReverse, ListsWhatLiesNear) {
  const auto query = parse_native_reverse(Given{{"lat", "48.8584"}, {"lng", "2.2945"}}, "");
  ASSERT_TRUE(query);
  EXPECT_EQ(labels(reverse(test::default_gazetteer(), *query)),
            "Paris, France; Île-de-France, France; France; ");
  const auto nearest = parse_native_reverse(
      Given{
          {"lat", "48.8584"}, {"lng", "2.2945"}, {"types", "locality"}, {"limit", "2"}, {"radius_m", "5000"}},
      "");
  ASSERT_TRUE(nearest);
  const auto answer = reverse(test::default_gazetteer(), *nearest);
  ASSERT_EQ(answer.hits.size(), 2u);
  EXPECT_LT(answer.hits[0].distance_m, answer.hits[1].distance_m);
}

TEST(NativeReverse, ReportsEveryFault) {
  const auto query = parse_native_reverse(Given{{"lat", "91"}, {"radius_m", "200001"}, {"latt", "1"}}, "");
  ASSERT_FALSE(query);
  EXPECT_THAT(faults(query.error()), UnorderedElementsAre("lng required", "lat out_of_range",
                                                          "radius_m out_of_range", "latt unknown_parameter"));
  EXPECT_THAT(query.error().faults.back().detail, HasSubstr("did you mean \"lat\"?"));
}

TEST(NativePlace, TellsMalformedFromUnknown) {
  const auto& gazetteer = test::default_gazetteer();
  const auto found = native_place(gazetteer, "AQ_ROTKGzTx1q7eL", Given{}, "");
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_THAT(*found, HasSubstr(R"("label":"Toledo, Spain")"));
  EXPECT_EQ(native_place(gazetteer, "AQ_ROTKGzTx1q7eM", Given{}, "").error().code, Code::invalid_parameter);
  EXPECT_EQ(native_place(gazetteer, place_id({.key = place_key("none", "0")}), Given{}, "").error().code,
            Code::not_found);
}

TEST(GeoJson, HasThePropertiesOfTheContract) {
  const auto answer = geocode(test::default_gazetteer(), {.text = "Toledo, OH"});
  EXPECT_EQ(
      geojson(answer),
      R"({"type":"FeatureCollection","features":[{"type":"Feature","geometry":{"type":"Point",)"
      R"("coordinates":[-83.55521,41.66394]},"properties":{"place_id":"AYeBh-rvoTo4MZao","name":"Toledo",)"
      R"("label":"Toledo, OH, USA","type":"locality","country_code":"US","country":"United States",)"
      R"("admin1":"Ohio","locality":"Toledo","postal_code":null,"street":null,"house_number":null,)"
      R"("population":279789,"timezone":"America/New_York","score":1,"match":"exact","source":"default"}}],)"
      R"("metadata":{"attribution":["© GeoNames (www.geonames.org), CC BY 4.0"]}})");
}

TEST(GeoJson, ExplainsScoresWhenAsked) {
  const auto query = parse_native_forward(Given{{"q", "Toledo, OH"}, {"explain", "true"}}, "");
  ASSERT_TRUE(query);
  EXPECT_THAT(geojson(geocode(test::default_gazetteer(), query->query), query->explain),
              HasSubstr(R"("explain":{"match":)"));
  EXPECT_THAT(faults(parse_native_forward(Given{{"q", "a"}, {"explain", "yes"}}, "").error()),
              UnorderedElementsAre("explain invalid"));
}

}  // namespace
}  // namespace waypost::geo
