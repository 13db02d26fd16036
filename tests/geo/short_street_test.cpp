#include "geo/short_street.hpp"

#include <gtest/gtest.h>

namespace waypost::geo {
namespace {

TEST(ShortStreetName, AbbreviatesKindAndDirectionAsSignsDo) {
  struct Row {
    std::string_view name, shortened;
  };
  for (const auto& [name, shortened] : {
           Row{"Main Street", "Main St"},
           Row{"Mapleton Avenue", "Mapleton Ave"},
           Row{"Northeast 2nd Avenue", "NE 2nd Ave"},
           Row{"14th Street Northwest", "14th St NW"},
           Row{"South Broadway", "S Broadway"},
           Row{"AMPHITHEATRE PARKWAY", "AMPHITHEATRE Pkwy"},
       }) {
    EXPECT_EQ(short_street_name(name), shortened);
  }
}

TEST(ShortStreetName, LeavesTheNameItselfWhole) {
  for (const auto* name : {"", "Broadway", "Street", "North", "Avenue of the Americas", "Rue de Rivoli"})
    EXPECT_EQ(short_street_name(name), name);
  EXPECT_EQ(short_street_name("North Street"), "North St");
  EXPECT_EQ(short_street_name("Avenue Road"), "Avenue Rd");
}

}  // namespace
}  // namespace waypost::geo
