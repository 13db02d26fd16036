#include "webhook/window.hpp"

#include <gmock/gmock.h>

#include <map>

namespace waypost::webhook {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::Ge;
using testing::IsEmpty;
using testing::Le;

constexpr Window::Limits usual{.places = 100, .bytes = 1 << 20, .attempts = 128, .attempts_per_origin = 16};

class Windows : public testing::Test {
 protected:
  bool admit(const std::string& origin, std::size_t bytes = 10) {
    store::Delivery delivery{.id = {.high = ++last}, .body = std::string(bytes, 'x')};
    return window->admit(delivery, target(origin));
  }
  /// Admits until the window refuses; how many it took.
  std::size_t fill(const std::string& origin, std::size_t bytes = 10) {
    std::size_t taken = 0;
    while (admit(origin, bytes)) ++taken;
    return taken;
  }
  static std::shared_ptr<const Target> target(const std::string& origin) {
    return std::make_shared<const Target>(Target{{}, origin});
  }
  std::vector<Window::Attempt> begin_all() {
    std::vector<Window::Attempt> begun;
    while (auto attempt = window->begin(now)) begun.push_back(std::move(*attempt));
    return begun;
  }
  void finish(const Window::Attempt& attempt, bool well) {
    window->end(attempt, well, 5ms);
    window->leave(attempt.delivery.id.sequence());
  }
  /// Makes an origin fail until it is known to.
  void make_fail(const std::string& origin) {
    for (int i = 0; i < 3; ++i) {
      ASSERT_TRUE(admit(origin));
      const auto attempt = window->begin(now);
      ASSERT_TRUE(attempt);
      finish(*attempt, false);
    }
  }
  static std::map<std::string, std::size_t> by_origin(const std::vector<Window::Attempt>& attempts) {
    std::map<std::string, std::size_t> counts;
    for (const auto& attempt : attempts) ++counts[attempt.target->origin];
    return counts;
  }

  const Time now{Seconds{1'800'000'000}};
  std::optional<Window> window{std::in_place, usual};
  std::uint64_t last = 0;
};

TEST_F(Windows, AnOriginHoldsNoMoreThanIsLeftFree) {
  EXPECT_EQ(fill("a"), 50u);
  EXPECT_EQ(fill("b"), 25u);
  EXPECT_EQ(fill("c"), 13u);
  EXPECT_EQ(fill("a"), 0u) << "it holds more than is free now";
  EXPECT_TRUE(admit("newcomer"));
}

TEST_F(Windows, TheSameHoldsForBytes) {
  window.emplace(Window::Limits{.places = 1000, .bytes = 1000, .attempts = 8, .attempts_per_origin = 8});
  EXPECT_EQ(fill("a", 100), 5u);
  EXPECT_TRUE(admit("b", 100));
  EXPECT_TRUE(admit("huge", 100'000)) << "one body may be larger than all that is free";
  EXPECT_FALSE(admit("c", 1));
}

TEST_F(Windows, APlaceIsHeldUntilTheEventLeaves) {
  window.emplace(Window::Limits{.places = 2, .bytes = 1000, .attempts = 8, .attempts_per_origin = 8});
  ASSERT_TRUE(admit("a"));
  const auto attempt = window->begin(now);
  ASSERT_TRUE(attempt);
  EXPECT_FALSE(admit("a"));
  window->end(*attempt, true, 1ms);
  EXPECT_FALSE(admit("a"));
  EXPECT_TRUE(window->knows(attempt->delivery.id.sequence()));
  window->leave(attempt->delivery.id.sequence());
  EXPECT_FALSE(window->knows(attempt->delivery.id.sequence()));
  EXPECT_TRUE(admit("a"));
}

TEST_F(Windows, OriginsTakeTurns) {
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(admit("a"));
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(admit("b"));
  std::string turns;
  for (const auto& attempt : begin_all()) turns += attempt.target->origin;
  EXPECT_EQ(turns, "ababab");
}

TEST_F(Windows, DeliveriesOfOneOriginKeepTheirOrder) {
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(admit("a"));
  std::uint64_t before = 0;
  for (const auto& attempt : begin_all()) {
    EXPECT_GT(attempt.delivery.id.high, before);
    before = attempt.delivery.id.high;
  }
}

TEST_F(Windows, AnOriginHasABoundOfItsOwn) {
  fill("a");
  EXPECT_EQ(begin_all().size(), usual.attempts_per_origin);
}

TEST_F(Windows, BeyondTheFirstAQuarterOfTheFreeAttemptsIsAnOriginsShare) {
  window.emplace(
      Window::Limits{.places = 10'000, .bytes = 1 << 20, .attempts = 64, .attempts_per_origin = 64});
  std::vector<Window::Attempt> held;
  for (const char* slow : {"a", "b", "c", "d", "e", "f", "g", "h"}) {
    fill(slow);
    std::ranges::move(begin_all(), std::back_inserter(held));
  }
  EXPECT_THAT(by_origin(held)["a"], AllOf(Ge(12u), Le(13u)));
  EXPECT_LT(window->in_flight(), 64u) << "slow receivers leave attempts to others";
  ASSERT_TRUE(admit("live"));
  const auto attempt = window->begin(now);
  ASSERT_TRUE(attempt);
  EXPECT_EQ(attempt->target->origin, "live");
}

TEST_F(Windows, AFailingOriginIsProbedOneAtATimeUntilItIsWell) {
  make_fail("a");
  fill("a");
  auto probes = begin_all();
  ASSERT_EQ(probes.size(), 1u);
  finish(probes[0], false);
  probes = begin_all();
  ASSERT_EQ(probes.size(), 1u);
  finish(probes[0], true);
  EXPECT_EQ(begin_all().size(), usual.attempts_per_origin);
}

TEST_F(Windows, EachFailureInARowQuartersTheAttempts) {
  for (const auto& [failures, allowed] : {std::pair{1, 4u}, std::pair{2, 1u}, std::pair{3, 1u}}) {
    const std::string origin = "failed " + std::to_string(failures);
    for (int i = 0; i < failures; ++i) {
      ASSERT_TRUE(admit(origin));
      finish(*window->begin(now), false);
    }
    for (int i = 0; i < 8; ++i) ASSERT_TRUE(admit(origin));
    const auto begun = begin_all();
    EXPECT_EQ(begun.size(), allowed) << origin;
    window->drop_waiting();
    for (const auto& attempt : begun) finish(attempt, true);
  }
}

TEST_F(Windows, FailingOriginsTogetherGetAtMostHalfOfAllAttempts) {
  window.emplace(Window::Limits{.places = 1000, .bytes = 1 << 20, .attempts = 8, .attempts_per_origin = 4});
  for (int i = 0; i < 20; ++i) make_fail("dead-" + std::to_string(i));
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(admit("dead-" + std::to_string(i)));
  auto probes = begin_all();
  EXPECT_EQ(probes.size(), 4u);
  ASSERT_TRUE(admit("live"));
  const auto attempt = window->begin(now);
  ASSERT_TRUE(attempt);
  EXPECT_EQ(attempt->target->origin, "live");
  finish(probes[0], false);
  EXPECT_EQ(begin_all().size(), 1u) << "the next of them has its turn";
}

TEST_F(Windows, ThatAnOriginFailsIsRememberedWhileItHasNothingHere) {
  make_fail("a");
  ASSERT_EQ(window->size(), 0u);
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(admit("a"));
  EXPECT_EQ(begin_all().size(), 1u);
}

TEST_F(Windows, MemoryOfOriginsIsBounded) {
  for (int i = 0; i < 20'000; ++i) {
    ASSERT_TRUE(admit("http://host-" + std::to_string(i)));
    finish(*window->begin(now), true);
  }
  EXPECT_LE(window->origins(), 4096u);
}

TEST_F(Windows, DroppingLeavesOnlyWhatIsUnderWay) {
  fill("a");
  fill("b");
  const auto attempt = window->begin(now);
  ASSERT_TRUE(attempt);
  window->drop_waiting();
  EXPECT_EQ(window->size(), 1u);
  EXPECT_TRUE(window->knows(attempt->delivery.id.sequence()));
  EXPECT_FALSE(window->begin(now));
  finish(*attempt, true);
  EXPECT_THAT(window->sequences(), IsEmpty());
}

TEST_F(Windows, WhatFoundNoRoomComesBackAsItsOriginGetsToIt) {
  // Nothing known of it: 100 ms each, 16 at a time.
  Time last_time = now;
  for (int i = 0; i < 160; ++i) {
    const Time at = window->postpone("a", now);
    EXPECT_GE(at, last_time);
    last_time = at;
  }
  EXPECT_EQ(last_time, now + 1s + 1s);
  // One at a time, and none comes back.
  make_fail("dead");
  for (int i = 0; i < 100'000; ++i) last_time = window->postpone("dead", now);
  EXPECT_EQ(last_time, now + 300s) << "never later than this: it may be well again";
  EXPECT_GE(window->postpone("a", now + 1h), now + 1h + 1s);
}

TEST_F(Windows, APausedOriginKeepsWhatItHasAndLetsOthersPass) {
  ASSERT_TRUE(admit("a"));
  const auto first = window->begin(now);
  window->pause(*first->origin, now + 5s);
  ASSERT_TRUE(admit("a"));
  ASSERT_TRUE(admit("b"));
  EXPECT_EQ(window->next_resumption(), now + 5s);
  EXPECT_EQ(by_origin(begin_all()), (std::map<std::string, std::size_t>{{"b", 1}}));
  EXPECT_FALSE(window->begin(now + 5s - 1ms));
  EXPECT_GE(window->postpone("a", now), now + 5s);
  EXPECT_TRUE(window->begin(now + 5s));
  EXPECT_EQ(window->next_resumption(), std::nullopt);
}

TEST_F(Windows, ALongerPauseReplacesAShorterOneAndAResumptionEndsBoth) {
  ASSERT_TRUE(admit("a"));
  const auto first = window->begin(now);
  window->pause(*first->origin, now + 5s);
  window->pause(*first->origin, now + 9s);
  window->pause(*first->origin, now + 2s);
  EXPECT_EQ(window->next_resumption(), now + 9s);
  ASSERT_TRUE(admit("a"));
  window->resume("a");
  window->resume("unknown");
  EXPECT_EQ(window->next_resumption(), std::nullopt);
  EXPECT_TRUE(window->begin(now));
}

}  // namespace
}  // namespace waypost::webhook
