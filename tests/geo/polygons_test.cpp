#include "geo/polygons.hpp"

#include <gtest/gtest.h>

#include <random>

#include "geo/combine.hpp"

namespace waypost::geo {
namespace {

LatLng at(double lat, double lng) {
  return LatLng::from_degrees(lat, lng);
}

std::vector<Degrees> box(double south, double west, double north, double east) {
  return {{west, south}, {east, south}, {east, north}, {west, north}, {west, south}};
}

Shape country(std::uint64_t key, const std::vector<std::vector<Degrees>>& rings) {
  Shape shape{.kind = Kind::country, .key = key, .country = key, .rings = {}};
  for (const auto& ring : rings) add_ring(ring, shape.rings);
  return shape;
}

Shape state(std::uint64_t key, std::uint64_t country, const std::vector<Degrees>& ring) {
  Shape shape{.kind = Kind::admin1, .key = key, .country = country, .rings = {}};
  add_ring(ring, shape.rings);
  return shape;
}

/// The key of the country at a point of a map of these shapes.
class Map {
 public:
  explicit Map(const std::vector<Shape>& shapes) : section_(build_polygons(shapes)) {}
  std::uint64_t country(double lat, double lng) const {
    return PolygonView(section_).at(at(lat, lng)).country;
  }
  std::uint64_t admin1(double lat, double lng) const { return PolygonView(section_).at(at(lat, lng)).admin1; }
  double border_m(double lat, double lng) const { return PolygonView(section_).at(at(lat, lng)).border_m; }
  std::string& section() { return section_; }

 private:
  std::string section_;
};

std::uint64_t packed(std::string_view iso) {
  return std::uint64_t{static_cast<unsigned char>(iso[0])} << 8 | static_cast<unsigned char>(iso[1]);
}

/// ISO codes of the built-in shapes.
std::string iso_at(double lat, double lng) {
  static const std::string section = build_polygons(built_in_boundaries(packed));
  const auto key = PolygonView(section).at(at(lat, lng)).country;
  return key == 0 ? "" : std::string{static_cast<char>(key >> 8), static_cast<char>(key & 0xFF)};
}

/// Whether an odd number of edges lies south of the point: the definition, edge by edge.
bool holds(const Shape& shape, LatLng point) {
  bool inside = false;
  const double x = point.lng_e7, y = point.lat_e7;
  for (const auto& ring : shape.rings) {
    for (std::size_t i = 0; i + 1 < ring.size(); ++i) {
      const double ax = ring[i].x, ay = ring[i].y, bx = ring[i + 1].x, by = ring[i + 1].y;
      if ((ax <= x) == (bx <= x)) continue;
      if (ay + (by - ay) * (x - ax) / (bx - ax) < y) inside = !inside;
    }
  }
  return inside;
}

TEST(Polygons, KnowInsideFromOutsideAndHoles) {
  const Map map({country(1, {box(0, 0, 10, 10), box(4, 4, 6, 6)}), country(2, {box(4, 4, 6, 6)})});
  EXPECT_EQ(map.country(1, 1), 1u);
  EXPECT_EQ(map.country(9.99, 9.99), 1u);
  EXPECT_EQ(map.country(5, 5), 2u) << "an enclave";
  EXPECT_EQ(map.country(20, 20), 0u);
  EXPECT_EQ(Map({}).country(5, 5), 0u);
}

TEST(Polygons, TakeTheNearestOffTheCoast) {
  const Map map({country(1, {box(0, 0, 10, 10)}), country(2, {box(0, 10.5, 10, 20)})});
  EXPECT_EQ(map.country(5, 10.2), 1u) << "22 km from the one, 33 from the other";
  EXPECT_EQ(map.country(5, 10.3), 2u);
  EXPECT_EQ(map.country(-0.2, 5), 1u);
  EXPECT_EQ(map.country(-0.3, 5), 0u) << "33 km out at sea";
}

TEST(Polygons, ReachOverTheAntimeridianAndThePoles) {
  const Map map({country(1, {{{170, -5}, {-170, -5}, {-170, 5}, {170, 5}, {170, -5}}}),
                 country(2, {{{-180, -70}, {-90, -71}, {0, -70}, {90, -71}, {180, -70}}}),
                 country(3, {{{170, 80}, {190, 80}, {190, 84}, {170, 84}, {170, 80}}})});
  for (const double lng : {171.0, 180.0, -180.0, -171.0}) EXPECT_EQ(map.country(0, lng), 1u) << lng;
  EXPECT_EQ(map.country(0, 0), 0u);
  EXPECT_EQ(map.country(0, -169.9), 1u) << "11 km off its coast";
  for (const double lng : {-180.0, -90.0, 0.0, 179.9, 180.0}) {
    EXPECT_EQ(map.country(-90, lng), 2u) << lng;
    EXPECT_EQ(map.country(-80, lng), 2u) << lng;
    EXPECT_EQ(map.country(90, lng), 0u) << lng;
  }
  EXPECT_EQ(map.country(82, 179), 3u);
  EXPECT_EQ(map.country(82, -175), 3u);
  EXPECT_EQ(map.country(82, 169.5), 3u);
  EXPECT_EQ(map.country(82, 165), 0u);
}

TEST(Polygons, FindStatesOfTheirCountryOnly) {
  // The state's rough outline laps over the border into country 2.
  const Map map({country(1, {box(0, 0, 10, 10)}), country(2, {box(0, 10, 10, 20)}),
                 state(11, 1, box(0, 0, 10, 5)), state(12, 1, box(0, 5, 10, 10.01)),
                 state(21, 2, box(0, 10.01, 10, 20))});
  EXPECT_EQ(map.admin1(5, 1), 11u);
  EXPECT_EQ(map.admin1(5, 9), 12u);
  EXPECT_EQ(map.country(5, 10.005), 2u);
  EXPECT_EQ(map.admin1(5, 10.005), 21u);
  EXPECT_EQ(map.admin1(10.1, 9), 12u) << "off the coast";
}

TEST(Polygons, TellHowNearABorderIs) {
  const Map map({country(1, {box(0, 0, 10, 10)})});
  EXPECT_NEAR(map.border_m(5, 9.99), 1'109, 5);
  EXPECT_NEAR(map.border_m(10.01, 5), 1'113, 5);
  EXPECT_GT(map.border_m(5, 5), 100'000);
  const Map around({country(1, {{{170, -5}, {-170, -5}, {-170, 5}, {170, 5}, {170, -5}}}),
                    country(2, {{{-180, -70}, {-90, -71}, {0, -70}, {90, -71}, {180, -70}}})});
  EXPECT_GT(around.border_m(0, 180), 100'000) << "the map ends there, the country does not";
  EXPECT_GT(around.border_m(-90, 0), 100'000);
}

TEST(Polygons, AgreeWithTheDefinitionEverywhere) {
  const auto shapes = built_in_boundaries(packed);
  const auto section = build_polygons(shapes);
  const PolygonView view(section);
  std::mt19937 random(1);
  std::uniform_real_distribution<double> lat(-89.9, 89.9), lng(-180, 180), hair(-0.02, 0.02);
  int near_borders = 0;
  for (int i = 0; i < 3000; ++i) {
    auto point = at(lat(random), lng(random));
    if (i % 3 != 0) {  // near a border, where it counts
      const auto& shape = shapes[random() % shapes.size()];
      const auto& ring = shape.rings[random() % shape.rings.size()];
      const auto& corner = ring[random() % ring.size()];
      point = at(std::clamp(corner.y * 1e-7 + hair(random), -90.0, 90.0),
                 std::clamp(corner.x * 1e-7 + hair(random), -180.0, 180.0));
      ++near_borders;
    }
    std::vector<std::uint64_t> holding;
    for (const auto& shape : shapes)
      if (holds(shape, point)) holding.push_back(shape.key);
    const auto found = view.at(point).country;
    if (!holding.empty())
      EXPECT_NE(std::ranges::find(holding, found), holding.end()) << point.lat() << ", " << point.lng();
  }
  EXPECT_GT(near_borders, 1000);
}

TEST(Polygons, OfTheProgramKnowTheWorld) {
  struct Case {
    double lat, lng;
    std::string_view iso, what;
  };
  for (const auto& [lat, lng, iso, what] : std::initializer_list<Case>{
           {-29.3, 27.5, "LS", "Maseru, an enclave"},
           {41.9029, 12.4534, "VA", "the Vatican"},
           {43.9361, 12.4473, "SM", "San Marino"},
           {43.7384, 7.4246, "MC", "Monaco"},
           {47.78, 9.61, "DE", "Ravensburg"},
           {47.141, 9.5215, "LI", "Vaduz"},
           {4.9224, -52.3135, "GF", "Cayenne"},
           {-20.8789, 55.4481, "RE", "Saint-Denis"},
           {78.2232, 15.6267, "SJ", "Longyearbyen"},
           {12.15, -68.27, "BQ", "Kralendijk"},
           {59.9139, 10.7522, "NO", "Oslo"},
           {48.8566, 2.3522, "FR", "Paris"},
           {42.6629, 21.1655, "XK", "Pristina"},
           {44.9521, 34.1024, "UA", "Simferopol"},
           {45.0355, 38.9753, "RU", "Krasnodar"},
           {35.3364, 33.3182, "CY", "Kyrenia"},
           {-90, 0, "AQ", "the South Pole"},
           {-90, 180, "AQ", "the South Pole again"},
           {65.5, -179.99, "RU", "Chukotka, east of the antimeridian"},
           {65.5, 180, "RU", "Chukotka, on it"},
           {-16.8, 179.99, "FJ", "Taveuni"},
           {90, 0, "", "the North Pole"},
           {0, 0, "", "the Gulf of Guinea"},
           {40.689, -74.0445, "US", "Liberty Island"},
           {36.1408, -5.3536, "GI", "Gibraltar"},
           {22.3193, 114.1694, "HK", "Hong Kong"},
           {1.2897, 103.8501, "SG", "Singapore"},
       }) {
    EXPECT_EQ(iso_at(lat, lng), iso) << what;
  }
}

TEST(Polygons, OfADamagedSectionNeverFault) {
  Map map({country(1, {box(0, 0, 10, 10), box(4, 4, 6, 6)}), country(2, {box(4, 4, 6, 6)})});
  const auto whole = map.section();
  for (std::size_t size = 0; size < whole.size(); size += 8) {
    map.section() = whole.substr(0, size);
    map.country(5, 5);
    map.country(-0.1, 5);
  }
  std::mt19937 random(7);
  for (int i = 0; i < 5000; ++i) {
    map.section() = whole;
    for (int k = 0; k < 3; ++k) map.section()[random() % whole.size()] = static_cast<char>(random());
    map.country(5, 5);
    map.country(-0.1, 5);
    map.admin1(9, 9);
  }
}

}  // namespace
}  // namespace waypost::geo
