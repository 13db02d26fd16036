#include "geo/countries.hpp"

#include <gtest/gtest.h>

namespace waypost::geo {
namespace {

TEST(Countries, AreKnownByIsoCodes) {
  EXPECT_TRUE(is_known_country("DE"));
  EXPECT_TRUE(is_known_country("XK")) << "Kosovo has none of ISO's, and everyone uses this one";
  for (const auto* code : {"de", "ZZ", "DEU", ""}) EXPECT_FALSE(is_known_country(code)) << code;
  EXPECT_EQ(country_of_alpha3("DEU"), "DE");
  EXPECT_EQ(country_of_alpha3("nor"), "NO");
  EXPECT_EQ(country_of_alpha3("SDS"), "SS") << "Natural Earth's own for South Sudan";
  EXPECT_EQ(country_of_alpha3("XXX"), "");
}

TEST(Countries, AreToldByTheNamesOfFiles) {
  EXPECT_EQ(country_of_file("/data/us-boston.csv.gz"), "US");
  EXPECT_EQ(country_of_file("data/openaddresses/us/ca/statewide.csv"), "US") << "ca is California here";
  EXPECT_EQ(country_of_file("de/berlin.geojson"), "DE");
  for (const auto* file : {"boston.csv", "zz-town.csv", "data/statewide.csv", "us.csv", ""})
    EXPECT_EQ(country_of_file(file), std::nullopt) << file;
}

TEST(Countries, HavePartsWithACodeOfTheirOwn) {
  EXPECT_EQ(country_of_part("FR", 4.9, -52.3), "GF");
  EXPECT_EQ(country_of_part("FR", 48.9, 2.3), "FR");
  EXPECT_EQ(country_of_part("NO", 78.2, 15.6), "SJ");
  EXPECT_EQ(country_of_part("SE", 78.2, 15.6), "SE");
  EXPECT_EQ(country_of_part("RU", 44.95, 34.1), "UA");
}

}  // namespace
}  // namespace waypost::geo
