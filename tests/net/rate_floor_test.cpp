#include "net/rate_floor.hpp"

#include <gtest/gtest.h>

namespace waypost::net {
namespace {

using namespace std::chrono_literals;

TEST(RateFloor, JudgesOnlyWhenAWindowOfWaitingIsOver) {
  RateFloor floor(100, 10s);
  for (int i = 0; i < 9; ++i) EXPECT_TRUE(floor.note(1s, 0)) << i;
  EXPECT_FALSE(floor.note(1s, 999));
}

TEST(RateFloor, IsSatisfiedByTheAverage) {
  RateFloor floor(100, 10s);
  EXPECT_TRUE(floor.note(5s, 1000));
  EXPECT_TRUE(floor.note(5s, 0));
}

TEST(RateFloor, BeginsEachWindowAnew) {
  RateFloor floor(100, 10s);
  EXPECT_TRUE(floor.note(10s, 1'000'000));
  EXPECT_FALSE(floor.note(10s, 10));
}

TEST(RateFloor, MeasuresAWaitThatIsLongerThanTheWindowInFull) {
  RateFloor floor(100, 10s);
  EXPECT_FALSE(floor.note(60s, 5999));
  EXPECT_TRUE(floor.note(60s, 6000));
}

TEST(RateFloor, DoesNotCountTimeThatNobodyWaited) {
  RateFloor floor(100, 10s);
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(floor.note(0s, 1));
}

TEST(RateFloor, IsOffAtZero) {
  RateFloor floor(0, 10s);
  EXPECT_TRUE(floor.note(1h, 0));
}

}  // namespace
}  // namespace waypost::net
