#include "waypost/geo/plus_code.hpp"

#include <gtest/gtest.h>

namespace waypost::geo {
namespace {

TEST(PlusCode, MatchesTheSpecificationsExamples) {
  // From test_data/encoding.csv of Open Location Code.
  struct Row {
    double lat, lng;
    std::string_view code;
  };
  for (const auto& [lat, lng, code] : {
           Row{20.3700625, 2.7821875, "7FG49QCJ+2V"},
           Row{47.0000625, 8.0000625, "8FVC2222+22"},
           Row{-41.2730625, 174.7859375, "4VCPPQGP+Q9"},
           Row{-90, -180, "22222222+22"},
           Row{90, 1, "CFX3X2X2+X2"},
       }) {
    EXPECT_EQ(plus_code(LatLng::from_degrees(lat, lng)), code) << lat << ',' << lng;
  }
}

TEST(PlusCode, TreatsTheTwoSidesOfTheAntimeridianAsOne) {
  EXPECT_EQ(plus_code(LatLng::from_degrees(10, 180)), plus_code(LatLng::from_degrees(10, -180)));
}

TEST(PlusCode, IsShortenedOnlyNearItsReference) {
  const auto point = LatLng::from_degrees(37.4220, -122.0841);
  EXPECT_EQ(plus_code(point), "849VCWC8+R9");
  EXPECT_EQ(shortened_plus_code(point, LatLng::from_degrees(37.3861, -122.0839)), "CWC8+R9");
  EXPECT_EQ(shortened_plus_code(point, LatLng::from_degrees(38.3861, -122.0839)), "");
}

}  // namespace
}  // namespace waypost::geo
