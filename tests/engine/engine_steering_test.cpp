#include "engine/engine_fixture.hpp"

/// Pausing, confirming, amending, dependencies and unique keys, through the engine and a real store.
namespace waypost::test {
namespace {

using ::testing::ElementsAre;

TEST_F(EngineTest, RunsNothingThatIsPausedUntilItIsResumed) {
  options.worker_threads = 1;
  start();
  const Ulid first = submit(spec("block"), "first");
  script.wait_for_begun(1);
  const Ulid held = submit(spec("note"), "held"), other = submit(spec("note"), "other");
  EXPECT_EQ(steer(held, job::Pause{})->state, State::paused);
  script.let_go("first");
  wait_for(first, State::succeeded);
  wait_for(other, State::succeeded);
  EXPECT_EQ(get(held).state, State::paused);
  steer(held, job::Resume{});
  wait_for(held, State::succeeded);
  EXPECT_THAT(script.all_begun(), ElementsAre("first", "other", "held"));
}

TEST_F(EngineTest, LetsARunningJobEndWhileItPauses) {
  start();
  const Ulid id = submit(spec("block"), "stuck");
  script.wait_for_begun(1);
  EXPECT_EQ(steer(id, job::Pause{})->state, State::pausing);
  script.let_go("stuck");
  wait_for(id, State::succeeded);
}

TEST_F(EngineTest, PausesBetweenAttemptsAndRunsTheRestWhenResumed) {
  start();
  job::Spec failing = spec("fail");
  failing.max_attempts = 2;
  failing.backoff.initial_seconds = 0;
  const Ulid first = submit(spec("block"), "a"), second = submit(spec("block"), "b");
  script.wait_for_begun(2);
  const Ulid id = submit(failing, "f");
  steer(id, job::Pause{});
  script.let_all_go();
  wait_for(first, State::succeeded);
  wait_for(second, State::succeeded);
  EXPECT_EQ(get(id).attempt, 0);
  steer(id, job::Resume{});
  wait_for(id, State::failed);
  EXPECT_EQ(get(id).attempt, 2);
}

TEST_F(EngineTest, RunsAJobOnlyOnceItIsConfirmed) {
  start();
  job::Spec gated = spec("note");
  gated.confirmation_required = true;
  const Ulid id = submit(gated, "gated");
  wait_for(submit(spec("note"), "other"), State::succeeded);
  EXPECT_EQ(get(id).state, State::awaiting_confirmation);
  steer(id, job::Confirm{});
  wait_for(id, State::succeeded);
}

TEST_F(EngineTest, MovesAQueuedJobAtOnceWhenItsPriorityChanges) {
  options.worker_threads = 1;
  start();
  submit(spec("block"), "first");
  script.wait_for_begun(1);
  const Ulid low = submit(spec("note"), "low"), high = submit(spec("note"), "high");
  ASSERT_TRUE(steer(high, job::Amend{.priority = 5}));
  script.let_go("first");
  wait_for(low, State::succeeded);
  wait_for(high, State::succeeded);
  EXPECT_THAT(script.all_begun(), ElementsAre("first", "high", "low"));
}

TEST_F(EngineTest, StartsAJobWhoseTimeWasMovedWhenThatHasCome) {
  start();
  job::Spec later = spec("note");
  later.run_at = clock.now() + std::chrono::hours{10};
  const Ulid id = submit(later);
  ASSERT_TRUE(steer(id, job::Amend{.run_at = clock.now() + std::chrono::hours{1}}));
  advance(std::chrono::hours{1});
  wait_for(id, State::succeeded);
}

TEST_F(EngineTest, RunsDependentsAfterWhatTheyDependOn) {
  start();
  const Ulid a = submit(spec("block"), "a");
  job::Spec after = spec("note");
  after.depends_on = {a};
  const Ulid b = submit(after, "b");
  after.depends_on = {a, b};
  const Ulid c = submit(after, "c");
  EXPECT_EQ(get(c).state, State::blocked);
  script.let_go("a");
  wait_for(c, State::succeeded);
  EXPECT_THAT(script.all_begun(), ElementsAre("a", "b", "c"));
}

TEST_F(EngineTest, ReleasesACrowdOfDependentsToTheLast) {
  start();
  const Ulid a = submit(spec("block"), "a");
  job::Spec after = spec("note");
  after.depends_on = {a};
  for (int i = 0; i < 1000; ++i) submit(after, "n");
  script.let_go("a");
  wait_for_count(State::succeeded, 1001);
}

TEST_F(EngineTest, ReleasesAfterARestartWhatACrashLeftBlocked) {
  start();
  const Ulid a = submit(spec("note"), "a");
  wait_for(a, State::succeeded);
  const Ulid b = submit(spec("block"), "b");
  job::Spec after = spec("note");
  after.depends_on = {b};
  const Ulid c = submit(after, "c");
  script.wait_for_begun(2);
  end();
  open_store();
  start();
  wait_for(c, State::succeeded);
}

}  // namespace
}  // namespace waypost::test
