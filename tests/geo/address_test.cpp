#include "geo/address.hpp"

#include <gmock/gmock.h>

#include "geo/index_builder.hpp"
#include "support/gazetteer.hpp"
#include "waypost/geo/google.hpp"
#include "waypost/geo/native.hpp"
#include "waypost/geo/place_id.hpp"

namespace waypost::geo {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

/// A town with one street in it.
struct Town {
  std::string_view country, admin1, admin1_name, admin1_code, name;
  double lat, lng;
  std::string_view number, street, postal_code;
};

constexpr Town towns[] = {
    {"US", "CO", "Colorado", "CO", "Boulder", 40.015, -105.27, "10", "Main Street", "80302"},
    {"CA", "08", "Ontario", "ON", "Toronto", 43.7, -79.41, "100", "Queen Street West", "M5H 2N2"},
    {"GB", "ENG", "England", "", "London", 51.5085, -0.1257, "10", "Downing Street", "SW1A 2AA"},
    {"AU", "02", "New South Wales", "NSW", "Pyrmont", -33.87, 151.19, "48", "Pirrama Road", "2009"},
    {"FR", "11", "Île-de-France", "", "Paris", 48.8534, 2.3488, "16", "Rue de Rivoli", "75004"},
    {"DE", "01", "Baden-Württemberg", "", "Stuttgart", 48.7823, 9.177, "12A", "Königstraße", "70173"},
    {"ES", "56", "Catalonia", "", "Barcelona", 41.3888, 2.159, "133", "Carrer de Casanova", "08036"},
    {"NL", "07", "North Holland", "", "Amsterdam", 52.374, 4.8897, "1", "Damrak", "1012 LG"},
    {"RO", "10", "București", "", "Bucharest", 44.4323, 26.1063, "12", "Strada Lipscani", "030031"},
    {"RU", "66", "Saint Petersburg", "", "Saint Petersburg", 59.9386, 30.3141, "6", "площадь Ленина",
     "195009"},
    {"HU", "05", "Budapest", "", "Budapest", 47.498, 19.0399, "1", "Fő utca", "1011"},
    {"BR", "27", "São Paulo", "SP", "Campinas", -22.9056, -47.0608, "5", "Rua Barão de Jaguara", "13015-001"},
    {"KR", "11", "Seoul", "", "Seoul", 37.566, 126.9784, "158", "반포대로", "06594"},
    {"JP", "19", "Kanagawa", "", "Yokohama", 35.4333, 139.65, "1", "Honcho", "231-0005"},
};

/// An index of those towns.
class Addresses : public ::testing::Test {
 public:
  static void SetUpTestSuite() {
    folder_ = std::make_unique<test::TemporaryFolder>();
    IndexBuilder builder;
    const auto source = builder.add_source({.name = "towns", .attribution = "© Towns", .licence = "CC0"});
    for (const auto& town : towns) add(builder, town, source);
    const auto written = builder.write(folder_->path() / "towns.idx");
    ASSERT_TRUE(written) << written.error().message;
    auto opened = Gazetteer::open(folder_->path() / "towns.idx");
    ASSERT_TRUE(opened) << opened.error().message;
    gazetteer_ = *opened;
  }
  static void TearDownTestSuite() {
    gazetteer_.reset();
    folder_.reset();
  }

  static Answer ask(std::string_view text, std::string_view language = "") {
    ForwardQuery query;
    query.text = text;
    query.language = language;
    return geocode(gazetteer_, query);
  }
  static std::string written(std::string_view text, std::string_view language = "") {
    const auto answer = ask(text, language);
    return answer.hits.empty() ? std::string(name_of(answer.status)) : flat_result(answer).formatted_address;
  }

 protected:
  static void add(IndexBuilder& builder, const Town& town, std::uint8_t source) {
    const auto at = [&](std::string_view kind) {
      return place_key("test", std::string(town.country) + std::string(kind) + std::string(town.name));
    };
    const auto country = builder.add({.kind = Kind::country,
                                      .key = at("country"),
                                      .location = {},
                                      .name = town.country,
                                      .code = town.country,
                                      .country = town.country,
                                      .source = source});
    (void)country;
    builder.add({.kind = Kind::admin1,
                 .key = at("admin1"),
                 .location = {},
                 .name = town.admin1_name,
                 .code = town.admin1_code,
                 .country = town.country,
                 .admin1 = town.admin1,
                 .source = source});
    const auto point = LatLng::from_degrees(town.lat, town.lng);
    builder.add({.kind = Kind::locality,
                 .key = at("town"),
                 .location = point,
                 .population = 200'000,
                 .name = town.name,
                 .country = town.country,
                 .admin1 = town.admin1,
                 .source = source});
    builder.add_address({.country = town.country,
                         .number = town.number,
                         .street = town.street,
                         .city = town.name,
                         .district = {},
                         .region = town.admin1_name,
                         .postal_code = town.postal_code,
                         .location = point,
                         .source = source});
  }

  static inline std::unique_ptr<test::TemporaryFolder> folder_;
  static inline GazetteerPtr gazetteer_;
};

TEST_F(Addresses, AreWrittenByTheHabitOfTheirCountry) {
  EXPECT_EQ(written("10 Main Street, Boulder"), "10 Main St, Boulder, CO 80302, USA");
  EXPECT_EQ(written("100 Queen Street West, Toronto"), "100 Queen St W, Toronto, ON M5H 2N2, Canada");
  EXPECT_EQ(written("10 Downing Street, London"), "10 Downing St, London SW1A 2AA, UK");
  EXPECT_EQ(written("48 Pirrama Road, Pyrmont"), "48 Pirrama Rd, Pyrmont NSW 2009, Australia");
  EXPECT_EQ(written("16 Rue de Rivoli, Paris"), "16 Rue de Rivoli, 75004 Paris, France");
  EXPECT_EQ(written("Königstraße 12A, Stuttgart"), "Königstraße 12A, 70173 Stuttgart, Germany");
  EXPECT_EQ(written("Carrer de Casanova 133, Barcelona"), "Carrer de Casanova, 133, 08036 Barcelona, Spain");
  EXPECT_EQ(written("Damrak 1, Amsterdam"), "Damrak 1, 1012 LG Amsterdam, Netherlands");
  EXPECT_EQ(written("Strada Lipscani 12, Bucharest"), "Strada Lipscani 12, Bucharest 030031, Romania");
  EXPECT_EQ(written("площадь Ленина 6, Saint Petersburg"),
            "площадь Ленина, 6, Saint Petersburg, Russia, 195009");
  EXPECT_EQ(written("Fő utca 1, Budapest"), "Budapest, Fő utca 1, 1011 Hungary");
  EXPECT_EQ(written("Rua Barão de Jaguara 5, Campinas"),
            "Rua Barão de Jaguara, 5, Campinas, São Paulo, 13015-001, Brazil");
  EXPECT_EQ(written("반포대로 158, Seoul"), "반포대로 158, Seoul, 06594, South Korea");
  EXPECT_EQ(written("Honcho 1, Yokohama", "ja"), "日本、〒231-0005 YokohamaHoncho1");
}

TEST_F(Addresses, OfTownsHaveNoCodeUnlessAFileOfCodesListsOne) {
  EXPECT_EQ(written("Boulder"), "Boulder, CO, USA");
  EXPECT_EQ(written("Colorado"), "Colorado, USA");
  EXPECT_EQ(written("Paris"), "Paris, France");
  EXPECT_EQ(written("Main Street, Boulder"), "Main St, Boulder, CO 80302, USA");
}

TEST_F(Addresses, HaveComponentsFromSmallToLarge) {
  const auto answer = ask("10 Main Street, Boulder");
  ASSERT_FALSE(answer.hits.empty());
  const Address address(answer, answer.hits.front());
  std::string parts;
  for (const auto& component : address.components())
    parts += std::string(component.long_name) + "/" + std::string(component.short_name) + "/" +
             std::string(google_types(component.part).front()) + " ";
  EXPECT_EQ(parts,
            "10/10/street_number Main Street/Main St/route Boulder/Boulder/locality "
            "Colorado/CO/administrative_area_level_1 United States/US/country 80302/80302/postal_code ");
  EXPECT_EQ(address.name(), "10 Main St");
}

TEST_F(Addresses, OfAPostalCodeBeginWithIt) {
  const auto answer = ask("80302, USA");
  ASSERT_FALSE(answer.hits.empty());
  const Address address(answer, answer.hits.front());
  EXPECT_EQ(address.components().front().part, Part::postal_code);
  EXPECT_EQ(address.components().back().part, Part::country);
  EXPECT_EQ(address.formatted(), "Boulder, CO 80302, USA");
}

TEST_F(Addresses, AreTypedAndPlacedAsTheContractSays) {
  const auto house = flat_result(ask("16 Rue de Rivoli, Paris"));
  EXPECT_EQ(house.types, "street_address");
  EXPECT_EQ(house.location_type, "ROOFTOP");
  EXPECT_EQ(house.place_id.size(), 24U);
  const auto street = flat_result(ask("Rue de Rivoli, Paris"));
  EXPECT_EQ(street.types, "route");
  EXPECT_EQ(street.location_type, "GEOMETRIC_CENTER");
}

TEST_F(Addresses, ShowAPointsSurroundingsAndItsPlusCode) {
  const auto body = google_json(ask("16 Rue de Rivoli, Paris"));
  EXPECT_THAT(body, HasSubstr(R"("viewport":{"northeast":{"lat":48.854749,"lng":2.350149},)"
                              R"("southwest":{"lat":48.852051,"lng":2.347451}})"));
  EXPECT_THAT(body, Not(HasSubstr("bounds")));
  EXPECT_THAT(
      body,
      HasSubstr(R"("plus_code":{"compound_code":"V83X+9G Paris, France","global_code":"8FW4V83X+9G"})"));
}

TEST_F(Addresses, FillTheNativeProperties) {
  const auto body = geojson(ask("Königstraße 12A, Stuttgart"));
  EXPECT_THAT(body,
              HasSubstr(R"("name":"Königstraße 12A","label":"Königstraße 12A, 70173 Stuttgart, Germany",)"
                        R"("type":"address","country_code":"DE","country":"Germany",)"
                        R"("admin1":"Baden-Württemberg","locality":"Stuttgart","postal_code":"70173",)"
                        R"("street":"Königstraße","house_number":"12A","population":null)"));
  EXPECT_THAT(body, HasSubstr(R"("metadata":{"attribution":["© Towns, CC0"]})"));
}

TEST_F(Addresses, ComeBackByTheirIds) {
  for (const auto* text : {"10 Main Street, Boulder", "Rue de Rivoli, Paris", "Stuttgart"}) {
    const auto found = flat_result(ask(text));
    const auto again = place(gazetteer_, {.place_id = found.place_id, .language = ""});
    EXPECT_EQ(flat_result(again).formatted_address, found.formatted_address);
  }
}

}  // namespace
}  // namespace waypost::geo
