#include "waypost/base/histogram.hpp"

#include <gtest/gtest.h>

#include <numeric>
#include <thread>

namespace waypost {
namespace {

TEST(Histogram, ABoundBelongsToTheBucketThatItEnds) {
  Histogram histogram(batch_scale);
  for (const std::int64_t value : {0, 1, 2, 3, 2'000, 2'001}) histogram.note(value);
  EXPECT_EQ(histogram.counts().front(), 2u);
  EXPECT_EQ(histogram.counts()[1], 1u);
  EXPECT_EQ(histogram.counts()[2], 1u);
  EXPECT_EQ(histogram.counts()[histogram.counts().size() - 2], 1u);
  EXPECT_EQ(histogram.counts().back(), 1u);
  EXPECT_EQ(histogram.sum(), 4'007u);
}

TEST(Histogram, WhatAClockThatWasPutBackMeasuresCountsAsNothing) {
  Histogram histogram(milliseconds_scale);
  histogram.note(-5'000);
  EXPECT_EQ(histogram.counts().front(), 1u);
  EXPECT_EQ(histogram.sum(), 0u);
}

TEST(Histogram, ItsBoundsRise) {
  for (const Scale* scale : {&milliseconds_scale, &microseconds_scale, &batch_scale})
    EXPECT_TRUE(std::ranges::is_sorted(scale->bounds, std::less_equal{}));
}

TEST(SharedHistogram, LosesNothingThatManyThreadsNote) {
  SharedHistogram shared(milliseconds_scale);
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 4; ++thread)
      threads.emplace_back([&] {
        for (int i = 0; i < 10'000; ++i) shared.note(3);
      });
  }
  const Histogram read = shared.read();
  EXPECT_EQ(read.counts()[1], 40'000u);
  EXPECT_EQ(read.sum(), 120'000u);
}

}  // namespace
}  // namespace waypost
