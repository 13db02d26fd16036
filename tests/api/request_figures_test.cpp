#include "api/request_figures.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace waypost::api {
namespace {

using std::chrono::microseconds;

std::uint64_t count(const RequestFigures::Sum& sum, int status) {
  const auto* const at = std::ranges::find(RequestFigures::codes, status);
  return sum.by_code[static_cast<std::size_t>(at - RequestFigures::codes.begin())];
}

TEST(RequestFigures, LosesNothingThatManyThreadsCount) {
  RequestFigures figures(2);
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 12; ++thread)
      threads.emplace_back([&] {
        for (int i = 0; i < 1000; ++i) figures.note(1, 204, microseconds{7});
      });
  }
  const auto sum = figures.sum(1);
  EXPECT_EQ(count(sum, 204), 12'000u);
  EXPECT_EQ(sum.durations.counts()[0], 12'000u);
  EXPECT_EQ(sum.durations.sum(), 84'000u);
  EXPECT_EQ(count(figures.sum(0), 204), 0u);
}

TEST(RequestFigures, ABoundBelongsToTheBucketItEnds) {
  RequestFigures figures(1);
  for (const std::int64_t us : {0, 100, 101, 250, 60'000'000, 60'000'001})
    figures.note(0, 200, microseconds{us});
  const auto sum = figures.sum(0);
  const auto buckets = sum.durations.counts();
  EXPECT_EQ(buckets[0], 2u);
  EXPECT_EQ(buckets[1], 2u);
  EXPECT_EQ(buckets[15], 1u);
  EXPECT_EQ(buckets[16], 1u);
}

TEST(RequestFigures, CountsByStatusAndWhatItDoesNotKnowTogether) {
  RequestFigures figures(1);
  for (const int status : {200, 202, 202, 404, 507, 418, 999, -1}) figures.note(0, status, microseconds{1});
  const auto sum = figures.sum(0);
  EXPECT_EQ(count(sum, 200), 1u);
  EXPECT_EQ(count(sum, 202), 2u);
  EXPECT_EQ(count(sum, 404), 1u);
  EXPECT_EQ(count(sum, 507), 1u);
  EXPECT_EQ(sum.by_code.back(), 3u);
  EXPECT_EQ(RequestFigures::code_name(sum.by_code.size() - 1), "other");
}

}  // namespace
}  // namespace waypost::api
