#include "geo/area.hpp"

#include <gtest/gtest.h>

namespace waypost::geo {
namespace {

Area area_of(std::initializer_list<std::pair<double, double>> points) {
  Area area;
  for (const auto& [lat, lng] : points) area.add(LatLng::from_degrees(lat, lng), 10);
  return area;
}

TEST(Area, IsTheBoxAroundItsTowns) {
  const auto area = area_of({{41, -4}, {51, 2}, {48, 9}});
  EXPECT_EQ(area.bounds(),
            (Bounds{.southwest = LatLng::from_degrees(41, -4), .northeast = LatLng::from_degrees(51, 9)}));
  EXPECT_TRUE(area.bounds().contains(area.center()));
  EXPECT_EQ(area.people(), 30u);
}

TEST(Area, CrossesTheAntimeridianWhereThatIsNarrower) {
  const auto fiji = area_of({{-18, 177}, {-17, 179}, {-16, -179}});
  EXPECT_EQ(fiji.bounds(), (Bounds{.southwest = LatLng::from_degrees(-18, 177),
                                   .northeast = LatLng::from_degrees(-16, -179)}));
  EXPECT_TRUE(fiji.bounds().contains(fiji.center()));
  EXPECT_NEAR(fiji.center().lng(), 179, 0.1);
}

TEST(Area, OfOneTownIsItsPoint) {
  const auto point = LatLng::from_degrees(1.29, 103.85);
  EXPECT_EQ(area_of({{1.29, 103.85}}).center(), point);
}

}  // namespace
}  // namespace waypost::geo
