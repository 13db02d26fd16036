#include <gmock/gmock.h>

#include "support/app_fixture.hpp"

namespace waypost::test {
namespace {

class GazetteerRoute : public SharedApp<GazetteerRoute> {};

TEST_F(GazetteerRoute, ListsTheSourcesWithWhomToCredit) {
  const auto answer = app().get("/v1/gazetteer");
  EXPECT_EQ(answer.status, 200);
  const auto body = json_of(answer);
  ASSERT_EQ(body.at("sources").size(), 2u) << body;
  const auto& towns = body.at("sources").at(0);
  EXPECT_EQ(towns.at("name"), "default");
  EXPECT_EQ(towns.at("format"), "geonames");
  EXPECT_EQ(towns.at("imported_at"), nullptr) << "it is built in";
  EXPECT_EQ(towns.at("licence"), "CC BY 4.0");
  EXPECT_EQ(towns.at("attribution"), "© GeoNames (www.geonames.org)");
  EXPECT_GT(towns.at("rows"), 20'000);
  const auto& shapes = body.at("sources").at(1);
  EXPECT_EQ(shapes.at("name"), "natural-earth");
  EXPECT_EQ(shapes.at("licence"), "public domain");
  EXPECT_GT(body.at("places"), 24'000);
  EXPECT_GT(body.at("names"), 100'000);
  EXPECT_EQ(body.at("houses"), 0);
  EXPECT_GT(body.at("index_bytes"), 1'000'000);
}

TEST_F(GazetteerRoute, HasNoParameters) {
  expect_problem(app().get("/v1/gazetteer?q=1"), 400, "invalid_parameter");
}

}  // namespace
}  // namespace waypost::test
