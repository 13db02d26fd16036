#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "job/life.hpp"

/// Rules of time, batches, webhooks and back-off.
namespace waypost::job {
namespace {

using namespace std::chrono_literals;
using test::batch_of;
using test::Life;
using test::plain;
using test::start;
using test::with_webhook;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// Time

TEST(Expiry, EndsOnlyTheWaitBeforeTheFirstAttempt) {
  Spec spec = plain();
  spec.expires_at = start + 1min;
  Life waiting(spec);
  EXPECT_EQ(wake_at(waiting.job()), start + 1min);
  const Decision decision = waiting.wake();
  EXPECT_EQ(decision.job.state, State::failed);
  EXPECT_EQ(decision.job.error->code, "expired");
  EXPECT_FALSE(decision.ended_attempt);

  Life tried(spec);
  tried.lease();
  tried.fail();
  EXPECT_EQ(wake_at(tried.job()), start + 1s);
  tried.pass(1h);
  EXPECT_EQ(tried.apply(Wake{}).job.state, State::queued);
}

TEST(Expiry, EndsAScheduledJobToo) {
  Spec spec = plain();
  spec.run_at = start + 1h;
  spec.expires_at = start + 1min;
  Life life(spec);
  EXPECT_EQ(life.wake().job.state, State::failed);
  EXPECT_EQ(life.now(), start + 1min);
}

TEST(Expiry, KeepsAnOverdueJobFromBeingLeased) {
  Spec spec = plain();
  spec.expires_at = start + 1min;
  Life life(spec);
  life.pass(1min);
  EXPECT_THAT(life.refusal(Lease{}), HasSubstr("time is up"));
}

TEST(TotalTimeout, EndsTheWaitForARetry) {
  Spec spec = plain();
  spec.total_timeout = 10s;
  Life life(spec);
  life.lease();
  life.pass(4s);
  life.apply(GiveBack{.fence = life.job().fence});
  EXPECT_EQ(wake_at(life.job()), start + 10s);
  const Decision decision = life.wake();
  EXPECT_EQ(decision.job.state, State::failed);
  EXPECT_EQ(decision.job.error->code, "total_timeout");
}

TEST(Wake, ChangesNothingBeforeItsTime) {
  Spec spec = plain();
  spec.run_at = start + 10s;
  Life life(spec);
  life.pass(10s - 1ms);
  const Decision decision = life.apply(Wake{});
  EXPECT_FALSE(decision.changed);
  EXPECT_EQ(decision.job.version, 1);
  EXPECT_EQ(decision.job.state, State::scheduled);
}

TEST(Wake, ForgetsAnEndedJobWhenItWasKeptLongEnough) {
  Spec spec = plain();
  spec.retain = 1h;
  Life life(spec);
  life.lease();
  life.pass(1s);
  life.succeed();
  EXPECT_EQ(wake_at(life.job()), start + 1s + 1h);
  EXPECT_TRUE(life.wake().forget);
}

TEST(Wake, LeavesAWorkerAlone) {
  Spec spec = plain();
  spec.total_timeout = 10s;
  spec.expires_at = start + 1s;
  Life life(spec);
  life.lease();
  EXPECT_EQ(wake_at(life.job()), std::nullopt) << "whoever runs it keeps its time";
}

// Batches

TEST(FinishBatch, EndsAsTheRowsDid) {
  struct Case {
    std::int64_t succeeded, failed;
    State state;
    bool error;
  };
  for (const auto& c : {Case{3, 0, State::succeeded, false}, Case{2, 1, State::partial, true},
                        Case{0, 3, State::failed, true}}) {
    Life life(batch_of(3, with_webhook()));
    life.lease();
    life.apply(Advance{.fence = life.job().fence, .succeeded = c.succeeded, .failed = c.failed});
    const Decision decision = life.apply(FinishBatch{.fence = life.job().fence});
    EXPECT_EQ(decision.job.state, c.state);
    EXPECT_EQ(decision.job.error.has_value(), c.error);
    if (c.error) {
      EXPECT_EQ(decision.job.error->message, std::to_string(c.failed) + " of 3 rows failed");
    }
    ASSERT_TRUE(decision.notice);
    EXPECT_EQ(to_string(*decision.notice), "job." + std::string(to_string(c.state)));
  }
}

TEST(Advance, AddsUpWhileItIsBeingCancelledToo) {
  Life life(batch_of(10));
  life.lease();
  life.apply(Advance{.fence = 1, .succeeded = 2, .failed = 1});
  life.apply(Cancel{});
  life.apply(Advance{.fence = 1, .succeeded = 1});
  EXPECT_EQ(life.job().progress.succeeded, 3);
  EXPECT_EQ(life.job().progress.failed, 1);
  EXPECT_EQ(life.job().state, State::cancelling);
}

// Events

TEST(Notices, AreMadeForWhatHappens) {
  Life life(plain());
  EXPECT_EQ(life.lease().notice, Notice::started);
  EXPECT_EQ(life.fail().notice, Notice::retrying);
  EXPECT_EQ(life.wake().notice, std::nullopt);
  EXPECT_EQ(life.lease().notice, Notice::started);
  EXPECT_EQ(life.apply(Cancel{}).notice, std::nullopt);
  EXPECT_EQ(life.apply(Stopped{.fence = life.job().fence}).notice, Notice::cancelled);
  EXPECT_EQ(life.apply(RunAgain{}).notice, std::nullopt);
  EXPECT_EQ(life.lease().notice, Notice::started);
  EXPECT_EQ(life.succeed().notice, Notice::succeeded);
}

TEST(Notices, TellProgressAtMostOnceASecond) {
  Life life(batch_of(1000, with_webhook()));
  life.lease();
  std::map<std::int64_t, int> by_second;
  for (int i = 0; i < 100; ++i) {
    life.pass(97ms);
    const Decision decision = life.apply(Advance{.fence = 1, .succeeded = 1});
    if (!decision.notice) continue;
    EXPECT_EQ(decision.notice, Notice::progress);
    ++by_second[std::chrono::floor<Seconds>(life.now()).time_since_epoch().count()];
  }
  EXPECT_EQ(by_second.size(), 9u) << "9.7 seconds, without the one in which it started";
  for (const auto& [second, count] : by_second) EXPECT_EQ(count, 1) << second;
}

// Back-off

TEST(BackoffDelay, GrowsByItsFactorUpToItsMaximum) {
  const Backoff backoff{.initial_seconds = 0.5, .factor = 3, .max_seconds = 10, .jitter = false};
  EXPECT_EQ(backoff_delay(backoff, 1, 0), 500ms);
  EXPECT_EQ(backoff_delay(backoff, 2, 0), 1500ms);
  EXPECT_EQ(backoff_delay(backoff, 3, 0), 4500ms);
  EXPECT_EQ(backoff_delay(backoff, 4, 0), 10s);
  EXPECT_EQ(backoff_delay(backoff, 100, 0), 10s);
}

TEST(BackoffDelay, SpreadsOverHalfOfTheWait) {
  const Backoff backoff{.initial_seconds = 8, .factor = 2, .max_seconds = 3600, .jitter = true};
  EXPECT_EQ(backoff_delay(backoff, 1, 0), 4s);
  EXPECT_EQ(backoff_delay(backoff, 1, 0.5), 6s);
  EXPECT_LE(backoff_delay(backoff, 1, 0.999999), 8s);
}

TEST(BackoffDelay, StaysInBoundsForEverythingTheContractAllows) {
  for (const double initial : {0.0, 0.001, 1.0, 86400.0})
    for (const double factor : {1.0, 1.5, 10.0})
      for (const double max : {0.0, 1.0, 3600.0, 86400.0})
        for (const int failures : {1, 2, 10, 99, 100})
          for (const double random : {0.0, 0.3, 0.999999}) {
            const auto wait = backoff_delay({initial, factor, max, true}, failures, random);
            EXPECT_GE(wait, 0ms);
            EXPECT_LE(wait, Seconds{static_cast<std::int64_t>(max)});
            if (initial == 0) {
              EXPECT_EQ(wait, 0ms);
            }
          }
}

}  // namespace
}  // namespace waypost::job
