#include "geo/spatial.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace waypost::geo {
namespace {

std::vector<LatLng> scattered(std::size_t count) {
  std::mt19937 random(7);
  std::uniform_real_distribution<double> lat(-90, 90), lng(-180, 180);
  std::vector<LatLng> points;
  for (std::size_t i = 0; i < count; ++i) points.push_back(LatLng::from_degrees(lat(random), lng(random)));
  for (const auto& [y, x] : {std::pair(90.0, 0.0), {-90.0, 0.0}, {0.0, 180.0}, {0.1, -179.9}}) {
    points.push_back(LatLng::from_degrees(y, x));
  }
  return points;
}

std::vector<index::SpatialNode> tree_of(const std::vector<LatLng>& points) {
  std::vector<index::SpatialNode> tree;
  for (std::uint32_t i = 0; i < points.size(); ++i) tree.push_back(spatial::node(points[i], i));
  spatial::build(tree);
  return tree;
}

TEST(Spatial, FindsWhatASearchThroughAllPointsFinds) {
  const auto points = scattered(3000);
  const auto tree = tree_of(points);
  for (const auto& target : scattered(500)) {
    spatial::Found found[3];
    ASSERT_EQ(spatial::nearest(tree, target, 2e7, found), 3u);
    std::vector<double> all;
    for (const auto& point : points) all.push_back(distance_m(target, point));
    std::ranges::sort(all);
    for (std::size_t i = 0; i < 3; ++i) {
      EXPECT_NEAR(distance_m(target, points[found[i].place]), all[i], 0.1)
          << target.lat() << ',' << target.lng();
    }
  }
}

TEST(Spatial, LooksNoFurtherThanTheRadius) {
  const std::vector<LatLng> points = {LatLng::from_degrees(0, 179.99), LatLng::from_degrees(0, 179)};
  const auto tree = tree_of(points);
  spatial::Found found[4];
  ASSERT_EQ(spatial::nearest(tree, LatLng::from_degrees(0, -179.99), 3'000, found), 1u);
  EXPECT_EQ(found[0].place, 0u);
  EXPECT_EQ(spatial::nearest(tree, LatLng::from_degrees(45, 0), 3'000, found), 0u);
  EXPECT_EQ(spatial::nearest({}, LatLng::from_degrees(45, 0), 3'000, found), 0u);
}

TEST(Bounds, MayCrossTheAntimeridian) {
  const Bounds fiji{.southwest = LatLng::from_degrees(-20, 177),
                    .northeast = LatLng::from_degrees(-16, -179)};
  EXPECT_TRUE(fiji.contains(LatLng::from_degrees(-18, 178)));
  EXPECT_TRUE(fiji.contains(LatLng::from_degrees(-18, -179.5)));
  EXPECT_FALSE(fiji.contains(LatLng::from_degrees(-18, 0)));
  EXPECT_FALSE(fiji.contains(LatLng::from_degrees(-15, 178)));
}

TEST(Distance, IsTheGreatCircles) {
  const auto paris = LatLng::from_degrees(48.8566, 2.3522), london = LatLng::from_degrees(51.5074, -0.1278);
  EXPECT_NEAR(distance_m(paris, london), 343'560, 500);
  EXPECT_NEAR(distance_m(LatLng::from_degrees(0, 179.5), LatLng::from_degrees(0, -179.5)), 111'195, 50);
  EXPECT_EQ(distance_m(paris, paris), 0);
}

}  // namespace
}  // namespace waypost::geo
