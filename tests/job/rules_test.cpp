#include "waypost/job/rules.hpp"

#include <gmock/gmock.h>

#include "job/life.hpp"

namespace waypost::job {
namespace {

using namespace std::chrono_literals;
using test::batch_of;
using test::Life;
using test::plain;
using test::start;
using testing::HasSubstr;

// Creation

TEST(Create, QueuesAtOnceWhatHasNoTime) {
  const Life life;
  EXPECT_EQ(life.job().state, State::queued);
  EXPECT_EQ(life.job().version, 1);
  EXPECT_EQ(life.job().created_at, start);
  EXPECT_EQ(wake_at(life.job()), std::nullopt);
}

TEST(Create, SchedulesWhatHasATimeToCome) {
  Spec spec = plain();
  spec.run_at = start + 10s;
  Life life(spec);
  EXPECT_EQ(life.job().state, State::scheduled);
  EXPECT_EQ(wake_at(life.job()), start + 10s);
  EXPECT_THAT(life.refusal(Lease{}), HasSubstr("scheduled"));
  life.wake();
  EXPECT_EQ(life.job().state, State::queued);
  EXPECT_EQ(life.job().run_at, std::nullopt);
}

TEST(Create, QueuesAtOnceWhatHasATimeGoneBy) {
  Spec spec = plain();
  spec.run_at = start;
  EXPECT_EQ(Life(spec).job().state, State::queued);
}

TEST(Create, CountsTheRowsOfABatch) {
  EXPECT_EQ(Life(batch_of(7)).job().progress.total, 7);
}

// Lease and success

TEST(Lease, StartsTheAttemptUnderANewFence) {
  Life life;
  life.pass(3s);
  life.lease();
  EXPECT_EQ(life.job().state, State::running);
  EXPECT_EQ(life.job().attempt, 1);
  EXPECT_EQ(life.job().fence, 1);
  EXPECT_EQ(life.job().started_at, start + 3s);
  EXPECT_EQ(life.job().attempt_started_at, start + 3s);
  EXPECT_THAT(life.refusal(Lease{}), HasSubstr("running"));
}

TEST(Succeed, KeepsTheResultAndTheAttempt) {
  Life life;
  life.lease();
  life.pass(5s);
  const Decision decision = life.succeed();
  EXPECT_EQ(decision.job.state, State::succeeded);
  EXPECT_EQ(decision.job.result, "42");
  EXPECT_EQ(decision.job.result_type, "application/json");
  EXPECT_TRUE(decision.job.has_result);
  EXPECT_EQ(decision.job.finished_at, start + 5s);
  ASSERT_TRUE(decision.ended_attempt);
  EXPECT_EQ(decision.ended_attempt->number, 1);
  EXPECT_EQ(decision.ended_attempt->outcome, Outcome::succeeded);
  EXPECT_EQ(decision.ended_attempt->worker, "worker-1");
  EXPECT_EQ(decision.ended_attempt->started_at, start);
  EXPECT_EQ(decision.ended_attempt->finished_at, start + 5s);
}

TEST(Succeed, ForgetsTheErrorOfAnEarlierAttempt) {
  Life life;
  life.lease();
  life.fail();
  life.wake();
  EXPECT_TRUE(life.job().error);
  life.lease();
  life.succeed();
  EXPECT_FALSE(life.job().error);
  EXPECT_EQ(life.job().attempt, 2);
}

// Failure

TEST(FailAttempt, WaitsLongerEachTime) {
  Life life;
  for (const auto wait : {1s, 2s, 4s, 8s}) {
    life.lease();
    const Decision decision = life.fail();
    EXPECT_EQ(decision.job.state, State::scheduled);
    EXPECT_EQ(decision.job.run_at, life.now() + wait);
    EXPECT_EQ(decision.ended_attempt->outcome, Outcome::failed);
    EXPECT_EQ(decision.ended_attempt->error->message, "it said no");
    life.wake();
  }
}

TEST(FailAttempt, FailsTheJobWithTheLastAttempt) {
  Spec spec = plain();
  spec.max_attempts = 2;
  Life life(spec);
  life.lease();
  life.fail();
  life.wake();
  life.lease();
  const Decision decision = life.fail();
  EXPECT_EQ(decision.job.state, State::failed);
  EXPECT_THAT(decision.job.reason, HasSubstr("all 2 attempts"));
  EXPECT_EQ(decision.job.error->code, "upstream");
  EXPECT_EQ(decision.job.error->attempt, 2);
  EXPECT_EQ(decision.job.error->at, life.now());
  EXPECT_EQ(decision.job.finished_at, life.now());
  EXPECT_EQ(decision.job.run_at, std::nullopt);
}

TEST(FailAttempt, FailsTheJobAtOnceWhenARetryWouldNotHelp) {
  Life life;
  life.lease();
  FailAttempt failure = life.failure();
  failure.retry = false;
  EXPECT_EQ(life.apply(failure).job.state, State::failed);
  EXPECT_EQ(life.job().attempt, 1);
}

TEST(FailAttempt, WaitsAtLeastAsLongAsTheOtherSideAsked) {
  for (const auto& [asked, wait] : {std::pair{30s, 30s}, {0s, 1s}}) {
    Life life;
    life.lease();
    FailAttempt failure = life.failure();
    failure.retry_after = asked;
    EXPECT_EQ(life.apply(failure).job.run_at, start + wait) << asked.count();
  }
}

TEST(FailAttempt, TellsATimeOutFromAFailure) {
  Life life;
  life.lease();
  FailAttempt failure = life.failure();
  failure.timed_out = true;
  EXPECT_EQ(life.apply(failure).ended_attempt->outcome, Outcome::timed_out);
}

TEST(FailAttempt, FailsTheJobWhenTheTotalTimeLeavesNoRoomForAnother) {
  Spec spec = plain();
  spec.total_timeout = 10s;
  Life life(spec);
  life.pass(1min);  // waiting for the first attempt does not count
  life.lease();
  life.pass(8s);
  EXPECT_EQ(life.fail().job.state, State::scheduled);
  life.wake();
  life.lease();
  EXPECT_EQ(life.fail().job.state, State::failed);
  EXPECT_THAT(life.job().reason, HasSubstr("total_timeout_seconds"));
}

// Lost workers and shutdown

TEST(WorkerLost, QueuesTheJobAgainAndCounts) {
  Life life;
  life.lease();
  const Decision decision = life.apply(WorkerLost{});
  EXPECT_EQ(decision.job.state, State::queued);
  EXPECT_EQ(decision.ended_attempt->outcome, Outcome::worker_lost);
  EXPECT_EQ(decision.job.error->code, "worker_lost");
  life.lease();
  EXPECT_EQ(life.job().attempt, 2);
}

TEST(WorkerLost, RefusesWhatTheLostWorkerStillSays) {
  Life life;
  life.lease();
  const auto old = life.job().fence;
  life.apply(WorkerLost{});
  EXPECT_THAT(life.refusal(Succeed{.fence = old}), HasSubstr("lost"));
  life.lease();
  EXPECT_THAT(life.refusal(Succeed{.fence = old}), HasSubstr("lost"));
}

TEST(WorkerLost, TakesAJobForPoisonAfterThreeInARow) {
  Spec spec = plain();
  spec.max_attempts = 100;
  Life life(spec);
  for (int i = 0; i < 2; ++i) {
    life.lease();
    EXPECT_EQ(life.apply(WorkerLost{}).job.state, State::queued);
  }
  life.lease();
  const Decision decision = life.apply(WorkerLost{});
  EXPECT_EQ(decision.job.state, State::failed);
  EXPECT_THAT(decision.job.reason, HasSubstr("3 times in a row"));
}

TEST(WorkerLost, StartsCountingAgainAfterProgress) {
  Spec spec = batch_of(100);
  spec.max_attempts = 100;
  Life life(spec);
  for (int i = 0; i < 10; ++i) {
    life.lease();
    life.apply(Advance{.fence = life.job().fence, .succeeded = 1});
    EXPECT_EQ(life.apply(WorkerLost{}).job.state, State::queued) << i;
  }
  EXPECT_EQ(life.job().progress.succeeded, 10);
}

TEST(WorkerLost, StartsCountingAgainAfterAnAttemptThatEndedByItself) {
  Spec spec = plain();
  spec.max_attempts = 100;
  Life life(spec);
  for (int i = 0; i < 3; ++i) {
    for (int lost = 0; lost < 2; ++lost) {
      life.lease();
      EXPECT_EQ(life.apply(WorkerLost{}).job.state, State::queued);
    }
    life.lease();
    life.fail();
    life.wake();
  }
}

TEST(WorkerLost, FailsTheJobWhenThatWasItsLastAttempt) {
  Spec spec = plain();
  spec.max_attempts = 1;
  Life life(spec);
  life.lease();
  EXPECT_EQ(life.apply(WorkerLost{}).job.state, State::failed);
}

TEST(WorkerLost, NeverUsesUpTheAttemptsOfABatchThatProgresses) {
  Spec spec = batch_of(100);
  spec.max_attempts = 1;  // of each row
  Life life(spec);
  for (int i = 0; i < 20; ++i) {
    life.lease();
    life.apply(Advance{.fence = life.job().fence, .succeeded = 1});
    EXPECT_EQ(life.apply(WorkerLost{}).job.state, State::queued) << i;
  }
}

TEST(WorkerLost, IsRefusedWhenNoWorkerHasTheJob) {
  EXPECT_THAT(Life().refusal(WorkerLost{}), HasSubstr("queued"));
}

TEST(GiveBack, DoesNotCount) {
  Spec spec = plain();
  spec.max_attempts = 1;
  Life life(spec);
  for (int i = 1; i <= 5; ++i) {
    life.lease();
    const Decision decision = life.apply(GiveBack{.fence = life.job().fence, .worker = "worker-1"});
    EXPECT_EQ(decision.job.state, State::queued);
    EXPECT_EQ(decision.ended_attempt->outcome, Outcome::interrupted);
    EXPECT_EQ(decision.ended_attempt->number, i) << "the history has every attempt under its own number";
  }
  life.lease();
  EXPECT_EQ(life.succeed().job.state, State::succeeded);
}

TEST(GiveBack, EndsAJobThatWasBeingCancelled) {
  Life life;
  life.lease();
  life.apply(Cancel{});
  const Decision decision = life.apply(GiveBack{.fence = life.job().fence});
  EXPECT_EQ(decision.job.state, State::cancelled);
  EXPECT_EQ(decision.ended_attempt->outcome, Outcome::cancelled);
}

// Cancel

TEST(Cancel, EndsAtOnceWhatNoWorkerHas) {
  Spec later = plain();
  later.run_at = start + 1h;
  for (const Spec& spec : {plain(), later}) {
    Life life(spec);
    EXPECT_EQ(life.apply(Cancel{}).job.state, State::cancelled);
    EXPECT_EQ(life.job().finished_at, start);
    EXPECT_EQ(life.job().run_at, std::nullopt);
  }
}

TEST(Cancel, AnswersByTheStateTheJobIsIn) {
  const std::map<State, std::optional<State>> expected = {
      {State::preparing, State::cancelling},  {State::awaiting_confirmation, State::cancelled},
      {State::blocked, State::cancelled},     {State::scheduled, State::cancelled},
      {State::queued, State::cancelled},      {State::running, State::cancelling},
      {State::pausing, State::cancelling},    {State::paused, State::cancelled},
      {State::cancelling, State::cancelling}, {State::completing, std::nullopt},
      {State::succeeded, std::nullopt},       {State::partial, std::nullopt},
      {State::failed, std::nullopt},          {State::cancelled, State::cancelled}};
  ASSERT_EQ(expected.size(), state_count);
  for (const auto& [from, to] : expected) {
    Job job = Life().job();
    job.state = from;
    const auto decision = decide(job, Cancel{}, {.now = start});
    ASSERT_EQ(decision.has_value(), to.has_value()) << to_string(from);
    if (!to) {
      EXPECT_THAT(decision.error().message, HasSubstr(to_string(from)));
      continue;
    }
    EXPECT_EQ(decision->job.state, *to) << to_string(from);
    EXPECT_EQ(decision->changed, *to != from) << to_string(from);
  }
}

TEST(Cancel, HoldsAgainstAnyAnswerThatComesLater) {
  const auto answers = [](std::int64_t fence) {
    return std::vector<Command>{Succeed{.fence = fence, .result = "42"},
                                FailAttempt{.fence = fence},
                                FinishBatch{.fence = fence},
                                Stopped{.fence = fence},
                                GiveBack{.fence = fence},
                                WorkerLost{}};
  };
  for (std::size_t i = 0; i < answers(0).size(); ++i) {
    Life life;
    life.lease();
    life.apply(Cancel{});
    EXPECT_EQ(life.job().state, State::cancelling);
    const Decision decision = life.apply(answers(life.job().fence)[i]);
    EXPECT_EQ(decision.job.state, State::cancelled) << i;
    EXPECT_FALSE(decision.job.has_result) << i;
    EXPECT_EQ(decision.ended_attempt->outcome, Outcome::cancelled) << i;
    EXPECT_EQ(decision.job.finished_at, start) << i;
  }
}

// Fences

TEST(Fence, RefusesEveryCommandUnderAnOldOne) {
  for (const State held : {State::running, State::cancelling}) {
    Job job = Life().job();
    job.state = held;
    job.fence = 7;
    for (const std::int64_t fence : {0, 6, 8}) {
      const std::vector<Command> commands = {Succeed{.fence = fence},     FailAttempt{.fence = fence},
                                             GiveBack{.fence = fence},    Advance{.fence = fence},
                                             FinishBatch{.fence = fence}, Stopped{.fence = fence}};
      for (const Command& command : commands) {
        const auto decision = decide(job, command, {.now = start});
        ASSERT_FALSE(decision) << command.index() << " under " << fence;
        EXPECT_EQ(decision.error().code, Code::conflict);
        EXPECT_THAT(decision.error().message, HasSubstr("lease"));
      }
    }
  }
}

TEST(Fence, RefusesTheRightOneOnceTheJobIsNotHeldAnyMore) {
  Life life;
  life.lease();
  life.succeed();
  EXPECT_THAT(life.refusal(Succeed{.fence = life.job().fence}), HasSubstr("lost"));
  EXPECT_THAT(life.refusal(Advance{.fence = life.job().fence}), HasSubstr("lost"));
}

// Manual retry

TEST(Forget, IsOnlyOfAJobThatHasEnded) {
  Life life(plain());
  EXPECT_THAT(life.refusal(Forget{}), HasSubstr("queued"));
  life.lease();
  EXPECT_THAT(life.refusal(Forget{}), HasSubstr("running"));
  life.succeed();
  EXPECT_TRUE(decide(life.job(), Forget{}, {.now = life.now()})->forget);
}

TEST(RunAgain, StartsANewRunAndKeepsTheHistory) {
  Spec spec = plain();
  spec.max_attempts = 2;
  Life life(spec);
  for (int run = 0; run < 3; ++run) {
    for (int i = 0; i < 2; ++i) {
      life.lease();
      life.fail();
      if (i == 0) life.wake();
    }
    EXPECT_EQ(life.job().state, State::failed);
    EXPECT_EQ(life.job().attempt, 2 * (run + 1));
    const Decision decision = life.apply(RunAgain{});
    EXPECT_TRUE(decision.new_run);
    EXPECT_EQ(decision.job.state, State::queued);
    EXPECT_EQ(decision.job.error, std::nullopt);
    EXPECT_EQ(decision.job.finished_at, std::nullopt);
    EXPECT_EQ(decision.job.started_at, std::nullopt);
  }
}

TEST(RunAgain, IsRefusedToASucceededJobAndToOneThatLives) {
  Life life;
  EXPECT_THAT(life.refusal(RunAgain{}), HasSubstr("queued"));
  life.lease();
  EXPECT_THAT(life.refusal(RunAgain{}), HasSubstr("running"));
  life.succeed();
  EXPECT_THAT(life.refusal(RunAgain{}), HasSubstr("succeeded"));
}

TEST(RunAgain, CountsTheRowsOfABatchAfresh) {
  Life life(batch_of(2));
  life.lease();
  life.apply(Advance{.fence = life.job().fence, .succeeded = 1, .failed = 1});
  life.apply(FinishBatch{.fence = life.job().fence});
  const Decision decision = life.apply(RunAgain{});
  EXPECT_EQ(decision.job.progress.total, 2);
  EXPECT_EQ(decision.job.progress.succeeded, 0);
  EXPECT_EQ(decision.job.progress.failed, 0);
}

TEST(RunAgain, GivesTheTotalTimeAnew) {
  Spec spec = plain();
  spec.max_attempts = 1;
  spec.total_timeout = 10s;
  Life life(spec);
  life.lease();
  life.fail();
  life.pass(1h);
  life.apply(RunAgain{});
  life.lease();
  EXPECT_EQ(run_deadline(life.job()), life.now() + 10s);
}

TEST(RunAgain, RunsAJobWhoseExpiryHasPassedMeanwhile) {
  Spec spec = plain();
  spec.max_attempts = 1;
  spec.expires_at = start + 1min;
  Life tried(spec);
  tried.lease();
  tried.fail();
  Life never_tried(spec);
  never_tried.wake();
  for (Life* life : {&tried, &never_tried}) {
    EXPECT_EQ(life->job().state, State::failed);
    life->pass(1h);
    life->apply(RunAgain{});
    EXPECT_EQ(wake_at(life->job()), std::nullopt);
    life->pass(1h);
    EXPECT_EQ(life->lease().job.state, State::running);
  }
}

}  // namespace
}  // namespace waypost::job
