#include "waypost/geo/search.hpp"

#include <gmock/gmock.h>

#include "support/gazetteer.hpp"
#include "waypost/geo/google.hpp"

namespace waypost::geo {
namespace {

Answer find(std::string text) {
  return geocode(test::default_gazetteer(), {.text = std::move(text)});
}

/// The one-line address of the first hit; the status when there is none.
std::string first(const Answer& answer) {
  return answer.hits.empty() ? std::string(name_of(answer.status)) : flat_result(answer).formatted_address;
}

struct Row {
  std::string query, address;
};

TEST(Geocode, FindsTheBiggestPlaceOfAName) {
  for (const auto& [query, address] :
       {Row{"Toledo", "Toledo, OH, USA"}, Row{"Paris", "Paris, France"}, Row{"London", "London, UK"},
        Row{"Springfield", "Springfield, MO, USA"}, Row{"Birmingham", "Birmingham, UK"},
        Row{"Melbourne", "Melbourne VIC, Australia"}, Row{"San Jose", "San Jose, CA, USA"},
        Row{"Mumbai", "Mumbai, Maharashtra, India"}}) {
    EXPECT_EQ(first(find(query)), address) << query;
  }
}

TEST(Geocode, UnderstandsStatesAndCountriesAfterAName) {
  for (const auto& [query, address] : {Row{"Toledo, Spain", "Toledo, Spain"},
                                       Row{"toledo spain", "Toledo, Spain"},
                                       Row{"Toledo, España", "Toledo, Spain"},
                                       Row{"Toledo, ES", "Toledo, Spain"},
                                       Row{"Toledo OH", "Toledo, OH, USA"},
                                       Row{"springfield il", "Springfield, IL, USA"},
                                       Row{"Springfield, Illinois, United States", "Springfield, IL, USA"},
                                       Row{"Springfield, IL, USA", "Springfield, IL, USA"},
                                       Row{"Paris, TX", "Paris, TX, USA"},
                                       Row{"paris texas", "Paris, TX, USA"},
                                       Row{"France Paris", "Paris, France"},
                                       Row{"London, Ontario", "London, ON, Canada"},
                                       Row{"London ON Canada", "London, ON, Canada"},
                                       Row{"Sydney, NSW", "Sydney NSW, Australia"},
                                       Row{"München, Bayern, Deutschland", "Munich, Germany"},
                                       Row{"Мюнхен, Германия", "Munich, Germany"},
                                       Row{"Valencia, Venezuela", "Valencia, Venezuela"},
                                       Row{"Valencia, España", "Valencia, Spain"},
                                       Row{"Birmingham AL", "Birmingham, AL, USA"},
                                       Row{"Portland or", "Portland, OR, USA"},
                                       Row{"New York, New York, USA", "New York, NY, USA"},
                                       Row{"Washington, D.C.", "Washington D.C., DC, USA"}}) {
    const auto answer = find(query);
    EXPECT_EQ(first(answer), address) << query;
    ASSERT_FALSE(answer.hits.empty()) << query;
    EXPECT_EQ(answer.hits.front().match, MatchKind::exact) << query;
  }
}

TEST(Geocode, FoldsAccentsAndKnowsOtherNames) {
  for (const auto& [query, address] : {Row{"chateauroux", "Châteauroux, France"},
                                       Row{"CHÂTEAUROUX", "Châteauroux, France"},
                                       Row{"Munchen", "Munich, Germany"},
                                       Row{"München", "Munich, Germany"},
                                       Row{"Muenchen", "Munich, Germany"},
                                       Row{"Munich", "Munich, Germany"},
                                       Row{"Мюнхен", "Munich, Germany"},
                                       Row{"ミュンヘン", "Munich, Germany"},
                                       Row{"뮌헨", "Munich, Germany"},
                                       Row{"ميونخ", "Munich, Germany"},
                                       Row{"東京", "Tokyo, Japan"},
                                       Row{"東京都", "Tokyo, Japan"},
                                       Row{"서울", "Seoul, South Korea"},
                                       Row{"Köln", "Cologne, Germany"},
                                       Row{"Koeln", "Cologne, Germany"},
                                       Row{"Cologne", "Cologne, Germany"},
                                       Row{"Firenze", "Florence, Italy"},
                                       Row{"Warszawa", "Warsaw, Poland"},
                                       Row{"NYC", "New York, NY, USA"},
                                       Row{"l aquila", "L’Aquila, Italy"},
                                       Row{"Lodz", "Lodz, Poland"}}) {
    EXPECT_EQ(first(find(query)), address) << query;
  }
}

TEST(Geocode, AnswersCountriesAndStatesByThemselves) {
  for (const auto& [query, address] :
       {Row{"Spain", "Spain"}, Row{"Deutschland", "Germany"}, Row{"日本", "Japan"},
        Row{"US", "United States"}, Row{"uk", "United Kingdom"}, Row{"Singapore", "Singapore"},
        Row{"Hong Kong", "Hong Kong"}, Row{"California", "California, USA"}, Row{"Wyoming", "Wyoming, USA"},
        Row{"Bayern", "Bavaria, Germany"}, Row{"Georgia", "Georgia"}, Row{"Georgia, USA", "Georgia, USA"}}) {
    EXPECT_EQ(first(find(query)), address) << query;
  }
}

TEST(Geocode, SaysWhenOnlyPartWasUnderstood) {
  for (const auto& [query, address] :
       {Row{"16 Rue de Rivoli, 75004 Paris", "Paris, France"}, Row{"10 Downing Street, London", "London, UK"},
        Row{"Chicago, Narnia", "Chicago, IL, USA"}}) {
    const auto answer = find(query);
    EXPECT_EQ(first(answer), address) << query;
    ASSERT_FALSE(answer.hits.empty()) << query;
    EXPECT_EQ(answer.hits.front().match, MatchKind::partial) << query;
    EXPECT_LT(answer.hits.front().score, 1) << query;
  }
}

TEST(Geocode, FindsNothingInNonsense) {
  for (const auto* query : {"asdfqwer", "xyzzy plugh street", "12345", "!?", "de la"}) {
    EXPECT_EQ(find(query).status, Status::zero_results) << query;
  }
}

TEST(Geocode, ReadsNoMoreThanTheBeginningOfAVeryLongText) {
  std::string text;
  for (int i = 0; i < 5'000; ++i) text += "san jose ";
  const auto answer = find(text);
  ASSERT_EQ(answer.status, Status::ok);
  EXPECT_EQ(answer.hits.front().match, MatchKind::partial);
}

TEST(Geocode, ComponentsFilterAndNeverMerelyBias) {
  const auto filtered = [](std::string text, std::string_view components) {
    ForwardQuery query{.text = std::move(text)};
    EXPECT_TRUE(parse_components(components, query.filters)) << components;
    return first(geocode(test::default_gazetteer(), query));
  };
  EXPECT_EQ(filtered("Toledo", "country:ES"), "Toledo, Spain");
  EXPECT_EQ(filtered("Toledo", "country:Spain"), "Toledo, Spain");
  EXPECT_EQ(filtered("Paris", "country:US"), "Paris, TX, USA");
  EXPECT_EQ(filtered("Springfield", "administrative_area:IL"), "Springfield, IL, USA");
  EXPECT_EQ(filtered("Springfield", "administrative_area:Oregon|country:US"), "Springfield, OR, USA");
  EXPECT_EQ(filtered("Munich", "country:FR"), "ZERO_RESULTS");
  EXPECT_EQ(filtered("Munich", "country:Atlantis"), "ZERO_RESULTS");
  EXPECT_EQ(filtered("Paris", "postal_code:75004"), "ZERO_RESULTS");
  EXPECT_EQ(filtered("", "country:GB|country:AU"), "ZERO_RESULTS");
  EXPECT_EQ(filtered("", "country:uk"), "United Kingdom");
  EXPECT_EQ(filtered("", "locality:Melbourne|country:AU"), "Melbourne VIC, Australia");
  EXPECT_EQ(filtered("", "administrative_area:TX|country:US"), "Texas, USA");
  EXPECT_EQ(filtered("", "locality:Paris|administrative_area:TX"), "Paris, TX, USA");
  EXPECT_EQ(filtered("Paris", "colour:blue"), "Paris, France");
}

TEST(Geocode, RegionBoundsAndFocusBias) {
  ForwardQuery query{.text = "Toledo"};
  query.region = "es";
  EXPECT_EQ(first(geocode(test::default_gazetteer(), query)), "Toledo, Spain");
  query.text = "Georgia";
  query.region = "us";
  EXPECT_EQ(first(geocode(test::default_gazetteer(), query)), "Georgia, USA");
  query.text = "Munich";
  query.region = "uk";
  EXPECT_EQ(first(geocode(test::default_gazetteer(), query)), "Munich, Germany");
  EXPECT_EQ(
      first(geocode(test::default_gazetteer(), {.text = "Valencia", .bounds = parse_bounds("39,-1|40,0")})),
      "Valencia, Spain");
  EXPECT_EQ(first(geocode(test::default_gazetteer(),
                          {.text = "Springfield", .focus = LatLng::from_degrees(39.9, -83.7)})),
            "Springfield, OH, USA");
}

TEST(Geocode, AnswersInOneLanguage) {
  const auto in = [](std::string text, std::string language) {
    return first(
        geocode(test::default_gazetteer(), {.text = std::move(text), .language = std::move(language)}));
  };
  EXPECT_EQ(in("Munich", "de"), "München, Deutschland");
  EXPECT_EQ(in("Munich", "de-AT"), "München, Deutschland");
  EXPECT_EQ(in("Munich", "fr"), "Munich, Allemagne");
  EXPECT_EQ(in("Munich", "ja"), "ドイツ ミュンヘン");
  EXPECT_EQ(in("Tokyo", "ja"), "日本、東京都");
  EXPECT_EQ(in("Chicago", "fr"), "Chicago, Illinois, États-Unis");
  EXPECT_EQ(in("Munich", "xx"), "Munich, Germany");
  EXPECT_EQ(in("Munich", "xx, fr;q=0.5, de;q=0.9"), "München, Deutschland");
}

TEST(Reverse, NamesTheTownItsStateAndItsCountry) {
  const auto at = [](double lat, double lng) {
    const auto answer = reverse(test::default_gazetteer(), {.point = LatLng::from_degrees(lat, lng)});
    std::vector<std::string> names;
    for (const auto& hit : answer.hits)
      names.emplace_back(answer.gazetteer->name(hit.place, answer.languages));
    return names;
  };
  using ::testing::ElementsAre;
  EXPECT_THAT(at(48.8584, 2.2945), ElementsAre("Paris", "Île-de-France", "France"));
  EXPECT_THAT(at(48.9362, 2.3574), ElementsAre("Saint-Denis", "Île-de-France", "France"));
  EXPECT_THAT(at(41.8781, -87.6298), ElementsAre("Chicago", "Illinois", "United States"));
  EXPECT_THAT(at(-33.8688, 151.2093), ElementsAre("Sydney", "New South Wales", "Australia"));
  EXPECT_THAT(at(1.35, 103.8), ElementsAre("Singapore", "Singapore"));
  EXPECT_THAT(at(0, 0), ElementsAre());
  EXPECT_THAT(at(90, 180), ElementsAre());
}

TEST(Reverse, FiltersTheFullList) {
  ReverseQuery query{.point = LatLng::from_degrees(48.8584, 2.2945)};
  const auto types_of = [&] {
    std::vector<Kind> kinds;
    for (const auto& hit : reverse(test::default_gazetteer(), query).hits) {
      kinds.push_back(test::default_gazetteer()->place(hit.place).kind);
    }
    return kinds;
  };
  using ::testing::ElementsAre;
  query.result_types = {"country", "locality"};
  EXPECT_THAT(types_of(), ElementsAre(Kind::locality, Kind::country));
  query.result_types = {"political"};
  EXPECT_EQ(types_of().size(), 3u);
  query.location_types = {LocationType::rooftop};
  EXPECT_THAT(types_of(), ElementsAre());
  query.location_types = {LocationType::rooftop, LocationType::approximate};
  EXPECT_EQ(types_of().size(), 3u);
}

TEST(PlaceLookup, TellsMalformedFromUnknown) {
  const auto& gazetteer = test::default_gazetteer();
  const auto id = flat_result(find("Toledo, Spain")).place_id;
  EXPECT_EQ(first(place(gazetteer, {.place_id = id})), "Toledo, Spain");
  EXPECT_EQ(first(place(gazetteer, {.place_id = id, .language = "ru"})), "Толедо, Испания");
  EXPECT_EQ(place(gazetteer, {.place_id = "AQ_ROTKGzTx1q7eM"}).status, Status::invalid_request);
  EXPECT_EQ(place(gazetteer, {.place_id = "AQAAAAAAAAAAAA"}).status, Status::invalid_request);
}

}  // namespace
}  // namespace waypost::geo
