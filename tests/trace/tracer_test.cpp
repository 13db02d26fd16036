#include "waypost/trace/tracer.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace waypost::trace {
namespace {

const std::string sampled = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const std::string not_sampled = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";

TEST(Tracer, IsTurnedOnAndOffAndSamplesByTheLastRatio) {
  Tracer tracer;
  EXPECT_FALSE(tracer.is_on());
  tracer.configure(1);
  EXPECT_TRUE(tracer.is_on());
  EXPECT_TRUE(tracer.begin("").sampled);
  tracer.configure(0);
  EXPECT_TRUE(tracer.is_on()) << "it goes on with traces that began elsewhere";
  EXPECT_FALSE(tracer.begin("").sampled);
  tracer.configure(std::nullopt);
  EXPECT_FALSE(tracer.is_on());
}

TEST(Tracer, ItsSpansStandBelowThatOfTheCaller) {
  const Tracer tracer(0);
  const auto context = tracer.begin(sampled);
  EXPECT_EQ(context.trace_id(), "0af7651916cd43dd8448eb211c80319c");
  EXPECT_NE(context.span_id(), "b7ad6b7169203331");
  EXPECT_TRUE(context.sampled) << "the caller decided, whatever the ratio is";
  EXPECT_FALSE(Tracer(1).begin(not_sampled).sampled);
}

TEST(Tracer, BeginsATraceWhereThereIsNone) {
  const Tracer tracer(1);
  const auto one = tracer.begin(""), other = tracer.begin("nonsense");
  EXPECT_TRUE(one.sampled);
  EXPECT_NE(one.trace_id(), other.trace_id());
  EXPECT_TRUE(parse_traceparent(to_traceparent(one)));
}

TEST(Tracer, SamplesTheShareItIsTold) {
  constexpr int traces = 20'000;
  for (const double ratio : {0.0, 0.1, 0.5, 1.0}) {
    const Tracer tracer(ratio);
    int kept = 0;
    for (int i = 0; i < traces; ++i) kept += tracer.begin("").sampled ? 1 : 0;
    EXPECT_NEAR(static_cast<double>(kept) / traces, ratio, 0.02);
  }
}

TEST(Tracer, HoldsABoundedNumberOfSpansAndCountsWhatItDrops) {
  Tracer tracer(1);
  for (std::size_t i = 0; i < Tracer::most_waiting + 10; ++i)
    tracer.end({.context = tracer.begin(sampled), .name = std::to_string(i)});
  EXPECT_EQ(tracer.waiting(), Tracer::most_waiting);
  EXPECT_EQ(tracer.figures().dropped, 10u);
  EXPECT_EQ(tracer.take(2).at(1).name, "1") << "the oldest come first";
  EXPECT_EQ(tracer.waiting(), Tracer::most_waiting - 2);
}

TEST(Tracer, LetsGoWhatIsNotSampled) {
  Tracer tracer(1);
  tracer.end({.context = tracer.begin(not_sampled)});
  EXPECT_EQ(tracer.waiting(), 0u);
  EXPECT_EQ(tracer.figures().dropped, 0u);
}

TEST(Tracer, TellsOfTheFirstSpanAndOfEnough) {
  Tracer tracer(1);
  int told = 0;
  tracer.when_waiting(3, [&] { ++told; });
  const auto end = [&] { tracer.end({.context = tracer.begin(sampled)}); };
  end();
  EXPECT_EQ(told, 1);
  end();
  EXPECT_EQ(told, 1);
  end();
  EXPECT_EQ(told, 2);
}

TEST(RandomId, IsNeverTheSameOnTwoThreads) {
  std::mutex mutex;
  std::set<std::uint64_t> ids;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&] {
        for (int i = 0; i < 1'000; ++i) {
          const std::uint64_t id = random_id();
          const std::scoped_lock lock(mutex);
          ids.insert(id);
        }
      });
  }
  EXPECT_EQ(ids.size(), 4'000u);
}

}  // namespace
}  // namespace waypost::trace
