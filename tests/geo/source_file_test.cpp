#include "geo/source_file.hpp"

#include <gmock/gmock.h>

#include "support/gazetteer.hpp"

namespace waypost::geo {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class SourceFileTest : public ::testing::Test {
 protected:
  std::filesystem::path path() const { return folder_.path() / "mine.src"; }

  void write(const std::vector<SourceRow>& rows) {
    auto writer = SourceWriter::create(path());
    ASSERT_TRUE(writer) << writer.error().message;
    for (const auto& row : rows) writer->add(row);
    const auto done = writer->finish({.name = "mine",
                                      .kind = "csv",
                                      .version = "of today",
                                      .attribution = "© \"Me\"\n",
                                      .licence = "CC0",
                                      .imported_at = "2026-11-25T12:00:00.000Z",
                                      .rows = rows.size()});
    ASSERT_TRUE(done) << done.error().message;
  }

  /// The number of rows, or the failure.
  std::string read() {
    auto reader = SourceReader::open(path());
    if (!reader) return reader.error().message;
    for (std::size_t count = 0;; ++count) {
      const auto row = reader->next();
      if (!row) return row.error().message;
      if (!*row) return std::to_string(count);
    }
  }

  test::TemporaryFolder folder_;
};

TEST_F(SourceFileTest, GivesBackWhatWasWritten) {
  const LatLng here{.lat_e7 = -481234567, .lng_e7 = 1799999999};
  write({DraftPlace{.kind = Kind::admin2,
                    .key = UINT64_MAX,
                    .location = here,
                    .population = 4'000'000'000,
                    .name = "Ørsted",
                    .code = "Ø",
                    .timezone = "Europe/Oslo",
                    .country = "NO",
                    .admin1 = "12",
                    .admin2 = "34"},
         DraftPlace{.kind = Kind::country, .key = 7, .name = "", .country = "SE"},
         SourceName{.key = 7, .language = "de", .name = "Schweden", .rank = NameRank::preferred},
         DraftPostalCode{.country = "SE",
                         .code = "111 22",
                         .locality = "Stockholm",
                         .admin1_name = "a",
                         .admin1 = "b",
                         .admin2_name = "c",
                         .location = std::nullopt},
         DraftAddress{.country = "SE",
                      .number = "12a",
                      .street = "Gatan",
                      .city = "d",
                      .district = "e",
                      .region = "f",
                      .postal_code = "11122",
                      .location = here},
         SourceShape{.kind = Kind::admin1,
                     .country = "SE",
                     .admin1 = "01",
                     .iso = "SE-AB",
                     .name = "g",
                     .rings = {{{1, 2}, {1'800'001'000, -900'001'000}, {-5, 6}, {1, 2}}, {}}}});
  auto reader = SourceReader::open(path());
  ASSERT_TRUE(reader) << reader.error().message;
  EXPECT_EQ(reader->info().attribution, "© \"Me\"\n");
  EXPECT_EQ(reader->info().imported_at, "2026-11-25T12:00:00.000Z");
  EXPECT_EQ(reader->info().rows, 6u);

  const auto next = [&reader] { return reader->next().value().value(); };
  const auto first = next();
  const auto& place = std::get<DraftPlace>(first);
  EXPECT_EQ(place.kind, Kind::admin2);
  EXPECT_EQ(place.key, UINT64_MAX);
  EXPECT_EQ(place.location, here);
  EXPECT_EQ(place.population, 4'000'000'000u);
  EXPECT_EQ(place.name, "Ørsted");
  EXPECT_EQ(place.admin2, "34");
  const auto second = next();
  EXPECT_EQ(std::get<DraftPlace>(second).location, std::nullopt);
  const auto third = next();
  EXPECT_EQ(std::get<SourceName>(third).name, "Schweden");
  EXPECT_EQ(std::get<SourceName>(third).rank, NameRank::preferred);
  const auto fourth = next();
  EXPECT_EQ(std::get<DraftPostalCode>(fourth).code, "111 22");
  const auto fifth = next();
  EXPECT_EQ(std::get<DraftAddress>(fifth).number, "12a");
  EXPECT_EQ(std::get<DraftAddress>(fifth).location, here);
  const auto sixth = next();
  const auto& shape = std::get<SourceShape>(sixth);
  EXPECT_EQ(shape.iso, "SE-AB");
  ASSERT_EQ(shape.rings.size(), 2u);
  EXPECT_EQ(shape.rings[0][1], (Corner{1'800'001'000, -900'001'000}));
  EXPECT_EQ(shape.rings[0][3], (Corner{1, 2}));
  EXPECT_EQ(reader->next().value(), std::nullopt);
}

TEST_F(SourceFileTest, HoldsManyRowsInLittleSpace) {
  std::vector<SourceRow> rows(50'000, DraftAddress{.country = "DE",
                                                   .number = "7",
                                                   .street = "Lange Straße",
                                                   .city = "Berlin",
                                                   .district = {},
                                                   .region = {},
                                                   .postal_code = "10115",
                                                   .location = {}});
  write(rows);
  EXPECT_EQ(read(), "50000");
  EXPECT_LT(std::filesystem::file_size(path()), 200'000u);
}

TEST_F(SourceFileTest, SaysThatTheDiskIsFull) {
  auto writer = SourceWriter::create("/dev/full");
  ASSERT_TRUE(writer);
  writer->add(SourceName{.key = 1, .language = "de", .name = "Dorf"});
  const auto done = writer->finish({});
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, Code::insufficient_storage);
  EXPECT_THAT(done.error().message, HasSubstr("cannot write /dev/full: No space left on device"));
}

TEST_F(SourceFileTest, NamesTheDamageAndTheRemedy) {
  std::vector<SourceRow> rows;
  for (std::uint64_t i = 0; i < 3000; ++i)
    rows.emplace_back(SourceName{.key = i * 0x9E3779B97F4A7C15, .language = "de", .name = "Dorf"});
  write(rows);
  std::ifstream in(path(), std::ios::binary);
  const std::string whole((std::istreambuf_iterator<char>(in)), {});
  const auto damaged = [&](std::string bytes) {
    std::ofstream(path(), std::ios::binary) << bytes;
    return read();
  };
  const auto remedy = HasSubstr("import it again, or remove it (waypost import --remove NAME)");
  EXPECT_THAT(damaged(""), AllOf(HasSubstr("mine.src is cut short"), remedy));
  EXPECT_THAT(damaged("x" + whole), AllOf(HasSubstr("is no gazetteer source"), remedy));
  EXPECT_THAT(damaged(whole.substr(0, whole.size() - 1)), AllOf(HasSubstr("is cut short"), remedy));
  auto other = whole;
  other[8] = 9;
  EXPECT_THAT(damaged(other), AllOf(HasSubstr("has format 9 and this waypost reads format 1"), remedy));
  for (std::size_t at = 8; at < whole.size(); at += 101) {
    other = whole;
    other[at] = static_cast<char>(~other[at]);
    EXPECT_THAT(damaged(other), HasSubstr("mine.src")) << "byte " << at;
  }
  EXPECT_EQ(damaged(whole), "3000");
}

}  // namespace
}  // namespace waypost::geo
