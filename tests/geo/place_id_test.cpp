#include "waypost/geo/place_id.hpp"

#include <gtest/gtest.h>

#include <set>

namespace waypost::geo {
namespace {

TEST(PlaceId, ComesBackAsTheKeyItWasMadeOf) {
  for (const auto key : {std::uint64_t{0}, std::uint64_t{1}, UINT64_MAX, place_key("geonames", "2988507")}) {
    const auto id = place_id({.key = key});
    EXPECT_EQ(id.size(), 16u);
    EXPECT_EQ(id.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"),
              std::string::npos);
    EXPECT_EQ(parse_place_id(id), PlaceRef{.key = key});
  }
}

TEST(PlaceId, StaysTheSameForEver) {
  // Users keep ids: a change of these values breaks them.
  EXPECT_EQ(place_id({.key = place_key("geonames", "2510409")}), "AQ_ROTKGzTx1q7eL");
  EXPECT_EQ(place_id({.key = place_key("geonames", "FR")}), "AZ8Vrjjs7oS9mQdU");
}

TEST(PlaceId, NoticesEveryChangedCharacter) {
  const auto id = place_id({.key = place_key("geonames", "2988507")});
  for (std::size_t i = 0; i < id.size(); ++i) {
    auto changed = id;
    changed[i] = changed[i] == 'x' ? 'y' : 'x';
    EXPECT_EQ(parse_place_id(changed), std::nullopt) << changed;
  }
}

TEST(PlaceId, OfAHouseIsThatOfItsStreetAndItsNumber) {
  const PlaceRef house{.key = place_key("street", "US|boston|main"), .house = house_hash("12a", "02129")};
  const auto id = place_id(house);
  EXPECT_EQ(id.size(), 24u);
  EXPECT_EQ(parse_place_id(id), house);
  EXPECT_NE(house_hash("12a", "02129"), house_hash("12", "a02129"));
  for (std::size_t i = 0; i < id.size(); ++i) {
    auto changed = id;
    changed[i] = changed[i] == 'x' ? 'y' : 'x';
    EXPECT_EQ(parse_place_id(changed), std::nullopt) << changed;
  }
}

TEST(PlaceId, RefusesWhatIsNone) {
  for (const auto* text :
       {"", "short", "AQ_ROTKGzTx1q7e", "AQ_ROTKGzTx1q7eLL", "AQ_ROTKGzTx1q7e=", "AQ ROTKGzTx1q7eL"}) {
    EXPECT_EQ(parse_place_id(text), std::nullopt) << text;
  }
}

TEST(PlaceKey, TellsFamiliesAndIdsApart) {
  std::set<std::uint64_t> keys;
  for (int i = 0; i < 100'000; ++i) keys.insert(place_key("geonames", std::to_string(i)));
  keys.insert(place_key("openaddresses", "1"));
  EXPECT_EQ(keys.size(), 100'001u);
}

}  // namespace
}  // namespace waypost::geo
