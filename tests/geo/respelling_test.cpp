#include "geo/respelling.hpp"

#include <gtest/gtest.h>

#include "bench/geo_perturb.hpp"
#include "geo/spelling.hpp"
#include "support/gazetteer.hpp"
#include "waypost/geo/search.hpp"

/// What typing errors are forgiven, over the built-in towns.
namespace waypost::geo {
namespace {

Answer find(std::string_view text) {
  return geocode(test::default_gazetteer(), {.text = std::string(text)});
}

std::string first_name(const Answer& answer) {
  if (answer.hits.empty()) return "nothing";
  return std::string(answer.gazetteer->name(answer.hits.front().place, answer.languages));
}

struct Row {
  std::string_view query, name;
};

TEST(Respelling, ForgivesALetterWrongMissingTooManyOrExchanged) {
  for (const auto& [query, name] :
       {Row{"Barcelina", "Barcelona"}, Row{"Barcelna", "Barcelona"}, Row{"Barceloona", "Barcelona"},
        Row{"Barcelnoa", "Barcelona"}, Row{"Москво", "Moscow"}, Row{"Sevile, Spain", "Seville"}}) {
    const auto answer = find(query);
    EXPECT_EQ(first_name(answer), name) << query;
    ASSERT_FALSE(answer.hits.empty()) << query;
    EXPECT_EQ(answer.hits.front().match, MatchKind::fuzzy) << query;
    EXPECT_LT(answer.hits.front().score, 1) << query;
  }
}

TEST(Respelling, ForgivesTheFirstLetterWhereTheRestFits) {
  for (const auto& [query, name] :
       {Row{"eading, United Kingdom", "Reading"}, Row{"kAure, Nigeria", "Akure"}, Row{"aHrbin", "Harbin"},
        Row{"aridabad", "Faridabad"}, Row{"Campo rGande, Brazil", "Campo Grande"}}) {
    EXPECT_EQ(first_name(find(query)), name) << query;
  }
}

TEST(Respelling, PutsBackASpaceThatWasForgottenAndTakesOutOneTooMany) {
  for (const auto& [query, name] : {Row{"sanfrancisco", "San Francisco"}, Row{"Barce lona", "Barcelona"},
                                    Row{"SaintEtienne, France", "Saint-Etienne"}}) {
    EXPECT_EQ(first_name(find(query)), name) << query;
  }
}

TEST(Respelling, PrefersWhatAPlaceIsCalledToItsOtherNames) {
  EXPECT_EQ(first_name(find("Dalia, China")), "Dalian");
  EXPECT_EQ(geocode(test::default_gazetteer(), {.text = "New Yrok"}).hits.front().place,
            geocode(test::default_gazetteer(), {.text = "New York"}).hits.front().place);
  EXPECT_EQ(first_name(find("Dalia")), "Dalian");  // Denmark is "Dania" in some language
}

TEST(Respelling, LeavesWhatIsKnownAndWhatIsShortAlone) {
  EXPECT_EQ(first_name(find("Rome")), "Rome");
  EXPECT_EQ(find("Rome").hits.front().match, MatchKind::exact);
  EXPECT_EQ(first_name(find("Rxm")), "nothing");
  EXPECT_EQ(first_name(find("75004x")), "nothing");
}

TEST(Respelling, LetsBiasesDecideAmongWhatIsAsNear) {
  ForwardQuery query{.text = "Sprinfield"};
  query.focus = LatLng::from_degrees(39.8, -89.65);
  const auto answer = geocode(test::default_gazetteer(), query);
  ASSERT_FALSE(answer.hits.empty());
  EXPECT_LT(distance_m(location_of(*answer.gazetteer, answer.hits.front()), *query.focus), 25'000);
}

TEST(Respelling, FindsNineteenOfTwentyTownsInANamedCountry) {
  const auto gazetteer = test::default_gazetteer();
  const auto english = gazetteer->languages("en");
  bench::Random random(11);
  int asked = 0, right = 0;
  for (PlaceNumber n = 0; n < gazetteer->size(); n += 7) {
    const auto place = gazetteer->place(n);
    if (place.kind != Kind::locality) continue;
    const auto wrong = bench::mistyped(place.name, random);
    if (wrong.empty() || spelling::letters_of(wrong).size() < 4) continue;
    const auto answer = find(wrong + ", " + std::string(gazetteer->name(place.country, english)));
    ++asked;
    if (!answer.hits.empty() &&
        distance_m(location_of(*gazetteer, answer.hits.front()), place.location) < 25'000)
      ++right;
  }
  EXPECT_GT(asked, 2'000);
  EXPECT_GE(100.0 * right / asked, 93);
  RecordProperty("right_percent", std::to_string(100.0 * right / asked));
}

}  // namespace
}  // namespace waypost::geo
