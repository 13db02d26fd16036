#include "waypost/geo/plus_code.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace waypost::geo {
namespace {

LatLng at(double lat, double lng) {
  return LatLng::from_degrees(lat, lng);
}

// The vectors are worked out by hand from the specification's rules: digits 2 3 4 5 6 7 8 9 C F G H J M P Q R
// V W X stand for 0 to 19, latitude counts from -90 and longitude from -180.
TEST(PlusCode, EncodesByTheRulesOfTheSpecification) {
  struct Row {
    double lat, lng;
    int digits;
    std::string_view code;
  };
  for (const auto& [lat, lng, digits, code] : {
           Row{-90, -180, 10, "22222222+22"},               // zeros throughout
           Row{0, 0, 2, "6F000000+"},                       // 90 = 4 * 20 + 10 and 180 = 9 * 20
           Row{0, 0, 4, "6FG20000+"},                       // and 10 and 0 ones
           Row{0.05, 0.05, 6, "6FG23300+"},                 // one twentieth of a degree
           Row{0.0025, 0.005, 8, "6FG22234+"},              // one and two 400ths
           Row{0.000125, 0.00025, 10, "6FG22222+34"},       // one and two 8000ths
           Row{0.000025, 0.0000625, 11, "6FG22222+228"},    // row 1 of 5 and column 2 of 4: 1 * 4 + 2
           Row{-0.0000001, -0.0000001, 10, "6CFXXXXX+XX"},  // floored, never cut towards zero
           Row{37.4220, -122.0841, 10, "849VCWC8+R9"}, Row{1, 1, 1, "6F000000+"},  // two digits at least,
           Row{0, 0, 16, "6FG22222+2222222"},                                      // and fifteen at most
       }) {
    EXPECT_EQ(plus_code(at(lat, lng), digits), code) << lat << ',' << lng << ' ' << digits;
  }
}

TEST(PlusCode, PutsThePoleIntoTheCellBelowIt) {
  // 179.999… = 8 * 20 + 19 and so on in every place.
  EXPECT_EQ(plus_code(at(90, 0), 2), "CF000000+");
  EXPECT_EQ(plus_code(at(90, 0), 4), "CFX20000+");
  EXPECT_EQ(plus_code(at(90, 0)), "CFX2X2X2+X2");
  EXPECT_EQ(plus_code(at(90, 0), 15), "CFX2X2X2+X2RRRRR");
  EXPECT_EQ(decode_plus_code("CFX2X2X2+X2")->north, 90);
}

TEST(PlusCode, TreatsTheTwoSidesOfTheAntimeridianAsOne) {
  EXPECT_EQ(plus_code(at(10, 180)), plus_code(at(10, -180)));
  EXPECT_EQ(decode_plus_code(plus_code(at(10, 180)))->west, -180);
  EXPECT_EQ(decode_plus_code(plus_code(at(10, 179.9999999)))->east, 180);
}

TEST(PlusCode, DecodesToTheCellThatWasEncoded) {
  const auto area =
      decode_plus_code("8fvc9g8f+6w");  // the specification's example: centre 47.365562, 8.524813
  ASSERT_TRUE(area);
  EXPECT_EQ(area->digits, 10);
  EXPECT_NEAR(area->center().lat(), 47.365562, 1e-6);
  EXPECT_NEAR(area->center().lng(), 8.524813, 1e-6);
  EXPECT_NEAR(area->north - area->south, 1 / 8000.0, 1e-12);
  EXPECT_NEAR(area->east - area->west, 1 / 8000.0, 1e-12);
  const auto padded = decode_plus_code("6FG20000+");
  EXPECT_EQ(padded->digits, 4);
  EXPECT_EQ(padded->bounds(), (Bounds{.southwest = at(0, 0), .northeast = at(1, 1)}));
  const auto longest = decode_plus_code("6FG22222+2222222");
  EXPECT_EQ(longest->digits, 15);
  EXPECT_NEAR(longest->north, 1 / 2.5e7, 1e-12);
  EXPECT_NEAR(longest->east, 1 / 8.192e6, 1e-12);
  EXPECT_EQ(decode_plus_code("6FG22222+222222299")->digits, 15);
}

TEST(PlusCode, KnowsWhichTextsAreCodes) {
  for (const auto* full :
       {"849VCWC8+R9", "849vcwc8+r9", "849VCWC8+", "849VCWC8+R9V", "8F000000+", "849V0000+"}) {
    EXPECT_TRUE(is_full_plus_code(full)) << full;
    EXPECT_FALSE(is_short_plus_code(full)) << full;
  }
  for (const auto* shortened : {"CWC8+R9", "9VCWC8+R9", "C8+R9", "+R9", "CWC8+"}) {
    EXPECT_TRUE(is_short_plus_code(shortened)) << shortened;
    EXPECT_FALSE(is_full_plus_code(shortened)) << shortened;
    EXPECT_FALSE(decode_plus_code(shortened)) << shortened;
  }
  for (const auto* none : {
           "", "+", "849VCWC8R9", "849VCWC8++R9", "849VCWC8+R+9",  // one separator
           "849VCWC+R9", "849VCWC8R9+22",                          // after two, four, six or eight digits
           "849VCWC8+R",                                           // no single digit after it
           "849ACWC8+R9", "849VCWC8+R1",                           // no other symbols
           "849V0000+R9", "84900000+", "00000000+", "8490VC00+", "84V0+",
           "8400CWC8+",                   // padding only at the end
           "F49VCWC8+R9", "8W9VCWC8+R9",  // past the pole; past 180° east
       }) {
    EXPECT_FALSE(is_full_plus_code(none)) << none;
    EXPECT_FALSE(is_short_plus_code(none)) << none;
    EXPECT_FALSE(decode_plus_code(none)) << none;
    EXPECT_EQ(recover_plus_code(none, at(0, 0)), "") << none;
  }
}

TEST(PlusCode, IsShortenedByWhatTheReferenceGivesBack) {
  // Offsets of 0.008, 0.032, 0.62 and 8.6 degrees against cells of 1/20, 1 and 20 degrees.
  const std::string code = "8FVC9G8F+6W";
  EXPECT_EQ(shorten_plus_code(code, at(47.373313, 8.537562)), "8F+6W");
  EXPECT_EQ(shorten_plus_code(code, at(47.373313, 8.537562), 4), "9G8F+6W");
  EXPECT_EQ(shorten_plus_code(code, at(47.339563, 8.556687)), "9G8F+6W");
  EXPECT_EQ(shorten_plus_code(code, at(47.985187, 8.440688)), "VC9G8F+6W");
  EXPECT_EQ(shorten_plus_code(code, at(38.800562, -9.064937)), code);
  EXPECT_EQ(shorten_plus_code("849V0000+", at(37.5, -122.5)), "849V0000+");
  EXPECT_EQ(shorten_plus_code("CWC8+R9", at(37.4, -122.1)), "CWC8+R9");
  EXPECT_EQ(shorten_plus_code(plus_code(at(10, -179.99)), at(10, 179.99), 4).size(), 7U);
}

TEST(PlusCode, IsRecoveredFromTheNearestReference) {
  EXPECT_EQ(recover_plus_code("9g8f+6w", at(47.4, 8.6)), "8FVC9G8F+6W");
  EXPECT_EQ(recover_plus_code("9G8F+6W", at(46.9, 8.1)), "8FVC9G8F+6W")
      << "the square to the north is nearer";
  EXPECT_EQ(recover_plus_code("8FVC9G8F+6w", at(0, 0)), "8FVC9G8F+6W");
  const auto east = plus_code(at(10.5, -179.999));
  EXPECT_EQ(recover_plus_code(east.substr(4), at(10.5, 179.999)), east) << "over the antimeridian";
  const auto pole = plus_code(at(89.6, 30.5));
  EXPECT_EQ(recover_plus_code(pole.substr(4), at(90, 30.5)), pole) << "nothing lies beyond the pole";
  const auto south = plus_code(at(-89.99, 30.5));
  EXPECT_EQ(recover_plus_code(south.substr(4), at(-89.6, 30.5)), south);
}

TEST(PlusCode, ComesBackFromEveryPointLengthAndReference) {
  std::mt19937 random(7);
  std::uniform_int_distribution<std::int32_t> lats(-900'000'000, 900'000'000);
  std::uniform_int_distribution<std::int32_t> lngs(-1'800'000'000, 1'799'999'999);
  std::uniform_int_distribution<std::int32_t> near(-3'900'000, 3'900'000);
  for (int i = 0; i < 20'000; ++i) {
    const LatLng point{.lat_e7 = lats(random), .lng_e7 = lngs(random)};
    for (const int digits : {2, 4, 6, 8, 10, 11, 12, 13, 14, 15}) {
      const auto code = plus_code(point, digits);
      const auto area = decode_plus_code(code);
      ASSERT_TRUE(area) << code;
      EXPECT_EQ(area->digits, digits);
      EXPECT_LE(area->south, point.lat() + 1e-9);
      EXPECT_GT(area->north, point.lat() - 1e-9);
      EXPECT_LE(area->west, point.lng() + 1e-9);
      EXPECT_GT(area->east, point.lng() - 1e-9);
      if (digits < 15) EXPECT_EQ(plus_code(area->center(), digits), code);
    }
    const auto code = plus_code(point);
    const auto center = decode_plus_code(code)->center();
    const LatLng reference{.lat_e7 = std::clamp(center.lat_e7 + near(random), -900'000'000, 900'000'000),
                           .lng_e7 = std::clamp(center.lng_e7 + near(random), -1'800'000'000, 1'800'000'000)};
    EXPECT_EQ(recover_plus_code(shorten_plus_code(code, reference), reference), code)
        << reference.lat() << ',' << reference.lng();
  }
}

TEST(PlusCode, IsFoundAtEitherEndOfAText) {
  struct Row {
    std::string_view text, code, rest;
  };
  for (const auto& [text, code, rest] : {
           Row{"849VCWC8+R9", "849VCWC8+R9", ""},
           Row{" 849vcwc8+r9 ", "849VCWC8+R9", ""},
           Row{"cwc8+r9 Mountain View, CA", "CWC8+R9", "Mountain View, CA"},
           Row{"CWC8+R9, Mountain View", "CWC8+R9", "Mountain View"},
           Row{"Praia, wf8q+wf", "WF8Q+WF", "Praia"},
           Row{"849VCWC8 R9", "849VCWC8+R9", ""},
           Row{"849VCWC8 R9 Mountain View", "849VCWC8+R9", "Mountain View"},
       }) {
    const auto found = find_plus_code(text);
    ASSERT_TRUE(found) << text;
    EXPECT_EQ(found->code, code);
    EXPECT_EQ(found->rest, rest);
  }
  for (const auto* text : {"", "Toledo", "CWC8 R9", "C++ Street 5", "23456789 22", "5+5", "Rue 849VCWC8"}) {
    EXPECT_FALSE(find_plus_code(text)) << text;
  }
}

}  // namespace
}  // namespace waypost::geo
