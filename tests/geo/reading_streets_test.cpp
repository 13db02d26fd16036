#include <gmock/gmock.h>
#include <zlib.h>

#include <cstring>
#include <random>
#include <sstream>

#include "geo/index_builder.hpp"
#include "geo/index_format.hpp"
#include "support/gazetteer.hpp"
#include "waypost/geo/search.hpp"

/// Addresses of a small index of three towns: what a query finds there.
namespace waypost::geo {
namespace {

struct House {
  std::string_view country, number, street, city, postal_code;
  double lat, lng;
};

const House houses[] = {
    {"US", "10", "Main Street", "Springfield", "62701", 39.8001, -89.6501},
    {"US", "14", "Main Street", "Springfield", "62701", 39.8005, -89.6501},
    {"US", "11", "Main Street", "Springfield", "62701", 39.8002, -89.6503},
    {"US", "20-28", "Main Street", "Springfield", "62702", 39.8010, -89.6501},
    {"US", "14", "Main Avenue", "Springfield", "62701", 39.7900, -89.6400},
    {"US", "7", "C Street Northeast", "Springfield", "62701", 39.7910, -89.6410},
    {"US", "7", "D Street Northeast", "Springfield", "62701", 39.7920, -89.6420},
    {"US", "5", "Springfield Street", "Springfield", "62701", 39.7930, -89.6430},
    {"US", "5", "Springfield Street", "Boston", "02118", 42.3400, -71.0700},
    {"US", "14", "Main Street", "Boston", "02129", 42.3700, -71.0600},
    {"DE", "12A", "Königstraße", "Stuttgart", "70173", 48.7800, 9.1800},
    {"DE", "12", "Königstraße", "Stuttgart", "70173", 48.7801, 9.1801},
    {"SK", "4273/34", "Banšelova", "Bratislava", "821 04", 48.1750, 17.1687},
    {"GB", "1", "Commercial Road", "Southampton", "SO15 2EJ", 50.9100, -1.4100},
    {"UA", "5", "вулиця Городоцька", "Львів", "79016", 49.8400, 24.0200},
};

GazetteerPtr make_gazetteer(const std::filesystem::path& path) {
  IndexBuilder builder;
  const auto source = builder.add_source({.name = "test", .kind = "test"});
  const auto town = [&](std::string_view name, std::string_view country, double lat, double lng,
                        std::uint32_t people) {
    builder.add({.kind = Kind::locality,
                 .key = std::hash<std::string_view>{}(name),
                 .location = LatLng::from_degrees(lat, lng),
                 .population = people,
                 .name = name,
                 .country = country,
                 .source = source});
  };
  for (const auto* code : {"US", "DE", "SK", "UA"})
    builder.add({.kind = Kind::country,
                 .key = std::hash<std::string_view>{}(code),
                 .name = code,
                 .code = code,
                 .country = code});
  town("Springfield", "US", 39.80, -89.65, 115'000);
  town("Boston", "US", 42.35, -71.06, 650'000);
  town("Stuttgart", "DE", 48.78, 9.18, 600'000);
  town("Bratislava", "SK", 48.15, 17.11, 420'000);
  town("Львів", "UA", 49.84, 24.02, 720'000);
  for (const auto& house : houses) {
    builder.add_address({.country = house.country,
                         .number = house.number,
                         .street = house.street,
                         .city = house.city,
                         .postal_code = house.postal_code,
                         .location = LatLng::from_degrees(house.lat, house.lng),
                         .source = source});
  }
  builder.add_postal_code({.country = "GB",
                           .code = "SW1A",
                           .locality = "Westminster",
                           .location = LatLng::from_degrees(51.5, -0.13),
                           .source = source});
  builder.add_postal_code({.country = "GB",
                           .code = "SO15",
                           .locality = "Southampton",
                           .location = LatLng::from_degrees(50.91, -1.41),
                           .source = source});
  const auto written = builder.write(path);
  if (!written) throw std::runtime_error(written.error().message);
  return Gazetteer::open(path).value();
}

class Streets : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new test::TemporaryFolder;
    gazetteer_ = make_gazetteer(folder_->path() / "streets.idx");
  }
  static void TearDownTestSuite() {
    gazetteer_.reset();
    delete folder_;
  }

  static std::string describe(const Answer& answer) {
    if (answer.hits.empty()) return "nothing";
    const auto& hit = answer.hits.front();
    const auto place = gazetteer_->place(hit.place);
    std::string out = (hit.house ? hit.house->number + " " : "") + std::string(place.name);
    if (place.locality != no_place && place.locality != place.number)
      out += ", " + std::string(gazetteer_->place(place.locality).name);
    if (hit.house && hit.house->interpolated) out += " (interpolated)";
    if (hit.match == MatchKind::partial) out += " (partial)";
    if (hit.match == MatchKind::fuzzy) out += " (fuzzy)";
    return out;
  }
  static std::string find(std::string text) {
    return describe(geocode(gazetteer_, {.text = std::move(text)}));
  }

  static test::TemporaryFolder* folder_;
  static GazetteerPtr gazetteer_;
};
test::TemporaryFolder* Streets::folder_ = nullptr;
GazetteerPtr Streets::gazetteer_;

TEST_F(Streets, AreUnderstoodInEveryOrderAndSpelling) {
  for (const auto* text :
       {"14 Main Street, Springfield", "Main St 14 Springfield", "springfield main str. 14",
        "14 MAIN ST SPRINGFIELD 62701", "Springfield, 14 Main Street, US"}) {
    EXPECT_EQ(find(text), "14 Main Street, Springfield") << text;
  }
  EXPECT_EQ(find("14 Main Street, Boston"), "14 Main Street, Boston");
  EXPECT_EQ(find("14 Main Street 02129"), "14 Main Street, Boston");
  EXPECT_EQ(find("14 Main Ave, Springfield"), "14 Main Avenue, Springfield");
  EXPECT_EQ(find("Main Springfield 11"), "11 Main Street, Springfield");
}

TEST_F(Streets, ReadLettersAndOtherScripts) {
  for (const auto* text : {"12a Königstr. Stuttgart", "Königstraße 12A, 70173",
                           "Koenigstrasse 12 a Stuttgart", "KÖNIG STR 12A STUTTGART"}) {
    EXPECT_EQ(find(text), "12A Königstraße, Stuttgart") << text;
  }
  EXPECT_EQ(find("Городоцька 5, Львів"), "5 вулиця Городоцька, Львів");
  EXPECT_EQ(find("vul. Horodotska 5 Львів"), "5 вулиця Городоцька, Львів");
  EXPECT_EQ(find("7 D St NE Springfield"), "7 D Street Northeast, Springfield");
  EXPECT_EQ(find("7 C St NE Springfield"), "7 C Street Northeast, Springfield");
}

TEST_F(Streets, WhoseNameIsATownAreToldFromIt) {
  EXPECT_EQ(find("5 Springfield Street, Springfield"), "5 Springfield Street, Springfield");
  EXPECT_EQ(find("5 Springfield Street, Boston"), "5 Springfield Street, Boston");
  EXPECT_EQ(find("Springfield"), "Springfield");
}

TEST_F(Streets, LoseToTheTownThatContradictsThem) {
  EXPECT_EQ(find("12 König St, Boston"), "Boston (partial)");
  EXPECT_EQ(find("99 Unknown Road, Springfield"), "Springfield (partial)");
  EXPECT_EQ(find("12 König St, Stuttgart"), "12 Königstraße, Stuttgart");
}

TEST_F(Streets, PlaceUnknownHousesBetweenTheirNeighbours) {
  EXPECT_EQ(find("12 Main Street, Springfield"), "12 Main Street, Springfield (interpolated)");
  EXPECT_EQ(find("24 Main Street, Springfield"), "20-28 Main Street, Springfield");
  EXPECT_EQ(find("999 Main Street, Springfield"), "Main Street, Springfield (partial)");
  EXPECT_EQ(find("Banšelova 34, Bratislava"), "4273/34 Banšelova, Bratislava");
  EXPECT_EQ(find("4273/34 Banselova, Bratislava 82104"), "4273/34 Banšelova, Bratislava");
}

TEST_F(Streets, TolerateFlats) {
  for (const auto* text : {"14 Main Street apt 4, Springfield", "14 Main Street #4, Springfield",
                           "Unit 3, 14 Main Street, Springfield"}) {
    EXPECT_EQ(find(text), "14 Main Street, Springfield") << text;
  }
}

TEST_F(Streets, ForgiveTypingErrors) {
  EXPECT_EQ(find("12a Köngistraße, Stuttgart"), "12A Königstraße, Stuttgart (fuzzy)");
  EXPECT_EQ(find("12a Königstrase, Stuttgart"), "12A Königstraße, Stuttgart (fuzzy)");
  EXPECT_EQ(find("14 Main Sreet, Sprngfield"), "14 Main Street, Springfield (fuzzy)");
}

TEST_F(Streets, AnswerInParts) {
  const auto in_parts = [](AddressParts parts) {
    return describe(geocode(gazetteer_, {.text = "", .parts = std::move(parts)}));
  };
  EXPECT_EQ(in_parts({.street = "14 Main Street", .locality = "Boston"}), "14 Main Street, Boston");
  EXPECT_EQ(in_parts({.street = "Springfield Street 5", .postal_code = "02118"}),
            "5 Springfield Street, Boston");
  EXPECT_EQ(in_parts({.locality = "Springfield"}), "Springfield");
}

TEST_F(Streets, CompleteWhatIsBeingTyped) {
  const auto typed = [](std::string text) {
    return describe(autocomplete(gazetteer_, {.text = std::move(text)}));
  };
  EXPECT_EQ(typed("Spri"), "Springfield");
  EXPECT_EQ(typed("14 Main Street, Bost"), "14 Main Street, Boston");
  EXPECT_EQ(typed("Königst"), "Königstraße, Stuttgart");
}

TEST_F(Streets, AndCodesAreFoundByCode) {
  EXPECT_EQ(find("70173"), "70173, Stuttgart");
  EXPECT_EQ(find("SW1A 1AA"), "SW1A, Westminster (partial)");
  EXPECT_EQ(find("02129 Boston"), "02129, Boston");
}

TEST_F(Streets, AnswerReverseWithTheHouseItsStreetCodeAndTown) {
  const auto answer = reverse(gazetteer_, {.point = LatLng::from_degrees(48.78001, 9.18001)});
  std::vector<std::string> names;
  for (const auto& hit : answer.hits)
    names.push_back((hit.house ? hit.house->number + " " : "") +
                    std::string(gazetteer_->place(hit.place).name));
  EXPECT_THAT(names, ::testing::ElementsAre("12A Königstraße", "12 Königstraße", "Königstraße", "70173",
                                            "Stuttgart", "Germany"));
}

/// The index with some bytes of a section changed and its checksums made right again: what checksums cannot
/// notice, because the program that wrote it was wrong.
std::string damaged(std::string bytes, std::mt19937& random) {
  index::Header header{};
  std::memcpy(&header, bytes.data(), sizeof header);
  const auto table = sizeof header,
             entry_at = table + random() % header.section_count * sizeof(index::SectionEntry);
  index::SectionEntry entry{};
  std::memcpy(&entry, bytes.data() + entry_at, sizeof entry);
  for (auto changes = random() % 8 + 1; changes > 0 && entry.size > 0; --changes)
    bytes[entry.offset + random() % entry.size] = static_cast<char>(random());
  const auto crc = [](std::string_view text) {
    return static_cast<std::uint32_t>(
        crc32_z(0, reinterpret_cast<const unsigned char*>(text.data()), text.size()));
  };
  entry.check = crc(std::string_view(bytes).substr(entry.offset, entry.size));
  std::memcpy(bytes.data() + entry_at, &entry, sizeof entry);
  header.check = 0;
  std::memcpy(bytes.data(), &header, sizeof header);
  header.check =
      crc(std::string_view(bytes).substr(0, table + header.section_count * sizeof(index::SectionEntry)));
  std::memcpy(bytes.data(), &header, sizeof header);
  return bytes;
}

TEST_F(Streets, NeverCrashTheSearchOfADamagedIndex) {
  std::ostringstream sound;
  sound << std::ifstream(gazetteer_->path(), std::ios::binary).rdbuf();
  std::mt19937 random(1);
  const test::TemporaryFolder folder;
  std::size_t opened = 0;
  for (int i = 0; i < 400; ++i) {
    const auto gazetteer = Gazetteer::open(folder.write("damaged.idx", damaged(sound.str(), random)));
    if (!gazetteer) continue;
    ++opened;
    for (const auto* text :
         {"14 Main Street, Springfield", "12a Köngistraße, Stuttgart", "SW1A 1AA", "Boston"}) {
      for (const auto& hit : geocode(*gazetteer, {.text = text}).hits) {
        static_cast<void>(place_id_of(**gazetteer, hit));
        static_cast<void>((*gazetteer)->name(hit.place, (*gazetteer)->languages("en")));
      }
      static_cast<void>(autocomplete(*gazetteer, {.text = text}));
    }
    ForwardQuery filtered{.text = "Main Street"};
    filtered.filters.locality = {"Springfield"};
    filtered.filters.postal_code = {"62701"};
    static_cast<void>(geocode(*gazetteer, filtered));
    static_cast<void>(reverse(*gazetteer, {.point = LatLng::from_degrees(39.8, -89.65)}));
  }
  EXPECT_GT(opened, 200u);
}

TEST_F(Streets, AreNotMeantByATownAndANumberThatIsNoHouse) {
  EXPECT_EQ(find("99999 Springfield"), "Springfield (partial)");
  EXPECT_EQ(find("5 Springfield Street, Boston"), "5 Springfield Street, Boston");
}

TEST_F(Streets, HaveAWholePostalCodeComeBeforeItsBeginning) {
  for (const auto* text : {"SO15 2EJ", "so152ej", "SO15 2EJ, Southampton", "Southampton SO15 2EJ"})
    EXPECT_EQ(find(text), "SO15 2EJ, Southampton") << text;
  for (const auto* text : {"SO15 9ZZ", "SO159ZZ", "SO15 9ZZ, Southampton"})
    EXPECT_EQ(find(text), "SO15, Southampton (partial)") << text;
  EXPECT_EQ(find("SO15"), "SO15, Southampton");
  EXPECT_EQ(find("1 Commercial Rd SO159ZZ"), "1 Commercial Road, Southampton");
}

TEST_F(Streets, KeepTheIdsOfTheirHouses) {
  const auto answer = geocode(gazetteer_, {.text = "12 Königstraße, Stuttgart"});
  ASSERT_FALSE(answer.hits.empty());
  const auto id = place_id_of(*gazetteer_, answer.hits.front());
  EXPECT_EQ(id.size(), 24u);
  EXPECT_EQ(describe(place(gazetteer_, {.place_id = id})), "12 Königstraße, Stuttgart");
}

}  // namespace
}  // namespace waypost::geo
