#include "api/request_figures.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace waypost::api {
namespace {

using std::chrono::microseconds;

TEST(RequestFigures, LosesNothingThatManyThreadsCount) {
  RequestFigures figures(2);
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 12; ++thread)
      threads.emplace_back([&] {
        for (int i = 0; i < 1000; ++i) figures.note(1, 204, microseconds{7});
      });
  }
  EXPECT_EQ(figures.sum(1).by_class[1], 12'000u);
  EXPECT_EQ(figures.sum(1).by_duration[0], 12'000u);
  EXPECT_EQ(figures.sum(1).microseconds, 84'000u);
  EXPECT_EQ(figures.sum(0).by_class[1], 0u);
}

TEST(RequestFigures, ABoundBelongsToTheBucketItEnds) {
  RequestFigures figures(1);
  for (const std::int64_t us : {0, 100, 101, 250, 60'000'000, 60'000'001})
    figures.note(0, 200, microseconds{us});
  const auto buckets = figures.sum(0).by_duration;
  EXPECT_EQ(buckets[0], 2u);
  EXPECT_EQ(buckets[1], 2u);
  EXPECT_EQ(buckets[15], 1u);
  EXPECT_EQ(buckets[16], 1u);
}

TEST(RequestFigures, CountsByTheClassOfTheStatus) {
  RequestFigures figures(1);
  for (const int status : {101, 200, 202, 304, 404, 499, 500, 507}) figures.note(0, status, microseconds{1});
  EXPECT_EQ(figures.sum(0).by_class, (std::array<std::uint64_t, 5>{1, 2, 1, 2, 2}));
}

}  // namespace
}  // namespace waypost::api
