#include <gmock/gmock.h>

#include "job/life.hpp"

/// What people ask of a job, and what it waits for.
namespace waypost::job {
namespace {

using namespace std::chrono_literals;
using test::Life;
using test::plain;
using testing::HasSubstr;

Spec depending(int jobs) {
  Spec spec = plain();
  for (int i = 1; i <= jobs; ++i) spec.depends_on.push_back({1, static_cast<std::uint64_t>(i)});
  return spec;
}
Spec confirmed_first(Spec spec = plain()) {
  spec.confirmation_required = true;
  return spec;
}
Spec in_a_minute(Spec spec = plain()) {
  spec.run_at = test::start + 60s;
  return spec;
}
const DependencyEnded well{.id = "job_a", .state = State::succeeded};
const DependencyEnded badly{.id = "job_a", .state = State::cancelled};

TEST(Pausing, HoldsAWaitingJobAtOnceAndTellsSo) {
  for (const Spec& spec : {plain(), in_a_minute(), depending(1)}) {
    Life life(spec);
    const State before = life.job().state;
    const auto paused = life.apply(Pause{});
    EXPECT_EQ(paused.job.state, State::paused);
    EXPECT_EQ(paused.job.reason, "paused by request");
    EXPECT_EQ(paused.notice, Notice::paused);
    EXPECT_EQ(wake_at(paused.job), std::nullopt);
    EXPECT_EQ(life.apply(Resume{}).job.state, before);
    EXPECT_EQ(life.job().run_at, spec.run_at);
  }
}

TEST(Pausing, ChangesNothingWhenItHoldsAlready) {
  Life life;
  EXPECT_FALSE(life.apply(Resume{}).changed);
  life.apply(Pause{});
  EXPECT_FALSE(life.apply(Pause{}).changed);
  life.apply(Resume{});
  life.lease();
  EXPECT_FALSE(life.apply(Resume{}).changed);
  life.apply(Pause{});
  EXPECT_FALSE(life.apply(Pause{}).changed);
}

TEST(Pausing, LetsARunningAttemptEndWell) {
  Life life;
  life.lease();
  EXPECT_EQ(life.apply(Pause{}).job.state, State::pausing);
  EXPECT_EQ(life.succeed().job.state, State::succeeded);
}

TEST(Pausing, KeepsTheTimeOfARetryForWhenItIsResumed) {
  Life life(plain());
  life.lease();
  life.apply(Pause{});
  const auto paused = life.fail();
  EXPECT_EQ(paused.job.state, State::paused);
  EXPECT_EQ(paused.notice, Notice::paused);
  EXPECT_EQ(paused.ended_attempt->outcome, Outcome::failed);
  const auto resumed = life.apply(Resume{}).job;
  EXPECT_EQ(resumed.state, State::scheduled);
  EXPECT_EQ(resumed.run_at, life.now() + 1s);
}

TEST(Pausing, ResumesToWhatItWouldBeByNow) {
  Life life(in_a_minute());
  life.apply(Pause{});
  life.pass(61s);
  EXPECT_EQ(life.apply(Resume{}).job.state, State::queued);
  EXPECT_EQ(life.job().run_at, std::nullopt);
}

TEST(Pausing, IsTakenBackWhileTheAttemptStillRuns) {
  Life life;
  life.lease();
  life.apply(Pause{});
  EXPECT_EQ(life.apply(Resume{}).job.state, State::running);
  EXPECT_EQ(life.succeed().job.state, State::succeeded);
}

TEST(Pausing, ComesToRestWithoutCountingTheAttempt) {
  Life life(test::batch_of(10, plain()));
  life.lease();
  life.apply(Pause{});
  const auto rested = life.apply(Rest{.fence = life.job().fence});
  EXPECT_EQ(rested.job.state, State::paused);
  EXPECT_EQ(rested.ended_attempt->outcome, Outcome::interrupted);
  EXPECT_EQ(rested.job.attempt - rested.job.run_base, 0);
  EXPECT_EQ(rested.notice, Notice::paused);
  EXPECT_EQ(life.refusal(Rest{.fence = life.job().fence - 1}),
            "the lease on " + life.job().id() + " was lost");
}

TEST(Pausing, QueuesAgainWhatWasResumedWhileItCameToRest) {
  Life life(test::batch_of(10));
  life.lease();
  life.apply(Pause{});
  life.apply(Resume{});
  EXPECT_EQ(life.apply(Rest{.fence = life.job().fence}).job.state, State::queued);
}

TEST(Pausing, OutlivesAShutdownAndALostWorker) {
  for (const Command& end : {Command(GiveBack{.fence = 1}), Command(WorkerLost{})}) {
    Life life(plain());
    life.lease();
    life.apply(Pause{});
    const auto paused = life.apply(end);
    EXPECT_EQ(paused.job.state, State::paused);
    EXPECT_EQ(paused.notice, Notice::paused);
  }
}

TEST(Pausing, FailsAPoisonousJobAllTheSame) {
  Life life(plain());
  for (int i = 0; i < 2; ++i) {
    life.lease();
    life.apply(WorkerLost{});
  }
  life.lease();
  life.apply(Pause{});
  EXPECT_EQ(life.apply(WorkerLost{}).job.state, State::failed);
}

TEST(Pausing, IsRefusedWhereNothingCanBeHeld) {
  Life ended;
  ended.lease();
  ended.succeed();
  EXPECT_THAT(ended.refusal(Pause{}), HasSubstr("is succeeded and cannot be paused"));
  EXPECT_THAT(ended.refusal(Resume{}), HasSubstr("is succeeded and cannot be resumed"));
  Life cancelling;
  cancelling.lease();
  cancelling.apply(Cancel{});
  EXPECT_THAT(cancelling.refusal(Pause{}), HasSubstr("is cancelling and cannot be paused"));
  Life unconfirmed(confirmed_first());
  EXPECT_THAT(unconfirmed.refusal(Pause{}), HasSubstr("is awaiting_confirmation and cannot be paused"));
  EXPECT_THAT(unconfirmed.refusal(Resume{}), HasSubstr("is awaiting_confirmation and cannot be resumed"));
}

TEST(Pausing, DoesNotStopTheClockOfExpiry) {
  Spec spec = plain();
  spec.expires_at = test::start + 10s;
  Life life(spec);
  life.apply(Pause{});
  life.pass(20s);
  life.apply(Resume{});
  EXPECT_THAT(life.refusal(Lease{"w"}), HasSubstr("its time is up"));
  EXPECT_EQ(life.wake().job.error->code, "expired");
}

TEST(Confirmation, IsAwaitedBeforeTheFirstAttempt) {
  const Job job = create(test::some_ulid, confirmed_first(), "{}", test::start);
  EXPECT_EQ(job.state, State::awaiting_confirmation);
  EXPECT_EQ(first_notice(job), Notice::awaiting_confirmation);
  EXPECT_EQ(first_notice(Life().job()), std::nullopt);
  Life life(confirmed_first());
  EXPECT_THAT(life.refusal(Lease{"w"}), HasSubstr("is awaiting_confirmation and cannot be leased"));
  EXPECT_EQ(life.apply(Confirm{}).job.state, State::queued);
  EXPECT_FALSE(life.apply(Confirm{}).changed);
}

TEST(Confirmation, LeavesAJobWaitingForItsTimeAndItsDependencies) {
  Life later(confirmed_first(in_a_minute()));
  EXPECT_EQ(later.apply(Confirm{}).job.state, State::scheduled);
  Life blocked(confirmed_first(depending(2)));
  EXPECT_EQ(blocked.apply(Confirm{}).job.state, State::blocked);
}

TEST(Confirmation, IsRefusedWhereNoneIsAwaited) {
  EXPECT_THAT(Life().refusal(Confirm{}), HasSubstr("is queued and cannot be confirmed"));
  Life cancelled(confirmed_first());
  cancelled.apply(Cancel{});
  EXPECT_THAT(cancelled.refusal(Confirm{}), HasSubstr("is cancelled and cannot be confirmed"));
}

TEST(Confirmation, IsAwaitedAgainAfterACanary) {
  Life life(test::batch_of(1000, plain()));
  life.lease();
  const auto held = life.apply(Hold{.fence = life.job().fence, .reason = "100 rows are done"});
  EXPECT_EQ(held.job.state, State::awaiting_confirmation);
  EXPECT_EQ(held.job.reason, "100 rows are done");
  EXPECT_EQ(held.notice, Notice::awaiting_confirmation);
  EXPECT_EQ(life.apply(Confirm{}).job.state, State::queued);
}

TEST(Dependencies, BlockAJobUntilTheLastHasEnded) {
  Life life(depending(2));
  EXPECT_EQ(life.job().state, State::blocked);
  EXPECT_EQ(life.job().reason, "waits for 2 jobs that it depends on");
  life.apply(well);
  EXPECT_EQ(life.job().state, State::blocked);
  EXPECT_EQ(life.job().reason, "waits for 1 job that it depends on");
  life.apply(well);
  EXPECT_EQ(life.job().state, State::queued);
  EXPECT_EQ(life.job().reason, "");
}

TEST(Dependencies, LeaveAJobItsRunAt) {
  Life life(in_a_minute(depending(1)));
  EXPECT_EQ(life.apply(well).job.state, State::scheduled);
  EXPECT_EQ(wake_at(life.job()), test::start + 60s);
}

TEST(Dependencies, FailAJobWhenOneEndsOtherThanWell) {
  Life life(depending(3));
  const auto failed = life.apply(badly);
  EXPECT_EQ(failed.job.state, State::failed);
  EXPECT_EQ(failed.job.error->code, "dependency_failed");
  EXPECT_EQ(failed.job.error->message, "it depends on job_a, which ended as cancelled");
  EXPECT_EQ(failed.notice, Notice::failed);
  EXPECT_FALSE(life.apply(well).changed);
}

TEST(Dependencies, ReleaseAJobThatWantsToRunWhateverTheyCameTo) {
  Spec spec = depending(1);
  spec.on_dependency_failure = DependencyPolicy::run;
  Life life(spec);
  EXPECT_EQ(life.apply(badly).job.state, State::queued);
  EXPECT_EQ(life.job().error, std::nullopt);
}

TEST(Dependencies, FailAHeldJobWhenItIsLetGo) {
  Life paused(depending(2));
  paused.apply(Pause{});
  EXPECT_EQ(paused.apply(badly).job.state, State::paused);
  EXPECT_EQ(paused.apply(Resume{}).job.error->code, "dependency_failed");
  EXPECT_EQ(paused.job().state, State::failed);
  Life unconfirmed(confirmed_first(depending(1)));
  unconfirmed.apply(badly);
  EXPECT_EQ(unconfirmed.apply(Confirm{}).job.state, State::failed);
}

TEST(Dependencies, AreMetWhileAJobIsPaused) {
  Life life(depending(1));
  life.apply(Pause{});
  EXPECT_EQ(life.apply(well).job.state, State::paused);
  EXPECT_EQ(life.apply(Resume{}).job.state, State::queued);
}

TEST(Dependencies, DoNotKeepAJobFromExpiring) {
  Spec spec = depending(1);
  spec.expires_at = test::start + 5s;
  Life life(spec);
  EXPECT_EQ(life.wake().job.error->code, "expired");
}

TEST(Dependencies, DoNotBindARetryByHand) {
  Life life(depending(1));
  life.apply(Cancel{});
  EXPECT_EQ(life.apply(RunAgain{}).job.state, State::queued);
  EXPECT_EQ(life.job().waits_for, 0);
}

TEST(Amending, ChangesWhatIsGivenAndNothingElse) {
  Spec spec = plain();
  spec.priority = 3;
  spec.tags = {{"a", "1"}};
  spec.description = "first";
  Life life(spec);
  const auto amended = life.apply(Amend{.priority = 9, .description = std::optional<std::string>()});
  EXPECT_TRUE(amended.amended);
  EXPECT_EQ(amended.priority_before, 3);
  EXPECT_EQ(amended.job.spec.priority, 9);
  EXPECT_EQ(amended.job.spec.tags, spec.tags);
  EXPECT_EQ(amended.job.spec.description, std::nullopt);
  EXPECT_EQ(amended.job.version, 2);
  EXPECT_FALSE(life.apply(Amend{.priority = 9}).changed);
}

TEST(Amending, MovesTheTimeOfAWaitingJob) {
  Life life;
  const Time later = life.now() + 1h;
  EXPECT_EQ(life.apply(Amend{.run_at = later}).job.state, State::scheduled);
  EXPECT_EQ(wake_at(life.job()), later);
  EXPECT_EQ(life.job().version, 2);
  EXPECT_EQ(life.apply(Amend{.run_at = later + 1h}).job.state, State::scheduled);
  EXPECT_EQ(wake_at(life.job()), later + 1h);
  EXPECT_EQ(life.apply(Amend{.run_at = std::optional<Time>()}).job.state, State::queued);
  EXPECT_EQ(life.job().run_at, std::nullopt);
}

TEST(Amending, MovesTheTimeOfAHeldJobWithoutLettingItGo) {
  for (const Spec& spec : {confirmed_first(), depending(1)}) {
    Life life(spec);
    const State before = life.job().state;
    EXPECT_EQ(life.apply(Amend{.run_at = life.now() + 1h}).job.state, before);
    EXPECT_EQ(life.job().run_at, life.now() + 1h);
  }
}

TEST(Amending, IsRefusedOnceTheJobHasEndedAndForTheTimeOfARunningOne) {
  Life life;
  life.lease();
  EXPECT_EQ(life.apply(Amend{.priority = 1}).job.state, State::running);
  EXPECT_THAT(life.refusal(Amend{.run_at = life.now() + 1h}),
              HasSubstr("is running and cannot be given another"));
  life.succeed();
  EXPECT_THAT(life.refusal(Amend{.priority = 2}), HasSubstr("is succeeded and cannot be changed"));
}

TEST(Amending, IsRefusedUnderAnotherVersion) {
  const Job job = Life().job();
  const auto under = [&](std::vector<std::int64_t> versions) {
    return decide(job, Amend{.priority = 1, .only_versions = std::move(versions)}, {.now = test::start});
  };
  EXPECT_TRUE(under({7, 1}));
  for (const auto& refused : {under({2}), under({})}) {
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Code::precondition_failed);
  }
}

TEST(Expiry, EndsWhatWaitsAtItsTimeAndWhatIsHeldWhenItIsLetGo) {
  const auto expiring = [](Spec spec) {
    spec.expires_at = test::start + 10s;
    return spec;
  };
  for (const Spec& spec : {plain(), in_a_minute(), depending(1)}) {
    Life waiting(expiring(spec));
    EXPECT_EQ(wake_at(waiting.job()), test::start + 10s) << to_string(waiting.job().state);
    EXPECT_EQ(waiting.wake().job.error->code, "expired");
    Life held(expiring(spec));
    held.apply(Pause{});
    EXPECT_EQ(wake_at(held.job()), std::nullopt);
    held.pass(11s);
    held.apply(Resume{});
    EXPECT_EQ(held.wake().job.error->code, "expired");
  }
  Life unconfirmed(expiring(confirmed_first()));
  unconfirmed.pass(11s);
  unconfirmed.apply(Confirm{});
  EXPECT_EQ(unconfirmed.wake().job.error->code, "expired");
}

TEST(TotalTimeout, GoesOnWhileAJobIsPausedBetweenItsAttempts) {
  Spec spec = plain();
  spec.total_timeout = Seconds{60};
  Life life(spec);
  life.lease();
  life.apply(Pause{});
  life.fail();
  life.pass(61s);
  life.apply(Resume{});
  EXPECT_THAT(life.refusal(Lease{"w"}), HasSubstr("its time is up"));
  EXPECT_EQ(life.wake().job.error->code, "total_timeout");
}

TEST(RunningAgain, DropsAnExpiryThatHasPassed) {
  Spec spec = plain();
  spec.expires_at = test::start + 1s;
  Life life(spec);
  life.wake();
  const auto again = life.apply(RunAgain{});
  EXPECT_TRUE(again.amended);
  EXPECT_EQ(again.job.spec.expires_at, std::nullopt);
  EXPECT_EQ(wake_at(again.job), std::nullopt);
}

}  // namespace
}  // namespace waypost::job
