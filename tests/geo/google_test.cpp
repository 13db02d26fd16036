#include "waypost/geo/google.hpp"

#include <gmock/gmock.h>

#include <regex>

#include "support/gazetteer.hpp"
#include "waypost/base/json.hpp"

namespace waypost::geo {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using Given = std::vector<std::pair<std::string, std::string>>;

GoogleQuery parsed(const Given& given, std::string_view accept_language = "") {
  auto query = parse_google_query(given, accept_language);
  EXPECT_TRUE(query) << query.error().message;
  return query.value_or(ForwardQuery{});
}

std::string refused(const Given& given) {
  const auto query = parse_google_query(given, "");
  return query ? "accepted" : query.error().message;
}

TEST(ParseGoogleQuery, ObeysTheOrderOfPrecedence) {
  const Given all = {
      {"address", "Paris"}, {"latlng", "1,2"}, {"place_id", "x"}, {"components", "country:FR"}};
  EXPECT_TRUE(std::holds_alternative<PlaceQuery>(parsed(all)));
  EXPECT_TRUE(std::holds_alternative<ReverseQuery>(parsed({all[0], all[1], all[3]})));
  const auto forward = std::get<ForwardQuery>(parsed({all[0], all[3]}));
  EXPECT_EQ(forward.text, "Paris");
  EXPECT_EQ(forward.filters.country, std::vector<std::string>{"FR"});
}

TEST(ParseGoogleQuery, IgnoresWhatItDoesNotKnow) {
  parsed(
      {{"address", "Paris"}, {"sensor", "false"}, {"client", "gme"}, {"enable_address_descriptor", "true"}});
}

TEST(ParseGoogleQuery, TakesTheLanguageFromTheParameterThenTheHeader) {
  EXPECT_EQ(std::get<ForwardQuery>(parsed({{"address", "x"}, {"language", "de"}}, "fr")).language, "de");
  EXPECT_EQ(std::get<ForwardQuery>(parsed({{"address", "x"}, {"language", ""}}, "fr")).language, "fr");
}

TEST(ParseGoogleQuery, RefusesInGooglesWords) {
  const std::string missing =
      "Invalid request. Missing the 'address', 'components', 'latlng' or 'place_id' parameter.";
  EXPECT_EQ(refused({}), missing);
  EXPECT_EQ(refused({{"address", "  "}}), missing);
  EXPECT_EQ(refused({{"components", "colour:blue"}}), missing);
  EXPECT_EQ(refused({{"latlng", "91,0"}}), "Invalid request. Invalid 'latlng' parameter.");
  EXPECT_EQ(refused({{"latlng", "1,2"}, {"result_type", "castle"}}),
            "Invalid request. Invalid 'result_type' parameter.");
  EXPECT_EQ(refused({{"latlng", "1,2"}, {"location_type", "rooftop"}}),
            "Invalid request. Invalid 'location_type' parameter.");
  EXPECT_EQ(refused({{"address", "x"}, {"bounds", "1,2"}}), "Invalid request. Invalid 'bounds' parameter.");
  EXPECT_EQ(refused({{"address", "x"}, {"components", "FR"}}),
            "Invalid request. Invalid 'components' parameter.");
}

TEST(ParseLatLng, ToleratesHowClientsWriteNumbers) {
  for (const auto* text : {"40.5,-73.25", " 40.5 , -73.25 ", "4.05e1,-7.325E+1", "+40.5,-73.25",
                           "40.50000000000000000000001,-73.25"}) {
    EXPECT_EQ(parse_latlng(text), LatLng::from_degrees(40.5, -73.25)) << text;
  }
  EXPECT_EQ(parse_latlng("90,180"), LatLng::from_degrees(90, 180));
  EXPECT_EQ(parse_latlng("-90,-180"), LatLng::from_degrees(-90, -180));
}

TEST(ParseLatLng, RefusesWhatIsNoPointOnEarth) {
  for (const auto* text : {"", ",", "1", "1,2,3", "90.0000001,0", "0,-180.5", "nan,0", "inf,0", "1;2", "a,b",
                           "0x1,2", "1e400,0", "40.5 N,3"}) {
    EXPECT_EQ(parse_latlng(text), std::nullopt) << text;
  }
}

TEST(ParseBounds, AcceptsCornersInEitherOrder) {
  const Bounds box{.southwest = LatLng::from_degrees(34, -119), .northeast = LatLng::from_degrees(35, -117)};
  EXPECT_EQ(parse_bounds("34,-119|35,-117"), box);
  EXPECT_EQ(parse_bounds("35,-117|34,-119"), box);
  EXPECT_EQ(parse_bounds("35,-119|34,-117"), box);
  const Bounds fiji{.southwest = LatLng::from_degrees(-20, 177),
                    .northeast = LatLng::from_degrees(-16, -179)};
  EXPECT_EQ(parse_bounds("-20,177|-16,-179"), fiji);
  EXPECT_EQ(parse_bounds("34,-119"), std::nullopt);
  EXPECT_EQ(parse_bounds("34,-119|95,0"), std::nullopt);
}

/// Answers as the route does.
std::string answered(const Given& given) {
  const auto query = parse_google_query(given, "");
  if (!query) return google_error_json("INVALID_REQUEST", query.error().message);
  return google_json(lookup(test::default_gazetteer(), *query));
}

TEST(GoogleJson, HasEveryPartOfAResult) {
  const auto body = answered({{"address", "Toledo, OH"}});
  EXPECT_EQ(
      body,
      R"({"results":[{"address_components":[)"
      R"({"long_name":"Toledo","short_name":"Toledo","types":["locality","political"]},)"
      R"({"long_name":"Ohio","short_name":"OH","types":["administrative_area_level_1","political"]},)"
      R"({"long_name":"United States","short_name":"US","types":["country","political"]}],)"
      R"("formatted_address":"Toledo, OH, USA","geometry":{"location":{"lat":41.66394,"lng":-83.55521},)"
      R"("location_type":"APPROXIMATE","viewport":{"northeast":{"lat":41.7129398,"lng":-83.4896195},)"
      R"("southwest":{"lat":41.6149402,"lng":-83.6208005}}},"place_id":"AYeBh-rvoTo4MZao",)"
      R"("types":["locality","political"]}],"status":"OK"})");
}

TEST(GoogleJson, GivesBoundsToAreasOnly) {
  EXPECT_THAT(answered({{"address", "France"}}), HasSubstr(R"("bounds":{"northeast":{)"));
  EXPECT_THAT(answered({{"address", "Toledo, OH"}}), Not(HasSubstr("bounds")));
}

TEST(GoogleJson, MarksPartialMatchesOnlyWhenTrue) {
  EXPECT_THAT(answered({{"address", "10 Downing Street, London"}}), HasSubstr(R"("partial_match":true)"));
  EXPECT_THAT(answered({{"address", "London"}}), Not(HasSubstr("partial_match")));
}

TEST(GoogleJson, AnswersReverseWithPlusCodes) {
  const auto body = answered({{"latlng", "48.8584,2.2945"}});
  EXPECT_THAT(
      body,
      HasSubstr(R"({"plus_code":{"compound_code":"V75V+9R Paris, France","global_code":"8FW4V75V+9R"},)"));
  EXPECT_EQ(answered({{"latlng", "0,0"}}),
            R"({"plus_code":{"global_code":"6FG22222+22"},"results":[],"status":"ZERO_RESULTS"})");
}

TEST(GoogleJson, NamesThePointsCodeWhateverTheFilters) {
  for (const auto* type : {"country", "street_address"})
    EXPECT_THAT(answered({{"latlng", "48.8584,2.2945"}, {"result_type", type}}),
                HasSubstr(R"("compound_code":"V75V+9R Paris, France")"))
        << type;
}

TEST(GoogleJson, AnswersFailuresWithoutResults) {
  EXPECT_EQ(answered({{"address", "asdfqwer"}}), R"({"results":[],"status":"ZERO_RESULTS"})");
  EXPECT_EQ(
      answered({{"place_id", "nonsense"}}),
      R"({"error_message":"Invalid request. Invalid 'place_id' parameter.","results":[],"status":"INVALID_REQUEST"})");
  EXPECT_EQ(google_error_json("UNKNOWN_ERROR", ""), R"({"results":[],"status":"UNKNOWN_ERROR"})");
  EXPECT_EQ(http_status(Status::invalid_request), 400);
  EXPECT_EQ(http_status(Status::not_found), 200);
  EXPECT_EQ(http_status(Status::zero_results), 200);
}

TEST(GoogleJson, WritesAtMostSevenDecimals) {
  const std::regex too_many(R"(\.\d{8})");
  for (const auto* address :
       {"France", "Fiji", "Russia", "Tokyo", "Quito", "Antarctica", "Suva", "Georgia"}) {
    const auto body = answered({{"address", address}});
    EXPECT_FALSE(std::regex_search(body, too_many)) << body;
    EXPECT_TRUE(json::Document::parse(body)) << body;
  }
}

TEST(GoogleJson, KeepsViewportsOnEarth) {
  for (const auto* address : {"Suva", "Longyearbyen", "Apia", "Anadyr", "Russia", "Fiji", "Kiribati"}) {
    const auto answer = lookup(test::default_gazetteer(), parsed({{"address", address}}));
    if (answer.hits.empty()) continue;
    const auto place = answer.gazetteer->place(answer.hits.front().place);
    const auto body = google_json(answer);
    const auto document = json::Document::parse(body);
    ASSERT_TRUE(document) << body;
    const auto viewport = document->root().find("results")->children()[0].find("geometry")->find("viewport");
    const auto read = [&](std::string_view corner) {
      const auto point = viewport->find(corner);
      return LatLng::from_degrees(point->find("lat")->number(), point->find("lng")->number());
    };
    const Bounds box{.southwest = read("southwest"), .northeast = read("northeast")};
    EXPECT_TRUE(box.contains(place.location)) << body;
  }
}

/// Answers as the route of XML does.
std::string answered_in_xml(const Given& given) {
  const auto query = parse_google_query(given, "");
  if (!query) return google_error_xml("INVALID_REQUEST", query.error().message);
  return google_xml(lookup(test::default_gazetteer(), *query));
}

TEST(GoogleXml, HasEveryPartOfAResult) {
  EXPECT_EQ(answered_in_xml({{"address", "Toledo, OH"}}),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
            "<GeocodeResponse><status>OK</status><result><type>locality</type><type>political</type>"
            "<formatted_address>Toledo, OH, USA</formatted_address>"
            "<address_component><long_name>Toledo</long_name><short_name>Toledo</short_name>"
            "<type>locality</type><type>political</type></address_component>"
            "<address_component><long_name>Ohio</long_name><short_name>OH</short_name>"
            "<type>administrative_area_level_1</type><type>political</type></address_component>"
            "<address_component><long_name>United States</long_name><short_name>US</short_name>"
            "<type>country</type><type>political</type></address_component>"
            "<geometry><location><lat>41.6639400</lat><lng>-83.5552100</lng></location>"
            "<location_type>APPROXIMATE</location_type><viewport>"
            "<southwest><lat>41.6149402</lat><lng>-83.6208005</lng></southwest>"
            "<northeast><lat>41.7129398</lat><lng>-83.4896195</lng></northeast></viewport></geometry>"
            "<place_id>AYeBh-rvoTo4MZao</place_id></result></GeocodeResponse>");
}

TEST(GoogleXml, GivesBoundsPartialMatchesAndPlusCodes) {
  EXPECT_THAT(answered_in_xml({{"address", "France"}}), HasSubstr("</viewport><bounds><southwest><lat>"));
  EXPECT_THAT(answered_in_xml({{"address", "10 Downing Street, London"}}),
              HasSubstr("</geometry><partial_match>true</partial_match><place_id>"));
  EXPECT_THAT(
      answered_in_xml({{"latlng", "48.8584,2.2945"}}),
      HasSubstr("<plus_code><global_code>8FW4V75V+9R</global_code>"
                "<compound_code>V75V+9R Paris, France</compound_code></plus_code></GeocodeResponse>"));
}

TEST(GoogleXml, AnswersFailuresWithoutResults) {
  const std::string declaration = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
  EXPECT_EQ(answered_in_xml({{"address", "asdfqwer"}}),
            declaration + "<GeocodeResponse><status>ZERO_RESULTS</status></GeocodeResponse>");
  EXPECT_EQ(answered_in_xml({}), declaration +
                                     "<GeocodeResponse><status>INVALID_REQUEST</status><error_message>"
                                     "Invalid request. Missing the 'address', 'components', 'latlng' or "
                                     "'place_id' parameter.</error_message></GeocodeResponse>");
}

TEST(FlatResult, HoldsTheColumnsOfABatch) {
  const auto flat = flat_result(lookup(test::default_gazetteer(), parsed({{"address", "Toledo, Spain"}})));
  EXPECT_EQ(flat.formatted_address, "Toledo, Spain");
  EXPECT_EQ(flat.lat, "39.8581");
  EXPECT_EQ(flat.lng, "-4.02263");
  EXPECT_EQ(flat.location_type, "APPROXIMATE");
  EXPECT_EQ(flat.types, "locality|political");
  EXPECT_EQ(flat.partial_match, "false");
  EXPECT_EQ(flat.place_id.size(), 16u);
  EXPECT_EQ(flat_result(Answer{}).lat, "");
}

}  // namespace
}  // namespace waypost::geo
