#include <gtest/gtest.h>

#include <cstdlib>
#include <map>

#include "geo/fold.hpp"
#include "geo/line_reader.hpp"
#include "support/gazetteer.hpp"
#include "support/paths.hpp"
#include "waypost/base/text.hpp"
#include "waypost/geo/google.hpp"
#include "waypost/geo/import.hpp"

/// How often the first answer is the right place, over a regular sample of real data.
namespace waypost::geo {
namespace {

constexpr double near_m = 25'000;
constexpr PlaceNumber every = 5;

class Score {
 public:
  void count(bool right) { right ? ++right_ : ++wrong_; }
  double percent() const { return 100.0 * right_ / (right_ + wrong_); }

 private:
  int right_ = 0, wrong_ = 0;
};

std::optional<LatLng> first(const GazetteerPtr& gazetteer, std::string text) {
  const auto answer = geocode(gazetteer, {.text = std::move(text)});
  if (answer.hits.empty()) return std::nullopt;
  return gazetteer->place(answer.hits.front().place).location;
}

bool is_near(std::optional<LatLng> found, LatLng wanted) {
  return found && distance_m(*found, wanted) < near_m;
}

TEST(Accuracy, OfTheBuiltInGazetteerIsThatOfAGoodGeocoder) {
  const auto gazetteer = test::default_gazetteer();
  const auto english = gazetteer->languages("en");
  Score by_name, with_state, with_country, reversed;
  std::map<std::string, bool> seen;
  for (PlaceNumber n = 0; n < gazetteer->size(); ++n) {
    const auto place = gazetteer->place(n);
    if (place.kind != Kind::locality) continue;
    const bool sampled = n % every == 0;
    const std::string name(place.name);
    const std::string country(gazetteer->name(place.country, english));
    // Places come in falling importance: the first of a name is the biggest.
    const std::string state(place.admin1 == no_place ? "" : gazetteer->name(place.admin1, english));
    const auto is_biggest = [&](const std::string& of) { return seen.try_emplace(of).second; };
    const bool biggest = is_biggest(fold(name));
    const bool biggest_of_country = is_biggest(fold(name) + "," + country);
    const bool biggest_of_state = !state.empty() && is_biggest(fold(name) + "," + state + "," + country);
    if (!sampled) continue;
    if (biggest) by_name.count(is_near(first(gazetteer, name), place.location));
    if (biggest_of_country)
      with_country.count(is_near(first(gazetteer, name + ", " + country), place.location));
    if (biggest_of_state) {
      with_state.count(is_near(first(gazetteer, name + ", " + state + ", " + country), place.location));
    }
    const auto answer = reverse(gazetteer, {.point = place.location});
    reversed.count(!answer.hits.empty() &&
                   gazetteer->place(answer.hits.front().place).location == place.location);
  }
  RecordProperty("by_name_percent", std::to_string(by_name.percent()));
  RecordProperty("with_state_percent", std::to_string(with_state.percent()));
  RecordProperty("with_country_percent", std::to_string(with_country.percent()));
  RecordProperty("reverse_percent", std::to_string(reversed.percent()));
  EXPECT_GE(by_name.percent(), 97);
  EXPECT_GE(with_state.percent(), 99);
  EXPECT_GE(with_country.percent(), 99);
  EXPECT_GE(reversed.percent(), 99.9);
}

std::filesystem::path shared_data() {
  const char* given = std::getenv("WAYPOST_SHARED_DATA");
  return given != nullptr ? std::filesystem::path(given)
                          : std::filesystem::path(test::project_file("../shared/data"));
}

TEST(Accuracy, OfAnImportedDumpIsThatOfAGoodGeocoder) {
  const auto dump = shared_data() / "geonames";
  if (!std::filesystem::exists(dump / "cities15000.txt.gz")) {
    GTEST_SKIP() << "needs cities15000.txt.gz of GeoNames in " << dump << " (set WAYPOST_SHARED_DATA)";
  }
  const test::TemporaryFolder data;
  const auto summary =
      import_source({dump / "cities15000.txt.gz", dump / "countryInfo.txt", dump / "admin1CodesASCII.txt"},
                    {.data_directory = data.path(), .format = "geonames"});
  ASSERT_TRUE(summary) << summary.error().message;
  const auto gazetteer = Gazetteer::open(summary->index.path);
  ASSERT_TRUE(gazetteer) << gazetteer.error().message;
  EXPECT_GT(summary->index.places, 30'000u);

  Score alternate;
  auto reader = LineReader::open(dump / "cities15000.txt.gz");
  ASSERT_TRUE(reader);
  while (const auto line = reader->next().value()) {
    const auto columns = text::split(*line, '\t');
    const auto lat = std::stod(std::string(columns[4])), lng = std::stod(std::string(columns[5]));
    for (const auto name : text::split(columns[3], ',')) {
      if (name.size() < 4 || std::stol(std::string(columns[14])) < 1'000'000) continue;
      const auto found = geocode(*gazetteer, {.text = std::string(name) + ", " + std::string(columns[8])});
      const bool right = std::ranges::any_of(found.hits, [&](const Hit& hit) {
        return is_near((*gazetteer)->place(hit.place).location, LatLng::from_degrees(lat, lng));
      });
      alternate.count(right);
    }
  }
  RecordProperty("alternate_names_percent", std::to_string(alternate.percent()));
  EXPECT_GE(alternate.percent(), 97);
}

}  // namespace
}  // namespace waypost::geo
