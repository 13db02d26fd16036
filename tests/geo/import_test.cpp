#include "waypost/geo/import.hpp"

#include <gmock/gmock.h>
#include <sys/resource.h>

#include <csignal>

#include "geo/index_file.hpp"
#include "support/gazetteer.hpp"
#include "waypost/geo/google.hpp"

namespace waypost::geo {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

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

/// Each reason with its count and where it stands first.
std::vector<std::string> skips(const ImportSummary& summary) {
  std::vector<std::string> out;
  for (const auto& skipped : summary.skipped) {
    out.push_back(std::to_string(skipped.rows) + ' ' + skipped.reason + ' ' + skipped.first.at(0).file + ':' +
                  std::to_string(skipped.first.at(0).line));
  }
  return out;
}

/// No file may grow larger while this lives: writes fail in the middle, as they do on a full disk.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{.rlim_cur = bytes, .rlim_max = before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  sighandler_t handler_;
  rlimit before_{};
};

class ImportGeonames : public ::testing::Test {
 protected:
  Result<ImportSummary> import(const std::vector<std::filesystem::path>& files,
                               const std::string& name = "test") {
    return import_source(files, {.data_directory = folder_.path(), .format = "geonames", .name = name});
  }

  std::string first(std::string text, std::string language = "") {
    const auto gazetteer = Gazetteer::open(index());
    if (!gazetteer) return gazetteer.error().message;
    return flat_result(geocode(*gazetteer, {.text = std::move(text), .language = std::move(language)}))
        .formatted_address;
  }

  std::filesystem::path index() const { return folder_.path() / "gazetteer" / "gazetteer.idx"; }
  std::filesystem::path source() const { return folder_.path() / "gazetteer" / "sources" / "test.src"; }
  bool nothing_was_written() const {
    return !std::filesystem::exists(index()) && !std::filesystem::exists(source());
  }

  test::TemporaryFolder folder_;
};

TEST_F(ImportGeonames, BuildsAnIndexThatAnswers) {
  const auto summary = import({folder_.write("AT.txt", places)});
  ASSERT_TRUE(summary) << summary.error().message;
  EXPECT_EQ(summary->rows_read, 5u);
  EXPECT_EQ(summary->rows_kept, 5u);
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
  EXPECT_EQ(summary->rows_kept, 5u);
  EXPECT_THAT(
      skips(*summary),
      UnorderedElementsAre("2 not 19 columns mixed.txt:6", "1 no valid latitude and longitude mixed.txt:7",
                           "1 a feature that is no place to look up (not P, ADM1–5 or PCL, or "
                           "historical) mixed.txt:8",
                           "1 no geonameid in the first column mixed.txt:9", "1 not UTF-8 mixed.txt:10",
                           "1 a geonameid that came before mixed.txt:11"));
}

TEST_F(ImportGeonames, ChangesNothingWhenItFails) {
  const auto failure = [this](const std::vector<std::filesystem::path>& files) {
    const auto summary = import(files);
    return summary ? "imported" : summary.error().message;
  };
  EXPECT_THAT(failure({}), HasSubstr("no file to import"));
  EXPECT_THAT(failure({folder_.write("countryInfo.txt", "")}), HasSubstr("no file of places"));
  EXPECT_THAT(failure({folder_.path() / "absent.txt"}), HasSubstr("No such file"));
  EXPECT_THAT(failure({folder_.write("photo.txt", "\x89PNG\r\n\x1a\n")}),
              HasSubstr("no row could be used: not UTF-8 (photo.txt:1)"));
  EXPECT_THAT(failure({folder_.write("cut.gz", std::string_view("\x1f\x8b\x08\0\0\0\0\0\0\3\x4b", 11))}),
              HasSubstr("cut.gz: the gzip data ends too early"));
  EXPECT_TRUE(nothing_was_written());

  ASSERT_TRUE(import({folder_.write("AT.txt", places)}));
  EXPECT_THAT(failure({folder_.write("photo.txt", "no table")}), HasSubstr("no row could be used"));
  EXPECT_EQ(first("Oberdorf, Austria"), "Oberdorf, Austria");
}

TEST_F(ImportGeonames, KeepsTheOldIndexWhenTheNewOneCannotBeWritten) {
  const auto old_file = folder_.write("AT.txt", places);
  const auto new_file =
      folder_.write("more.txt", places + row("9", "Neudorf", "", "47.6", "13.6", "P PPL", "AT", "05", "100"));
  ASSERT_TRUE(import({old_file}));
  const auto serving = Gazetteer::open(index());
  ASSERT_TRUE(serving);
  // The source has room, the index, which holds the shapes of countries too, has not; then neither has.
  for (const rlim_t bytes : {256 * 1024, 64}) {
    const FileSizeLimit limit(bytes);
    const auto summary = import({new_file});
    ASSERT_FALSE(summary) << bytes;
    EXPECT_THAT(summary.error().message, HasSubstr("cannot write")) << bytes;
    EXPECT_THAT(summary.error().message, HasSubstr("File too large")) << bytes;
  }
  EXPECT_EQ(first("Oberdorf, Austria"), "Oberdorf, Austria");
  EXPECT_EQ(first("Neudorf"), "");
  EXPECT_EQ(flat_result(geocode(*serving, {.text = "Oberdorf, Austria"})).formatted_address,
            "Oberdorf, Austria");
  for (const auto& entry : std::filesystem::recursive_directory_iterator(index().parent_path()))
    EXPECT_THAT(entry.path().filename().string(), Not(HasSubstr(".part")));
  ASSERT_TRUE(import({new_file}));
  EXPECT_EQ(first("Neudorf"), "Neudorf, Austria");
}

TEST(IndexFile, SaysThatTheDiskIsFull) {
  IndexFile file;
  file.add(index::Section::strings, std::string(100'000, 'x'));
  const auto done = file.write("/dev/full");
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, Code::insufficient_storage);
  EXPECT_THAT(done.error().message, HasSubstr("cannot write /dev/full: No space left on device; free some"));
}

TEST_F(ImportGeonames, RefusesNamesThatAreNoFileNames) {
  const auto file = folder_.write("AT.txt", places);
  for (const auto* name : {"../x", "A", "default", "natural-earth"})
    EXPECT_FALSE(import({file}, name)) << name;
}

TEST_F(ImportGeonames, GivesAPlaceTheSameIdEveryTime) {
  const auto id_of = [this](const std::string& content) {
    EXPECT_TRUE(import({folder_.write("AT.txt", content)}));
    const auto gazetteer = Gazetteer::open(index());
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
  std::string last_file = "none";
  const auto summary = import_source(
      {folder_.write("many.txt", many)},
      {.data_directory = folder_.path(), .format = "geonames", .progress = [&](const Progress& progress) {
         EXPECT_LE(progress.bytes_done, progress.bytes_total);
         rows.push_back(progress.rows);
         last_file = progress.file;
       }});
  ASSERT_TRUE(summary);
  EXPECT_EQ(rows, (std::vector<std::uint64_t>{20'000, 40'000, 45'000, 45'000}));
  EXPECT_EQ(last_file, "") << "the index is being built";
}

TEST_F(ImportGeonames, TellsItsProgressOverAllFiles) {
  const auto one = folder_.write("one.txt", places);
  const auto two = folder_.write("two.txt", row("9", "Letztdorf", "", "47", "13", "P PPL", "AT", "", "1"));
  std::vector<std::uint64_t> done;
  const auto summary = import_source(
      {one, two}, {.data_directory = folder_.path(),
                   .format = "geonames",
                   .progress = [&](const Progress& progress) { done.push_back(progress.bytes_done); }});
  ASSERT_TRUE(summary);
  const auto first = std::filesystem::file_size(one), all = first + std::filesystem::file_size(two);
  EXPECT_EQ(done, (std::vector<std::uint64_t>{first, all, all}));
}

TEST_F(ImportGeonames, LendsNamesOfTheBuiltInTownsToTheSamePlacesOfADump) {
  const auto munich = row("2867714", "Munich", "", "48.13743", "11.57549", "P PPLA", "DE", "02", "1500000");
  ASSERT_TRUE(import({folder_.write("DE.txt", munich)}));
  EXPECT_EQ(first("Munich", "de"), "München, Deutschland");
  EXPECT_EQ(first("Munich, Bavaria"), "Munich, Germany");
  EXPECT_EQ(first("Hamburg"), "") << "the dump answers, not the built-in towns";
}

TEST_F(ImportGeonames, ReadsTranslationsAndSecondLevelDivisions) {
  const auto translations =
      folder_.write("place_translations.json", R"({"1": {"it": "Villaggio di sopra"}, "999": {"it": "X"}})");
  const auto admin2 = folder_.write("admin2Codes.txt",
                                    "AT.05.503\tHallein District\tHallein District\t2777600\n"
                                    "no code\tX\tX\t1\n");
  const auto summary = import({folder_.write("AT.txt", places), translations, admin2});
  ASSERT_TRUE(summary) << summary.error().message;
  EXPECT_EQ(first("Villaggio di sopra", "it"), "Villaggio di sopra, Austria");
  EXPECT_THAT(skips(*summary), UnorderedElementsAre("1 no admin2 code such as US.IL.031 admin2Codes.txt:2"));
}

}  // namespace
}  // namespace waypost::geo
