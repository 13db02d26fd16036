#include "geo/plus_code_search.hpp"

#include <gmock/gmock.h>

#include "support/gazetteer.hpp"
#include "waypost/geo/google.hpp"
#include "waypost/geo/plus_code.hpp"

namespace waypost::geo {
namespace {

using ::testing::HasSubstr;

Answer ask(const ForwardQuery& query) {
  return geocode(test::default_gazetteer(), query);
}

Answer ask(std::string_view text) {
  ForwardQuery query;
  query.text = text;
  return ask(query);
}

std::string code_of(const Answer& answer) {
  return answer.hits.empty() ? std::string(name_of(answer.status)) : answer.hits.front().plus_code;
}

TEST(PlusCodeSearch, FindsTheCellOfAGlobalCode) {
  for (const auto* text : {"849VCWC8+R9", "849vcwc8+r9", " 849VCWC8+R9 ", "849VCWC8 R9"}) {
    const auto answer = ask(text);
    ASSERT_EQ(answer.hits.size(), 1U) << text;
    EXPECT_EQ(code_of(answer), "849VCWC8+R9");
    const auto flat = flat_result(answer);
    EXPECT_EQ(flat.formatted_address, "CWC8+R9 Mountain View, CA, USA");
    EXPECT_EQ(flat.types, "plus_code");
    EXPECT_EQ(flat.location_type, "GEOMETRIC_CENTER");
    EXPECT_EQ(flat.lat, "37.4220625");
    EXPECT_EQ(flat.lng, "-122.0840625");
  }
}

TEST(PlusCodeSearch, RecoversACompoundCodeFromItsTown) {
  for (const auto* text : {"CWC8+R9 Mountain View, CA", "cwc8+r9 mountain view",
                           "CWC8+R9, Mountain View, California, USA", "Mountain View CWC8+R9"}) {
    EXPECT_EQ(code_of(ask(text)), "849VCWC8+R9") << text;
  }
  EXPECT_EQ(code_of(ask("V75V+9R Paris")), "8FW4V75V+9R");
  EXPECT_EQ(code_of(ask("V75V+9R París, Francia")), "8FW4V75V+9R");
}

TEST(PlusCodeSearch, TakesAReferenceFromFiltersFocusOrBounds) {
  ForwardQuery query;
  query.text = "V75V+9R";
  EXPECT_EQ(code_of(ask(query)), "ZERO_RESULTS") << "a short code alone means nothing";
  auto filtered = query;
  filtered.filters.locality = {"Paris"};
  filtered.filters.country = {"FR"};
  EXPECT_EQ(code_of(ask(filtered)), "8FW4V75V+9R");
  auto focused = query;
  focused.focus = LatLng::from_degrees(48.9, 2.3);
  EXPECT_EQ(code_of(ask(focused)), "8FW4V75V+9R");
  auto bounded = query;
  bounded.bounds = parse_bounds("48.5,2|49,3");
  EXPECT_EQ(code_of(ask(bounded)), "8FW4V75V+9R");
}

TEST(PlusCodeSearch, HoldsCodesToTheFilters) {
  ForwardQuery query;
  query.text = "8FW4V75V+9R";
  auto here = query;
  here.filters.country = {"FR"};
  EXPECT_EQ(code_of(ask(here)), "8FW4V75V+9R");
  auto elsewhere = query;
  elsewhere.filters.country = {"ES"};
  EXPECT_EQ(code_of(ask(elsewhere)), "ZERO_RESULTS");
  auto outside = query;
  outside.filters.within = parse_bbox("10,40,11,41");
  EXPECT_EQ(code_of(ask(outside)), "ZERO_RESULTS");
  auto towns = query;
  towns.filters.kinds = {Kind::locality};
  EXPECT_EQ(code_of(ask(towns)), "ZERO_RESULTS");
}

TEST(PlusCodeSearch, DescribesACellFarFromAnyTownByItsWholeCode) {
  const auto at_sea = ask("6FG22222+22");
  EXPECT_EQ(code_of(at_sea), "6FG22222+22");
  EXPECT_EQ(flat_result(at_sea).formatted_address, "6FG22222+22");
  EXPECT_EQ(code_of(ask("CFX2X2X2+X2")), "CFX2X2X2+X2") << "the pole";
}

TEST(PlusCodeSearch, SpeaksTheLanguageAskedFor) {
  ForwardQuery query;
  query.text = "8FW4V75V+9R";
  query.language = "es";
  EXPECT_EQ(flat_result(ask(query)).formatted_address, "V75V+9R París, Francia");
}

TEST(PlusCodeSearch, IsFoundAgainByItsPlaceId) {
  for (const auto* text : {"849VCWC8+R9", "849VCWC8+R9V", "849V0000+", "6FG22222+22"}) {
    const auto id = flat_result(ask(text)).place_id;
    EXPECT_EQ(id.size(), 16U);
    const auto again = place(test::default_gazetteer(), {.place_id = id, .language = ""});
    EXPECT_EQ(again.status, Status::ok);
    EXPECT_EQ(code_of(again), text);
    auto damaged = id;
    damaged[5] = damaged[5] == 'A' ? 'B' : 'A';
    EXPECT_EQ(place(test::default_gazetteer(), {.place_id = damaged, .language = ""}).status,
              Status::invalid_request);
  }
}

TEST(PlusCodeSearch, LeavesOtherTextsAlone) {
  EXPECT_EQ(flat_result(ask("Toledo, Spain")).formatted_address, "Toledo, Spain");
  EXPECT_EQ(code_of(ask("Toledo + Spain")), "");
  std::string many;
  for (int i = 0; i < 2000; ++i) many += "CWC8+R9 ";
  EXPECT_EQ(code_of(ask(many)), "ZERO_RESULTS") << "no endless search for a town";
}

TEST(PlusCodeSearch, IsWrittenWithItsComponentsAndItsCell) {
  const auto body = google_json(ask("849VCWC8+R9"));
  EXPECT_THAT(body, HasSubstr(R"({"long_name":"CWC8+R9","short_name":"CWC8+R9","types":["plus_code"]})"));
  EXPECT_THAT(body, HasSubstr(R"("bounds":{"northeast":{"lat":37.422125,"lng":-122.084},)"
                              R"("southwest":{"lat":37.422,"lng":-122.084125}})"));
  EXPECT_THAT(body, HasSubstr(R"("plus_code":{"compound_code":"CWC8+R9 Mountain View, CA, USA",)"
                              R"("global_code":"849VCWC8+R9"})"));
}

}  // namespace
}  // namespace waypost::geo
