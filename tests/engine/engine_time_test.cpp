#include "engine/engine_fixture.hpp"

namespace waypost::test {
namespace {

using engine::Watch;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class EngineTimeTest : public EngineTest {
 protected:
  std::future<bool> next(Watch& watch, Milliseconds limit = Seconds{60}) {
    auto woken = std::make_shared<std::promise<bool>>();
    watch.next(clock.now() + limit, [woken](bool told) { woken->set_value(told); });
    return woken->get_future();
  }
  static bool is_woken(std::future<bool>& woken) {
    return woken.wait_for(std::chrono::seconds{0}) == std::future_status::ready;
  }
  static bool is_told(std::future<bool>& woken) {
    return woken.wait_for(Script::limit) == std::future_status::ready && woken.get();
  }
  job::Spec brief(std::string type) {
    job::Spec s = spec(std::move(type));
    s.timeout = Seconds{10};
    s.max_attempts = 2;
    return s;
  }
};

TEST_F(EngineTimeTest, AnAttemptOutOfTimeFailsAndItsLateAnswerIsRefused) {
  options.worker_threads = 1;
  start();
  const Ulid id = submit(brief("block"), "stuck");
  script.wait_for_begun(1);
  advance(Seconds{9});
  stats();
  EXPECT_EQ(get(id).state, State::running);
  advance(Seconds{1});
  const auto job = wait_for(id, State::scheduled);
  EXPECT_EQ(job.error->code, "timed_out");
  EXPECT_THAT(outcomes(id), ElementsAre(job::Outcome::timed_out));
  const Ulid next = submit(spec("note"), "next");
  advance(Seconds{1});
  wait_for(id, State::queued);
  stats();
  EXPECT_EQ(get(next).state, State::queued)
      << "the worker is still busy with the operation that does not come back";
  script.let_go("stuck");
  wait_for(next, State::succeeded);
  EXPECT_EQ(wait_for(id, State::succeeded).attempt, 2)
      << "the late answer is not taken for the second attempt's";
  EXPECT_THAT(outcomes(id), ElementsAre(job::Outcome::timed_out, job::Outcome::succeeded));
}

TEST_F(EngineTimeTest, TheNextAttemptOfAJobWaitsUntilItsLastOneIsBack) {
  start();
  const Ulid id = submit(brief("block"), "stuck");
  script.wait_for_begun(1);
  advance(Seconds{10});
  wait_for(id, State::scheduled);
  advance(Seconds{1});
  wait_for(id, State::queued);
  stats();
  EXPECT_EQ(script.all_begun().size(), 1U) << "though a worker is free";
  script.let_go("stuck");
  EXPECT_EQ(script.wait_for_begun(2).size(), 2U);
  wait_for(id, State::succeeded);
}

TEST_F(EngineTimeTest, AWaitingOperationOutOfTimeIsBrokenOff) {
  start();
  const Ulid id = submit(brief("wait"), "w");
  script.wait_for_begun(1);
  advance(Seconds{10});
  wait_for(id, State::scheduled);
  advance(Seconds{1});
  script.wait_for_begun(2);
  waits->finish(io->context(), "w");
  wait_for(id, State::succeeded);
  EXPECT_THAT(outcomes(id), ElementsAre(job::Outcome::timed_out, job::Outcome::succeeded));
}

TEST_F(EngineTimeTest, TimeInLineForAWorkerIsNotTheAttempts) {
  options.worker_threads = 1;
  start();
  // Short operations, so that leases are taken ahead.
  for (int i = 0; i < 300; ++i) submit(spec("note"), "short");
  wait_for_count(State::succeeded, 300);
  submit(spec("block"), "first");
  script.wait_for_begun(301);
  const Ulid behind = submit(brief("note"), "behind");
  stats();
  wait_for(behind, State::running);
  advance(Seconds{30});
  stats();
  EXPECT_EQ(get(behind).state, State::running);
  script.let_go("first");
  EXPECT_EQ(wait_for(behind, State::succeeded).attempt, 1);
}

TEST_F(EngineTimeTest, ATimeOutThatABusyStoreRefusedIsToldAgain) {
  start();
  const Ulid id = submit(brief("block"), "stuck");
  script.wait_for_begun(1);
  refusing->refuse<job::FailAttempt>(1, Code::overloaded);
  advance(Seconds{10});
  while (refusing->refused() < 1) stats();
  stats();
  advance(Seconds{1});
  wait_for(id, State::scheduled);
}

TEST_F(EngineTimeTest, RetriesAfterABackOffByTheClockUntilItsAttemptsAreUsed) {
  start();
  job::Spec s = spec("fail");
  s.max_attempts = 3;
  s.backoff = {.initial_seconds = 10, .factor = 3, .max_seconds = 3600, .jitter = false};
  const Ulid id = submit(s);
  EXPECT_EQ(wait_for(id, State::scheduled).run_at, clock.now() + Seconds{10});
  advance(Milliseconds{9999});
  stats();
  EXPECT_EQ(script.all_begun().size(), 1U);
  advance(Milliseconds{1});
  script.wait_for_begun(2);
  wait_for_count(State::scheduled, 2);
  advance(Seconds{30});
  const auto job = wait_for(id, State::failed);
  EXPECT_EQ(job.attempt, 3);
  EXPECT_EQ(job.error->code, "asked_to");
}

TEST_F(EngineTimeTest, RunsAJobAtItsTimeAndExpiresOneThatWaitsTooLong) {
  options.queues["held"] = {.concurrency = 0};
  start();
  job::Spec later = spec("note"), expires = spec("note");
  later.run_at = clock.now() + Seconds{5};
  expires.queue = "held";
  expires.expires_at = clock.now() + Seconds{3};
  const Ulid at_five = submit(later), until_three = submit(expires);
  advance(Seconds{3});
  EXPECT_EQ(wait_for(until_three, State::failed).error->code, "expired");
  EXPECT_EQ(get(at_five).state, State::scheduled);
  advance(Seconds{2});
  wait_for(at_five, State::succeeded);
}

TEST_F(EngineTimeTest, ForgetsAJobWhenItsRetentionIsOver) {
  start();
  job::Spec s = spec("note");
  s.retain = Seconds{100};
  const Ulid id = submit(s);
  wait_for(id, State::succeeded);
  Watch watch = engine->watch(id, Watch::For::end);
  auto gone = next(watch, Seconds{1000});
  advance(Seconds{99});
  stats();
  EXPECT_TRUE(Calls(*store).get(id));
  advance(Seconds{1});
  wait_until_forgotten(id);
  EXPECT_EQ(Calls(*store).get(id).error().code, Code::not_found);
  EXPECT_TRUE(is_told(gone));
}

TEST_F(EngineTimeTest, TheTotalTimeEndsAJobWhileItRunsOrWaits) {
  start();
  job::Spec running = spec("wait"), waiting = spec("fail");
  running.total_timeout = Seconds{20};
  waiting.total_timeout = Seconds{20};
  waiting.backoff = {.initial_seconds = 15, .factor = 1, .jitter = false};
  const Ulid one = submit(running), other = submit(waiting);
  wait_for(other, State::scheduled);
  script.wait_for_begun(2);
  advance(Seconds{15});
  EXPECT_EQ(wait_for(other, State::failed).attempt, 2) << "no time is left for a third";
  EXPECT_EQ(get(one).state, State::running);
  advance(Seconds{5});
  EXPECT_EQ(wait_for(one, State::failed).error->code, "timed_out");
}

TEST_F(EngineTimeTest, AQueueWithARateStartsByTheClock) {
  options.queues["slow"] = {.rate_per_second = 1};
  start();
  job::Spec s = spec("note");
  s.queue = "slow";
  for (int i = 0; i < 3; ++i) submit(s, std::to_string(i));
  script.wait_for_begun(1);
  wait_for_count(State::succeeded, 1);
  advance(Milliseconds{900});
  stats();
  EXPECT_EQ(script.all_begun().size(), 1U);
  advance(Milliseconds{101});
  script.wait_for_begun(2);
  wait_for_count(State::succeeded, 2);
  advance(Milliseconds{1001});
  script.wait_for_begun(3);
}

TEST_F(EngineTimeTest, AWatchTellsWhatItLooksOutForAndNothingElse) {
  start();
  const Ulid id = submit(spec("wait"), "w");
  script.wait_for_begun(1);
  wait_for(id, State::running);
  stats();  // what led here is told before they begin
  Watch for_end = engine->watch(id, Watch::For::end), for_change = engine->watch(id, Watch::For::change),
        for_event = engine->watch(id, Watch::For::event);
  auto end = next(for_end), change = next(for_change), event = next(for_event);
  cancel(id);
  EXPECT_TRUE(is_told(change));
  wait_for(id, State::cancelled);
  EXPECT_TRUE(is_told(end));
  EXPECT_TRUE(is_told(event));
  auto again = next(for_change);
  EXPECT_TRUE(is_told(again)) << "it ended since it last told";
  auto late = next(for_end, Seconds{1});
  advance(Seconds{1});
  EXPECT_FALSE(is_told(late)) << "nothing happened since it last told";
}

TEST_F(EngineTimeTest, AWatchTellsWhatHappenedBeforeItWasAsked) {
  start();
  const Ulid id = make(spec("note")).ulid;
  job::Job job = make(spec("note"));
  job.ulid = id;
  Watch watch = engine->watch(id, Watch::For::end);
  submit(std::move(job));
  wait_for(id, State::succeeded);
  auto end = next(watch);
  EXPECT_TRUE(is_told(end));
}

TEST_F(EngineTimeTest, AWatchIsOverAtItsDeadlineWithNothingToTell) {
  start();
  const Ulid id = submit(spec("wait"), "w");
  script.wait_for_begun(1);
  wait_for(id, State::running);
  Watch one = engine->watch(id, Watch::For::end), other = engine->watch(id, Watch::For::end);
  auto limited = next(one, Seconds{10}), longer = next(other, Seconds{11});
  advance(Seconds{10});
  EXPECT_FALSE(is_told(limited));
  stats();
  EXPECT_FALSE(is_woken(longer));
  {
    const Watch dropped = std::move(other);
  }
  stats();
  EXPECT_THROW(longer.get(), std::future_error) << "who watches no more is told no more";
}

TEST_F(EngineTimeTest, EveryWatchTellsWhenTheServiceDrains) {
  start();
  const Ulid id = submit(spec("wait"), "w");
  script.wait_for_begun(1);
  Watch watch = engine->watch(id, Watch::For::end);
  auto before = next(watch);
  stats();
  auto drained = drain(Seconds{60});
  EXPECT_TRUE(is_told(before));
  auto after = next(watch);
  EXPECT_TRUE(is_told(after));
}

}  // namespace
}  // namespace waypost::test
