#include "geo/street_name.hpp"

#include <gmock/gmock.h>

#include "geo/fold.hpp"
#include "geo/postal_key.hpp"

namespace waypost::geo {
namespace {

using ::testing::Contains;

TEST(StreetCore, IsTheNameWithoutWhatKindOfStreetItIs) {
  for (const auto& [written, core] :
       {std::pair{"Main Street", "main"}, std::pair{"Rue de Rivoli", "de rivoli"},
        std::pair{"Königstraße", "konig"}, std::pair{"14th Street Northwest", "14th nw"},
        std::pair{"Avenue Road", "av rd"}, std::pair{"Broadway", "broadway"},
        std::pair{"C Street Northeast", "c ne"}, std::pair{"C/ Balmes", "balmes"},
        std::pair{"вулиця Городоцька", "городоцька"}}) {
    EXPECT_EQ(street_core(fold(written)), core) << written;
  }
}

TEST(StreetForms, AreInLatinLettersToo) {
  EXPECT_THAT(street_forms("Königstraße", "DE"), Contains("koenig st"));
  EXPECT_THAT(street_forms("вулиця Городоцька", "UA"), Contains("ul horodotska"));
  EXPECT_THAT(street_forms("Невский проспект", "RU"), Contains("nevskiy prosp"));
}

TEST(PostalKey, DoesNotCountSpacesAndHyphens) {
  EXPECT_EQ(postal_key("SO15 2EJ"), "so152ej");
  EXPECT_EQ(postal_key("so152ej"), "so152ej");
  EXPECT_EQ(postal_key("831 02"), "83102");
  EXPECT_EQ(postal_key("01310-100"), "01310100");
  EXPECT_EQ(postal_key("none"), "");
  EXPECT_EQ(postal_key("123456789012"), "");
  EXPECT_TRUE(extends_postal_code("GB", "1aa"));
  EXPECT_TRUE(extends_postal_code("US", "1234"));
  EXPECT_FALSE(extends_postal_code("DE", "1234"));
}

}  // namespace
}  // namespace waypost::geo
