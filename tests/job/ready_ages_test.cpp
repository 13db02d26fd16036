#include "waypost/job/ready_ages.hpp"

#include <gtest/gtest.h>

#include <random>

namespace waypost::job {
namespace {

using namespace std::chrono_literals;
constexpr Time start{1'700'000'000'000ms};

TEST(ReadyAges, KnowSinceWhenTheOldestWaits) {
  ReadyAges ages;
  EXPECT_EQ(ages.oldest(), std::nullopt);
  ages.add(start + 5ms);
  ages.add(start);
  ages.add(start);
  EXPECT_EQ(ages.oldest(), start);
  ages.remove(start);
  EXPECT_EQ(ages.oldest(), start) << "there were two";
  ages.remove(start);
  EXPECT_EQ(ages.oldest(), start + 5ms);
  ages.remove(start + 5ms);
  EXPECT_TRUE(ages.empty());
}

TEST(ReadyAges, WhatWasNeverAddedIsNotTakenAway) {
  ReadyAges ages;
  ages.add(start);
  ages.remove(start - 1ms);
  ages.remove(start + 1ms);
  EXPECT_EQ(ages.oldest(), start);
}

TEST(ReadyAges, TakeABoundedNumberOfSpansForAYearOfJobs) {
  ReadyAges ages;
  Time now = start;
  for (int i = 0; i < 400'000; ++i, now += 80s) {
    ages.add(now);
    ASSERT_LE(ages.spans(), ReadyAges::most_spans);
  }
  EXPECT_EQ(ages.oldest(), start);
}

/// Jobs come and go in any order, at any speed: what is told is at most a 64th of an age too early, and
/// nothing is left when all have gone.
TEST(ReadyAges, AreNeverFurtherOffThanTheySay) {
  for (const std::uint64_t seed : {1u, 2u, 3u}) {
    std::mt19937_64 random(seed);
    ReadyAges ages;
    std::multiset<Time> truth;
    Time now = start;
    for (int i = 0; i < 60'000; ++i) {
      now += Milliseconds{random() % 20'000};
      ages.add(now);
      truth.insert(now);
      if (random() % 3 == 0) {  // mostly one of the older ones, as a queue has it
        auto gone = truth.begin();
        std::advance(gone, random() % std::min<std::size_t>(truth.size(), 50));
        ages.remove(*gone);
        truth.erase(gone);
      }
      if (truth.empty()) {
        ASSERT_TRUE(ages.empty());
        continue;
      }
      const Time told = ages.oldest().value(), real = *truth.begin();
      ASSERT_LE(told, real);
      ASSERT_LE(real - told, std::max<Milliseconds>(1s, (now - told) / 64));
    }
    for (const Time since : truth) ages.remove(since);
    EXPECT_TRUE(ages.empty());
  }
}

}  // namespace
}  // namespace waypost::job
