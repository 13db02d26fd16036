#include <gmock/gmock.h>

#include "support/app_fixture.hpp"
#include "waypost/base/text.hpp"

// §2: lookups over HTTP. What is found is the business of tests/geo; here it is how it is asked for and
// answered.
namespace waypost::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class GoogleLookups : public SharedApp<GoogleLookups> {
 public:
  static RawResponse ask(const std::string& query, const Headers& headers = {}) {
    return app().get("/maps/api/geocode/json?" + query, headers);
  }
  static std::string first_address(const std::string& query, const Headers& headers = {}) {
    const Json answer = json_of(ask(query, headers));
    return answer.at("results").empty()
               ? answer.at("status").get<std::string>()
               : answer.at("results").at(0).at("formatted_address").get<std::string>();
  }
};

void expect_google(const RawResponse& response, int http, const std::string& status,
                   const std::string& message = "") {
  EXPECT_EQ(response.status, http) << response.body;
  EXPECT_TRUE(response.field("content-type").starts_with("application/json"))
      << response.field("content-type");
  const Json answer = json_of(response);
  EXPECT_EQ(answer.at("status"), status);
  EXPECT_EQ(answer.value("error_message", ""), message);
  EXPECT_EQ(answer.contains("error_message"), !message.empty());
  EXPECT_TRUE(answer.at("results").is_array());
  EXPECT_FALSE(answer.contains("code")) << "no problem+json here";
}

TEST_F(GoogleLookups, FoundIsOkAndNotFoundIsZeroResultsBothWith200) {
  expect_google(ask("address=Toledo,+Spain"), 200, "OK");
  expect_google(ask("address=qqqqqqqq"), 200, "ZERO_RESULTS");
  expect_google(ask("components=country:GB%7Ccountry:AU"), 200, "ZERO_RESULTS");
  EXPECT_TRUE(ask("address=Toledo").has("x-request-id"));
}

TEST_F(GoogleLookups, WhatCannotBeUnderstoodIsInvalidRequestWithGooglesWords) {
  expect_google(ask(""), 400, "INVALID_REQUEST",
                "Invalid request. Missing the 'address', 'components', 'latlng' or 'place_id' parameter.");
  expect_google(app().get("/maps/api/geocode/json"), 400, "INVALID_REQUEST",
                "Invalid request. Missing the 'address', 'components', 'latlng' or 'place_id' parameter.");
  const struct {
    std::string query, parameter;
  } cases[] = {{"latlng=91,0", "latlng"},
               {"latlng=0,180.1", "latlng"},
               {"latlng=here", "latlng"},
               {"latlng=1,2&result_type=city", "result_type"},
               {"latlng=1,2&location_type=exact", "location_type"},
               {"place_id=a,b", "place_id"},
               {"place_id=" + std::string(65, 'x'), "place_id"},
               {"place_id=abc", "place_id"},
               {"address=Toledo&bounds=1,2", "bounds"},
               {"components=country", "components"}};
  for (const auto& [query, parameter] : cases) {
    SCOPED_TRACE(query);
    expect_google(ask(query), 400, "INVALID_REQUEST",
                  "Invalid request. Invalid '" + parameter + "' parameter.");
  }
  const auto bad_escape = ask("address=%zz");
  EXPECT_EQ(bad_escape.status, 400);
  EXPECT_EQ(json_of(bad_escape).at("status"), "INVALID_REQUEST");
}

TEST_F(GoogleLookups, PointsAreReadLoosely) {
  for (const std::string point :
       {"48.8566,2.3522", "48.8566,%202.3522", "48.856600000000000001,2.35220000000000000001",
        "4.88566e1,23522e-4", "%2B48.8566,2.3522"})
    EXPECT_THAT(first_address("result_type=locality&latlng=" + point), HasSubstr("Paris")) << point;
  for (const std::string edge : {"90,180", "-90,-180", "0,0"})
    EXPECT_EQ(ask("latlng=" + edge).status, 200) << edge;
}

TEST_F(GoogleLookups, AReverseAnswerCarriesPlusCodes) {
  const Json code = json_of(ask("latlng=48.8566,2.3522")).at("plus_code");
  EXPECT_EQ(code.at("global_code"), "8FW4V942+JV");
  EXPECT_THAT(code.at("compound_code").get<std::string>(), HasSubstr("Paris"));
}

TEST_F(GoogleLookups, UnknownParametersAreIgnoredAndARawPipeIsAccepted) {
  EXPECT_EQ(first_address("address=Toledo,+Spain&sensor=false&client=c&channel=x&signature=s&key=k&foo=bar"),
            "Toledo, Spain");
  EXPECT_EQ(first_address("components=locality:Toledo|country:ES"), "Toledo, Spain");
}

TEST_F(GoogleLookups, PlaceIdWinsOverLatlngAndThatOverAddress) {
  const Json toledo = json_of(ask("address=Toledo,+Spain")).at("results").at(0);
  const std::string id = toledo.at("place_id");
  EXPECT_THAT(id, testing::MatchesRegex("[-A-Za-z0-9_]*"));
  EXPECT_LE(id.size(), 64u);
  EXPECT_EQ(first_address("place_id=" + id + "&latlng=48.8566,2.3522&address=Berlin"), "Toledo, Spain");
  EXPECT_THAT(first_address("latlng=48.8566,2.3522&address=Berlin"), HasSubstr("Paris"));
  EXPECT_EQ(json_of(ask("place_id=" + id)).at("results").at(0), toledo);
}

TEST_F(GoogleLookups, TheLanguageIsTheParameterElseTheHeader) {
  EXPECT_EQ(first_address("address=Toledo,+Spain&language=fr"),
            first_address("address=Toledo,+Spain", {{"Accept-Language", "fr-CH, en;q=0.5"}}));
  EXPECT_THAT(first_address("address=Toledo,+Spain&language=fr", {{"Accept-Language", "de"}}),
              HasSubstr("Espagne"));
}

TEST_F(GoogleLookups, AResultHasGooglesShape) {
  const Json result = json_of(ask("address=Toledo,+Spain")).at("results").at(0);
  for (const std::string member :
       {"address_components", "formatted_address", "geometry", "place_id", "types"})
    EXPECT_TRUE(result.contains(member)) << member;
  EXPECT_FALSE(result.contains("partial_match"));
  for (const std::string member : {"location", "location_type", "viewport"})
    EXPECT_TRUE(result.at("geometry").contains(member)) << member;
  EXPECT_EQ(result.at("types"), (Json{"locality", "political"}));
  const Json& components = result.at("address_components");
  EXPECT_EQ(components.at(0).at("long_name"), "Toledo");
  EXPECT_EQ(components.back().at("short_name"), "ES");
  EXPECT_EQ(components.back().at("types"), (Json{"country", "political"}));
}

TEST_F(GoogleLookups, ATargetInAbsoluteFormIsServedForAnyHost) {
  const auto response =
      exchange(app().port(),
               "GET http://maps.googleapis.com/maps/api/geocode/json?address=Toledo,+Spain HTTP/1.1\r\n"
               "Host: maps.googleapis.com\r\n\r\n");
  expect_google(response, 200, "OK");
}

TEST_F(GoogleLookups, XmlIsAnsweredInXmlAlsoWhenItFails) {
  const struct {
    std::string target, status;
    int http;
  } cases[] = {{"/maps/api/geocode/xml?address=Toledo,+Spain", "OK", 200},
               {"/maps/api/geocode/xml?address=qqqqqqqq", "ZERO_RESULTS", 200},
               {"/maps/api/geocode/xml?latlng=91,0", "INVALID_REQUEST", 400},
               {"/maps/api/geocode/xml?address=%zz", "INVALID_REQUEST", 400},
               {"/maps/api/geocode/xml", "INVALID_REQUEST", 400}};
  for (const auto& [target, status, http] : cases) {
    const auto response = app().get(target);
    EXPECT_EQ(response.status, http) << target;
    EXPECT_EQ(response.field("content-type"), "application/xml; charset=UTF-8");
    EXPECT_THAT(response.body, HasSubstr("<GeocodeResponse><status>" + status + "</status>"));
  }
  EXPECT_THAT(app().get("/maps/api/geocode/xml?latlng=91,0").body,
              HasSubstr("<error_message>Invalid request. Invalid 'latlng' parameter.</error_message>"));
}

TEST_F(GoogleLookups, AWrongMethodIsToldInGooglesFormatsToo) {
  const auto json = app().call("POST", "/maps/api/geocode/json?address=x");
  expect_google(json, 405, "INVALID_REQUEST", json_of(json).at("error_message"));
  EXPECT_EQ(json.field("allow"), "GET, HEAD, OPTIONS");
  const auto xml = app().call("DELETE", "/maps/api/geocode/xml");
  EXPECT_EQ(xml.status, 405);
  EXPECT_THAT(xml.body, HasSubstr("<status>INVALID_REQUEST</status>"));
  const auto unknown = app().get("/maps/api/geocode/yaml");
  expect_google(unknown, 404, "INVALID_REQUEST", json_of(unknown).at("error_message"));
}

TEST_F(GoogleLookups, PlusCodesAreAddresses) {
  EXPECT_EQ(first_address("address=849VCWC8%2BR9"), "CWC8+R9 Mountain View, CA, USA");
  EXPECT_EQ(first_address("address=849VCWC8+R9"), "CWC8+R9 Mountain View, CA, USA") << "unescaped";
  EXPECT_EQ(first_address("address=cwc8%2Br9+Mountain+View,+CA"), "CWC8+R9 Mountain View, CA, USA");
}

TEST_F(GoogleLookups, LongUrlsAreServed) {
  const std::string start = "address=Toledo,+Spain&foo=";
  const std::string target = "/maps/api/geocode/json?" + start;
  EXPECT_EQ(ask(start + std::string(16'384 - target.size(), 'x')).status, 200);
  EXPECT_EQ(ask(start + std::string(16'385 - target.size(), 'x')).status, 414);
}

TEST_F(GoogleLookups, AnAcceptHeaderRulesNothingOut) {
  EXPECT_EQ(ask("address=Toledo", {{"Accept", "text/html"}}).status, 200);
}

class NativeLookups : public SharedApp<NativeLookups> {
 public:
  static Json features(const std::string& target) {
    const auto response = app().get(target);
    EXPECT_EQ(response.status, 200) << response.body;
    EXPECT_TRUE(response.field("content-type").starts_with("application/geo+json"));
    const Json answer = json_of(response);
    EXPECT_EQ(answer.at("type"), "FeatureCollection");
    return answer.at("features");
  }
};

TEST_F(NativeLookups, GeocodeAnswersWithAFeatureCollection) {
  const Json feature = features("/v1/geocode?q=Toledo,+Spain&limit=1").at(0);
  EXPECT_EQ(feature.at("type"), "Feature");
  EXPECT_EQ(feature.at("geometry").at("type"), "Point");
  EXPECT_NEAR(feature.at("geometry").at("coordinates").at(0).get<double>(), -4.02, 0.1);
  EXPECT_NEAR(feature.at("geometry").at("coordinates").at(1).get<double>(), 39.86, 0.1);
  const Json& properties = feature.at("properties");
  EXPECT_EQ(properties.at("name"), "Toledo");
  EXPECT_EQ(properties.at("label"), "Toledo, Spain");
  EXPECT_EQ(properties.at("type"), "locality");
  EXPECT_EQ(properties.at("country_code"), "ES");
  EXPECT_EQ(properties.at("match"), "exact");
  for (const std::string name : {"place_id", "country", "admin1", "locality", "postal_code", "street",
                                 "house_number", "population", "timezone", "score", "source"})
    EXPECT_TRUE(properties.contains(name)) << name;
  EXPECT_FALSE(properties.contains("distance_m"));
}

TEST_F(NativeLookups, GeocodeTakesItsFilters) {
  EXPECT_EQ(features("/v1/geocode?q=Toledo&limit=2").size(), 2u);
  EXPECT_EQ(features("/v1/geocode?q=Toledo&country=US&limit=1").at(0).at("properties").at("country_code"),
            "US");
  EXPECT_EQ(
      features("/v1/geocode?q=Toledo&bbox=-10,35,5,44&limit=1").at(0).at("properties").at("country_code"),
      "ES");
  EXPECT_EQ(
      features("/v1/geocode?q=Toledo&focus=41.6,-83.5&limit=1").at(0).at("properties").at("country_code"),
      "US");
  EXPECT_EQ(features("/v1/geocode?q=Spain&types=country&limit=1").at(0).at("properties").at("type"),
            "country");
  EXPECT_EQ(features("/v1/geocode?city=Toledo&country=Spain&limit=1").at(0).at("properties").at("name"),
            "Toledo");
  EXPECT_THAT(features("/v1/geocode?q=Toledo,+Spain&lang=fr&limit=1")
                  .at(0)
                  .at("properties")
                  .at("label")
                  .get<std::string>(),
              HasSubstr("Espagne"));
  EXPECT_TRUE(features("/v1/geocode?q=qqqqqqqq").empty());
}

TEST_F(NativeLookups, GeocodeRefusesWhatItCannotUseAllAtOnce) {
  const Json problem =
      expect_problem(app().get("/v1/geocode?q=Paris&limit=0&bbox=1,2,3&focus=north&types=city&colour=red"),
                     400, "invalid_parameter");
  EXPECT_THAT(faults_of(problem), ElementsAre("invalid @ bbox", "invalid @ focus", "invalid @ types",
                                              "out_of_range @ limit", "unknown_parameter @ colour"));
  EXPECT_THAT(faults_of(expect_problem(app().get("/v1/geocode"), 400, "invalid_parameter")),
              ElementsAre("required @ q"));
  EXPECT_THAT(faults_of(expect_problem(app().get("/v1/geocode?q=a&city=b"), 400, "invalid_parameter")),
              ElementsAre("conflict @ q"));
  EXPECT_FALSE(features("/v1/geocode?q=San&limit=1000").empty());
  expect_problem(app().get("/v1/geocode?q=a&limit=1001"), 400, "invalid_parameter");
}

TEST_F(NativeLookups, ReverseTellsTheDistance) {
  const Json feature = features("/v1/reverse?lat=48.8566&lng=2.3522&types=locality&limit=1").at(0);
  EXPECT_EQ(feature.at("properties").at("name"), "Paris");
  EXPECT_LT(feature.at("properties").at("distance_m"), 20'000);
  EXPECT_TRUE(features("/v1/reverse?lat=0&lng=-30&types=locality").empty());
}

TEST_F(NativeLookups, ReverseHoldsEachParameterToItsRange) {
  for (const std::string good :
       {"lat=90&lng=180", "lat=-90&lng=-180", "lat=1&lng=1&radius_m=1", "lat=1&lng=1&radius_m=200000"})
    features("/v1/reverse?" + good);
  const struct {
    std::string query, fault;
  } cases[] = {{"lat=90.1&lng=0", "out_of_range @ lat"},
               {"lat=0&lng=180.1", "out_of_range @ lng"},
               {"lat=0&lng=0&radius_m=0", "out_of_range @ radius_m"},
               {"lat=0&lng=0&radius_m=200001", "out_of_range @ radius_m"},
               {"lat=0", "required @ lng"},
               {"lat=x&lng=0", "out_of_range @ lat"},
               {"lat=nan&lng=0", "out_of_range @ lat"}};
  for (const auto& [query, fault] : cases)
    EXPECT_THAT(faults_of(expect_problem(app().get("/v1/reverse?" + query), 400, "invalid_parameter")),
                ElementsAre(fault))
        << query;
}

TEST_F(NativeLookups, APlaceIsReadById) {
  const Json found = features("/v1/geocode?q=Toledo,+Spain&limit=1").at(0);
  const std::string id = found.at("properties").at("place_id");
  const auto response = app().get("/v1/places/" + id);
  ASSERT_EQ(response.status, 200);
  const Json place = json_of(response);
  EXPECT_EQ(place.at("type"), "Feature");
  EXPECT_EQ(place.at("properties").at("label"), "Toledo, Spain");
  EXPECT_EQ(place.at("geometry"), found.at("geometry"));
}

TEST_F(NativeLookups, APlaceIdThatIsNoneIsRefused) {
  EXPECT_THAT(faults_of(expect_problem(app().get("/v1/places/abc"), 400, "invalid_parameter")),
              ElementsAre("invalid @ place_id"));
}

class MapLookups : public SharedApp<MapLookups> {};

TEST_F(MapLookups, PhotonAndNominatimAreAskedOnTheirOwnPaths) {
  for (const std::string path : {"/api", "/api/"}) {
    const Json photon = json_of(app().get(path + "?q=Toledo,+Spain&limit=1"));
    EXPECT_EQ(photon.at("features").at(0).at("properties").at("countrycode"), "ES");
  }
  EXPECT_EQ(
      json_of(app().get("/search?q=Toledo,+Spain")).at(0).at("display_name").get<std::string>().substr(0, 6),
      "Toledo");
  EXPECT_EQ(json_of(app().get("/lookup?osm_ids=N1")), Json::array());
  EXPECT_EQ(app().get("/status").body, "OK");
  EXPECT_EQ(json_of(app().get("/status?format=json")).at("message"), "OK");
}

TEST_F(MapLookups, AFormatMakesReverseNominatims) {
  EXPECT_EQ(json_of(app().get("/reverse?lat=48.8584&lon=2.2945")).at("type"), "FeatureCollection");
  EXPECT_TRUE(json_of(app().get("/reverse?lat=48.8584&lon=2.2945&format=jsonv2")).contains("display_name"));
  const auto xml = app().get("/reverse?lat=48.8584&lon=2.2945&format=xml");
  EXPECT_EQ(xml.field("content-type"), "text/xml; charset=utf-8");
  EXPECT_THAT(xml.body, HasSubstr("<reversegeocode "));
}

TEST_F(MapLookups, FaultsAreProblems) {
  EXPECT_THAT(faults_of(expect_problem(app().get("/api?colour=red"), 400, "invalid_parameter")),
              ElementsAre("required @ q", "unknown_parameter @ colour"));
  EXPECT_THAT(faults_of(expect_problem(app().get("/reverse?lat=91&lon=0"), 400, "invalid_parameter")),
              ElementsAre("out_of_range @ lat"));
  EXPECT_THAT(faults_of(expect_problem(app().get("/search?format=yaml&q=x"), 400, "invalid_parameter")),
              ElementsAre("invalid @ format"));
}

TEST_F(MapLookups, PagesOfAnyOriginMayReadLookups) {
  for (const std::string target : {"/maps/api/geocode/json?address=Paris", "/v1/geocode?q=Paris",
                                   "/api?q=Paris", "/search?q=Paris", "/reverse?lat=1&lon=2"})
    EXPECT_EQ(app().get(target).field("access-control-allow-origin"), "*") << target;
  EXPECT_EQ(app().get("/v1/jobs").field("access-control-allow-origin"), "");
}

}  // namespace
}  // namespace waypost::test
