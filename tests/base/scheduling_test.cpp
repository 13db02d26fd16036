#include "waypost/base/scheduling.hpp"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/resource.h>

#include <algorithm>
#include <thread>

#include "base/sched_attr.hpp"

namespace waypost {
namespace {

/// What a thread that was started after `begin` sees of itself.
SchedAttributes seen_after(void (*begin)()) {
  SchedAttributes seen;
  std::thread([&] {
    begin();
    std::thread([&] { seen = sched_attributes().value(); }).join();
  }).join();
  return seen;
}

class Turns : public testing::Test {
 protected:
  void SetUp() override {
    if (before_.policy != SCHED_OTHER) GTEST_SKIP() << "the tests run under another policy";
  }
  const SchedAttributes before_ = sched_attributes().value();
};

TEST_F(Turns, LongOnesAreFiveStepsNicer) {
  EXPECT_EQ(seen_after(take_long_turns).nice, std::min(before_.nice + 5, 19));
}

TEST_F(Turns, ShortOnesAreAsNiceAsTheProcess) {
  EXPECT_EQ(seen_after(take_short_turns).nice, before_.nice);
}

TEST_F(Turns, AreShorterForThoseWhomPeopleWaitFor) {
  // Before Linux 6.12 all turns are equal, and the length reads as 0.
  const auto shorter = seen_after(take_short_turns).runtime;
  if (shorter == 0) GTEST_SKIP() << "this kernel does not let threads name their turns";
  EXPECT_LT(shorter, seen_after(take_long_turns).runtime);
}

TEST_F(Turns, AreLeftAloneUnderAnotherPolicy) {
  const auto seen = seen_after([] {
    set_sched_attributes({.policy = SCHED_BATCH});
    take_long_turns();
  });
  EXPECT_EQ(seen.policy, static_cast<unsigned>(SCHED_BATCH));
  EXPECT_EQ(seen.nice, before_.nice);
}

TEST(Breather, LetsGoOfTheCoreNowAndThen) {
  const auto times_let_go = [] {
    rusage usage{};
    ::getrusage(RUSAGE_THREAD, &usage);
    return usage.ru_nvcsw;
  };
  Breather breather;
  const auto before = times_let_go();
  while (times_let_go() < before + 3) breather.breathe();
}

}  // namespace
}  // namespace waypost
