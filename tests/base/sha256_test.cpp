#include "waypost/base/sha256.hpp"

#include <gtest/gtest.h>

namespace waypost {
namespace {

// FIPS 180-4's examples.
TEST(Sha256, IsThatOfTheStandard) {
  EXPECT_EQ(Sha256().hex(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(Sha256().update("abc").hex(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Sha256, TakesItsBytesInAnyPieces) {
  EXPECT_EQ(Sha256().update("a").update("").update("bc").hex(), Sha256().update("abc").hex());
}

}  // namespace
}  // namespace waypost
