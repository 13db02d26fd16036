#include "geo/combine.hpp"

#include <gmock/gmock.h>

#include "geo/polygons.hpp"
#include "support/gazetteer.hpp"
#include "waypost/geo/import.hpp"
#include "waypost/geo/place_id.hpp"

// Several sources as one gazetteer.
namespace waypost::geo {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Combined : public ::testing::Test {
 protected:
  ImportSummary import(std::string_view format, std::string_view file, std::string_view content,
                       std::string_view name = "") {
    const auto done = import_source(
        {folder_.write(file, content)},
        {.data_directory = folder_.path(), .format = std::string(format), .name = std::string(name)});
    if (!done) throw std::runtime_error(done.error().message);
    gazetteer_ = Gazetteer::open(done->index.path).value();
    return *done;
  }

  std::vector<std::string> sources() const {
    std::vector<std::string> names;
    for (const auto& source : gazetteer_->info().sources) names.push_back(source.name);
    return names;
  }

  Place country_at(double lat, double lng) const {
    const auto areas = PolygonView(gazetteer_->polygons()).at(LatLng::from_degrees(lat, lng));
    const auto number = gazetteer_->find(areas.country);
    return number ? gazetteer_->place(*number) : Place{};
  }
  Place state_at(double lat, double lng) const {
    const auto areas = PolygonView(gazetteer_->polygons()).at(LatLng::from_degrees(lat, lng));
    const auto number = gazetteer_->find(areas.admin1);
    return number ? gazetteer_->place(*number) : Place{};
  }

  test::TemporaryFolder folder_;
  std::shared_ptr<const Gazetteer> gazetteer_;
};

std::string state(std::string_view properties) {
  return R"({"type":"Feature","properties":{)" + std::string(properties) +
         R"(},"geometry":{"type":"Polygon","coordinates":[[[-91,37],[-88,37],[-88,42],[-91,42],[-91,37]]]}})"
         "\n";
}

TEST_F(Combined, SourcesStandSideBySideWithTheBuiltInOnes) {
  import("csv", "a.csv", "name,country,lat,lng\nNeuquellbach,DE,50,10\n", "mine");
  import("csv", "b.csv", "name,country,lat,lng\nAltquellbach,DE,50,11\n", "yours");
  EXPECT_THAT(sources(), ElementsAre("mine", "yours", "default", "natural-earth"));
  for (const auto* name : {"neuquellbach", "altquellbach", "paris"})
    EXPECT_FALSE(gazetteer_->named(name).empty()) << name;
}

TEST_F(Combined, AnImportReplacesTheSourceOfItsName) {
  import("csv", "a.csv", "name,country,lat,lng\nNeuquellbach,DE,50,10\n");
  import("csv", "a.csv", "name,country,lat,lng\nAltquellbach,DE,50,10\n");
  EXPECT_THAT(sources(), ElementsAre("csv", "default", "natural-earth"));
  EXPECT_TRUE(gazetteer_->named("neuquellbach").empty());
  EXPECT_FALSE(gazetteer_->named("altquellbach").empty());
}

TEST_F(Combined, SaysOfEachSourceWhereItComesFrom) {
  import("csv", "a.csv", "name,country,lat,lng\nNeuquellbach,DE,50,10\n");
  const auto info = gazetteer_->info();
  EXPECT_EQ(info.sources.at(0).kind, "csv");
  EXPECT_THAT(info.sources.at(0).version, HasSubstr("a.csv, 20"));
  EXPECT_EQ(info.sources.at(0).rows, 1u);
  EXPECT_GT(info.sources.at(1).rows, 20'000u);
  EXPECT_GT(info.sources.at(2).rows, 200u);
}

TEST_F(Combined, ShapesOfStatesFindTheStatesThatAreKnown) {
  import("polygons", "states.geojsonl", state(R"("iso_3166_2":"US-IL","iso_a2":"US","name":"Illinois")"));
  const auto illinois = state_at(40, -90);
  EXPECT_EQ(illinois.key, place_key("geonames", "US.IL"));
  EXPECT_EQ(country_at(40, -90).code, "US") << "the built-in shapes still tell the country";
}

TEST_F(Combined, ShapesOfStatesThatAreNotKnownMakeThem) {
  import("polygons", "states.geojsonl", state(R"("iso_3166_2":"US-ZZ","iso_a2":"US","name":"Jefferson")"));
  const auto made = state_at(40, -90);
  EXPECT_EQ(made.name, "Jefferson");
  EXPECT_EQ(made.kind, Kind::admin1);
  EXPECT_EQ(gazetteer_->place(made.country).code, "US");
}

TEST_F(Combined, ImportedShapesOfACountryReplaceTheBuiltInOne) {
  const std::string middle_of_the_atlantic =
      R"({"type":"Feature","properties":{"ISO_A2":"PT"},"geometry":{"type":"Polygon","coordinates":)"
      R"([[[-41,29],[-40,29],[-40,30],[-41,30],[-41,29]]]}})";
  import("polygons", "pt.geojson", middle_of_the_atlantic);
  EXPECT_EQ(country_at(29.5, -40.5).code, "PT");
  EXPECT_NE(country_at(38.72, -9.14).code, "PT") << "Lisbon is in no shape now";
  EXPECT_EQ(country_at(40.4, -3.7).code, "ES");
}

TEST_F(Combined, ADamagedSourceFailsTheNextImportUntilItIsImportedAgainOrRemoved) {
  import("csv", "a.csv", "name,country,lat,lng\nNeuquellbach,DE,50,10\n", "mine");
  const auto source = folder_.path() / "gazetteer" / "sources" / "mine.src";
  std::filesystem::resize_file(source, std::filesystem::file_size(source) - 5);
  const auto more = folder_.write("b.csv", "name,country,lat,lng\nAltquellbach,DE,50,11\n");
  const auto failed =
      import_source({more}, {.data_directory = folder_.path(), .format = "csv", .name = "more"});
  ASSERT_FALSE(failed);
  EXPECT_THAT(failed.error().message, HasSubstr("mine.src is cut short; import it again, or remove it"));
  EXPECT_FALSE(std::filesystem::exists(source.parent_path() / "more.src")) << "nothing has changed";
  ASSERT_TRUE(remove_source(folder_.path(), "mine"));
  import("csv", "b.csv", "name,country,lat,lng\nAltquellbach,DE,50,11\n", "more");
  EXPECT_THAT(sources(), ElementsAre("more", "default", "natural-earth"));
}

TEST_F(Combined, AnImportSweepsWhatAKilledOneLeft) {
  std::filesystem::create_directories(folder_.path() / "gazetteer" / "sources");
  const auto left = folder_.write("gazetteer/sources/csv.src.part123", "half a source");
  const auto half = folder_.write("gazetteer/gazetteer.idx.part123", "half an index");
  import("csv", "a.csv", "name,country,lat,lng\nNeuquellbach,DE,50,10\n");
  EXPECT_FALSE(std::filesystem::exists(left));
  EXPECT_FALSE(std::filesystem::exists(half));
}

TEST_F(Combined, CountriesWithoutATownAreKnownByTheirShapes) {
  import("csv", "a.csv", "name,country,lat,lng\nNeuquellbach,DE,50,10\n");
  EXPECT_EQ(country_at(-90, 0).code, "AQ");
}

}  // namespace
}  // namespace waypost::geo
