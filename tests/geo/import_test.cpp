#include "waypost/geo/import.hpp"

#include <gmock/gmock.h>

#include <sstream>

#include "support/gazetteer.hpp"
#include "waypost/geo/google.hpp"

namespace waypost::geo {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

/// A row of a GeoNames dump.
std::string row(std::string_view id, std::string_view name, std::string_view alternates, std::string_view lat,
                std::string_view lng, std::string_view kind, std::string_view country,
                std::string_view admin1, std::string_view population) {
  std::string out;
  for (const auto column :
       {id, name, name, alternates, lat, lng, kind.substr(0, 1), kind.substr(2), country, std::string_view(),
        admin1, std::string_view(), std::string_view(), std::string_view(), population, std::string_view(),
        std::string_view(), std::string_view("Europe/Vienna"), std::string_view("2024-01-01")}) {
    if (!out.empty()) out += '\t';
    out += column;
  }
  return out + "\n";
}

const std::string places =
    row("1", "Oberdorf", "Upper Village,Горное", "47.5", "13.5", "P PPL", "AT", "05", "3000") +
    row("2", "Oberdorf", "", "47.0", "9.5", "P PPL", "CH", "", "9000") +
    row("3", "Altstadt", "", "47.501", "13.501", "P PPLX", "AT", "05", "400") +
    row("4", "Land Salzburg", "", "47.25", "13.25", "A ADM1", "AT", "05", "560000") +
    row("5", "Republic of Austria", "", "47.33", "13.33", "A PCLI", "AT", "00", "8800000");

class ImportGeonames : public ::testing::Test {
 protected:
  Result<ImportSummary> import(const std::vector<std::filesystem::path>& files,
                               const std::string& name = "test") {
    return import_geonames(files, {.data_directory = folder_.path(), .name = name, .progress = {}});
  }

  std::string first(std::string text, std::string language = "") {
    const auto gazetteer = Gazetteer::open(folder_.path() / "gazetteer" / "test.idx");
    if (!gazetteer) return gazetteer.error().message;
    return flat_result(geocode(*gazetteer, {.text = std::move(text), .language = std::move(language)}))
        .formatted_address;
  }

  bool nothing_was_written() { return !std::filesystem::exists(folder_.path() / "gazetteer" / "test.idx"); }

  test::TemporaryFolder folder_;
};

TEST_F(ImportGeonames, BuildsAnIndexThatAnswers) {
  const auto summary = import({folder_.write("AT.txt", places)});
  ASSERT_TRUE(summary) << summary.error().message;
  EXPECT_EQ(summary->rows_read, 5u);
  EXPECT_EQ(summary->places, 6u);  // Switzerland is known by its town
  EXPECT_THAT(summary->skipped, SizeIs(0));
  EXPECT_EQ(first("Oberdorf"), "Oberdorf, Switzerland");
  EXPECT_EQ(first("Oberdorf, Austria"), "Oberdorf, Austria");
  EXPECT_EQ(first("Oberdorf, Land Salzburg"), "Oberdorf, Austria");
  EXPECT_EQ(first("Oberdorf AT", "de"), "Oberdorf, Österreich");
  EXPECT_EQ(first("upper village"), "Oberdorf, Austria");
  EXPECT_EQ(first("горное"), "Oberdorf, Austria");
  EXPECT_EQ(first("Austria"), "Austria");
}

TEST_F(ImportGeonames, KnowsTheOtherTablesByTheirFileNames) {
  const auto countries =
      folder_.write("countryInfo.txt",
                    "# a comment\nAT\tAUT\t040\tAU\tAustria\tVienna\t83858\t8847037\tEU\t.at\tEUR\tEuro\t43"
                    "\t####\t\tde-AT\t2782113\tCH,DE\t\n");
  const auto states = folder_.write("admin1CodesASCII.txt", "AT.05\tSalzburg\tSalzburg\t2766823\n");
  const auto names = folder_.write("alternateNamesV2.txt",
                                   "10\t1\tde\tDorf oben\t\t\t\t\n"
                                   "11\t1\tde\tOberdorf am See\t1\t\t\t\n"
                                   "12\t1\tfr\tVillage-Haut\t\t\t\t\n"
                                   "13\t1\tfr\tVieuxville\t\t\t\t1\n"
                                   "14\t1\tlink\thttps://example.com\t\t\t\t\n"
                                   "15\t2766823\tfr\tSalzbourg\t\t\t\t\n"
                                   "16\t999\tfr\tAilleurs\t\t\t\t\n");
  const auto summary = import({names, folder_.write("AT.txt", places), states, countries});
  ASSERT_TRUE(summary) << summary.error().message;
  EXPECT_EQ(first("Oberdorf, Salzburg", "de"), "Oberdorf am See, Österreich");
  EXPECT_EQ(first("Dorf oben", "fr"), "Village-Haut, Autriche");
  EXPECT_EQ(first("Vieuxville", "fr"), "Village-Haut, Autriche");
  EXPECT_EQ(first("Salzbourg"), "Salzburg, Austria");
  EXPECT_EQ(first("https://example.com"), "");
}

TEST_F(ImportGeonames, SkipsBrokenRowsAndSaysWhereTheyStand) {
  const auto file =
      folder_.write("mixed.txt", places + "only\tthree\tcolumns\n" +
                                     row("6", "Pole", "", "91", "0", "P PPL", "AT", "", "1") +
                                     row("7", "River", "", "47", "13", "H STM", "AT", "", "") +
                                     row("x", "Nobody", "", "47", "13", "P PPL", "AT", "", "") +
                                     row("8", "No\xff", "", "47", "13", "P PPL", "AT", "", "") +
                                     row("1", "Twice", "", "47", "13", "P PPL", "AT", "", "") + "a\n");
  const auto summary = import({file});
  ASSERT_TRUE(summary) << summary.error().message;
  EXPECT_EQ(summary->rows_read, 12u);
  const auto text = describe(*summary);
  EXPECT_THAT(text, HasSubstr("skipped 2: not 19 columns (mixed.txt:6, mixed.txt:12)"));
  EXPECT_THAT(text, HasSubstr("skipped 1: no valid latitude and longitude (mixed.txt:7)"));
  EXPECT_THAT(text, HasSubstr("skipped 1: a feature that is no place to look up"));
  EXPECT_THAT(text, HasSubstr("skipped 1: no geonameid in the first column (mixed.txt:9)"));
  EXPECT_THAT(text, HasSubstr("skipped 1: not UTF-8 (mixed.txt:10)"));
  EXPECT_THAT(text, HasSubstr("skipped 1: a geonameid that came before (mixed.txt:11)"));
}

TEST_F(ImportGeonames, ChangesNothingWhenItFails) {
  const auto failure = [this](const std::vector<std::filesystem::path>& files) {
    const auto summary = import(files);
    return summary ? "imported" : summary.error().message;
  };
  EXPECT_THAT(failure({}), HasSubstr("no file of places"));
  EXPECT_THAT(failure({folder_.path() / "absent.txt"}), HasSubstr("No such file"));
  EXPECT_THAT(failure({folder_.write("photo.txt", "\x89PNG\r\n\x1a\n")}), HasSubstr("no row is a place"));
  EXPECT_THAT(failure({folder_.write("cut.gz", std::string_view("\x1f\x8b\x08\0\0\0\0\0\0\3\x4b", 11))}),
              HasSubstr("cut.gz: the gzip data ends too early"));
  EXPECT_TRUE(nothing_was_written());

  ASSERT_TRUE(import({folder_.write("AT.txt", places)}));
  EXPECT_THAT(failure({folder_.write("photo.txt", "no table")}), HasSubstr("no row is a place"));
  EXPECT_EQ(first("Oberdorf, Austria"), "Oberdorf, Austria");
}

TEST_F(ImportGeonames, RefusesNamesThatAreNoFileNames) {
  const auto file = folder_.write("AT.txt", places);
  for (const auto* name : {"", "../x", "A", "default-1"}) EXPECT_FALSE(import({file}, name)) << name;
}

TEST_F(ImportGeonames, GivesAPlaceTheSameIdEveryTime) {
  const auto id_of = [this](const std::string& content) {
    EXPECT_TRUE(import({folder_.write("AT.txt", content)}));
    const auto gazetteer = Gazetteer::open(folder_.path() / "gazetteer" / "test.idx");
    return flat_result(geocode(*gazetteer, {.text = "Oberdorf, Austria"})).place_id;
  };
  const auto before = id_of(places);
  const auto after = id_of(row("77", "Unterdorf", "", "47.4", "13.4", "P PPL", "AT", "05", "90000") + places);
  EXPECT_EQ(before, after);
}

TEST_F(ImportGeonames, TellsItsProgress) {
  std::string many;
  for (int i = 0; i < 45'000; ++i) {
    many += row(std::to_string(i + 1), "Place " + std::to_string(i), "", "47", "13", "P PPL", "AT", "", "1");
  }
  std::vector<std::uint64_t> rows;
  const auto summary = import_geonames(
      {folder_.write("many.txt", many)},
      {.data_directory = folder_.path(), .name = "test", .progress = [&](const Progress& progress) {
         EXPECT_LE(progress.bytes_done, progress.bytes_total);
         rows.push_back(progress.rows);
       }});
  ASSERT_TRUE(summary);
  EXPECT_EQ(rows, (std::vector<std::uint64_t>{20'000, 40'000, 45'000}));
}

TEST_F(ImportGeonames, IsACommand) {
  std::ostringstream out, err;
  const auto file = folder_.write("AT.txt", places);
  EXPECT_EQ(import_command({file}, {.data_directory = folder_.path(), .name = "test", .progress = {}}, out,
                           err, false),
            0);
  EXPECT_THAT(out.str(), HasSubstr("6 places with"));
  EXPECT_EQ(err.str(), "");
  EXPECT_EQ(
      import_command({}, {.data_directory = folder_.path(), .name = "test", .progress = {}}, out, err, false),
      1);
  EXPECT_THAT(err.str(), HasSubstr("waypost: no file of places"));
}

}  // namespace
}  // namespace waypost::geo
