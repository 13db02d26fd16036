#include <gtest/gtest.h>

#include "job/life.hpp"

namespace waypost::job {
namespace {

Job made(Time at, Spec spec = test::plain()) {
  const Ulid ulid{.high = static_cast<std::uint64_t>(first_sequence(at)) + 7, .low = 1};
  return create(ulid, std::move(spec), "{}", at);
}

TEST(Filter, MatchesWhatEveryConditionHoldsOf) {
  Spec spec = test::plain();
  spec.queue = "q";
  spec.tags = {{"a", "1"}, {"b", "2"}};
  const Job job = made(test::start, spec);
  EXPECT_TRUE(matches({}, job));
  EXPECT_TRUE(matches({.states = {State::failed, State::queued},
                       .types = {"echo"},
                       .queues = {"p", "q"},
                       .tags = {{"a", "1"}}},
                      job));
  EXPECT_FALSE(matches({.states = {State::failed}}, job));
  EXPECT_FALSE(matches({.types = {"http"}}, job));
  EXPECT_FALSE(matches({.queues = {"p"}}, job));
  EXPECT_FALSE(matches({.tags = {{"a", "2"}}}, job));
  EXPECT_FALSE(matches({.tags = {{"a", "1"}, {"c", "1"}}}, job));
}

TEST(Filter, BoundsTheTimeOfCreationFromInclusiveToExclusive) {
  const Job job = made(test::start);
  EXPECT_TRUE(matches({.created_after = test::start}, job));
  EXPECT_FALSE(matches({.created_after = test::start + Milliseconds{1}}, job));
  EXPECT_TRUE(matches({.created_before = test::start + Milliseconds{1}}, job));
  EXPECT_FALSE(matches({.created_before = test::start}, job));
  EXPECT_FALSE(matches({.created_before = Time::min()}, job));
  EXPECT_TRUE(matches({.created_before = Time::max()}, job));
}

}  // namespace
}  // namespace waypost::job
