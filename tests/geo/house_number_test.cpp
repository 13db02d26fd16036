#include "geo/house_number.hpp"

#include <gtest/gtest.h>

#include "geo/fold.hpp"

namespace waypost::geo {
namespace {

HouseNumber read(std::string_view written) {
  return house_number(fold(written));
}

TEST(HouseNumber, IsTheSameInEverySpelling) {
  for (const auto* written : {"12a", "12 A", "12-a", "12 a."}) EXPECT_EQ(read(written).key, "12a") << written;
  for (const auto* written : {"12/3", "12 3", "12-3", "12 / 3"})
    EXPECT_EQ(read(written).key, "12/3") << written;
  for (const auto* written : {"12½", "12 1/2"}) EXPECT_EQ(read(written).key, "12/1/2") << written;
  EXPECT_NE(read("12/3").key, read("123").key);
}

TEST(HouseNumber, KnowsRanges) {
  EXPECT_EQ(read("2-14").first, 2u);
  EXPECT_EQ(read("2-14").last, 14u);
  EXPECT_EQ(read("3;4").last, 4u);
  EXPECT_EQ(read("12/3").last, 12u);  // the third flat of 12, not a range
  EXPECT_EQ(read("4273/34").last, 4273u);
  EXPECT_EQ(read("5").last, 5u);
}

TEST(HouseNumber, FindsTheNumberInWords) {
  EXPECT_EQ(read("Flat 7").first, 7u);
  EXPECT_EQ(read("none").first, 0u);
  EXPECT_EQ(read("99999999999999999999").first, 0u);
  EXPECT_TRUE(read("").key.empty());
}

}  // namespace
}  // namespace waypost::geo
