#include "engine/engine_fixture.hpp"

namespace waypost::test {
namespace {

using ::testing::ElementsAre;

class EngineDrainTest : public EngineTest {
 protected:
  static bool is_over(std::future<void>& drained) {
    return drained.wait_for(std::chrono::seconds{0}) == std::future_status::ready;
  }
  static bool ends(std::future<void>& drained) {
    return drained.wait_for(Script::limit) == std::future_status::ready;
  }
  void start_again() {
    end();
    open_store();
    start();
  }
};

TEST_F(EngineDrainTest, LetsRunningJobsEndAndStartsNoOther) {
  options.worker_threads = 1;
  start();
  const Ulid running = submit(spec("block"), "running"), queued = submit(spec("note"), "queued");
  script.wait_for_begun(1);
  stats();
  auto drained = drain(Seconds{60});
  stats();
  EXPECT_FALSE(is_over(drained));
  script.let_go("running");
  EXPECT_TRUE(ends(drained));
  EXPECT_EQ(get(running).state, State::succeeded);
  EXPECT_EQ(get(queued).state, State::queued);
}

TEST_F(EngineDrainTest, AnIdleEngineIsDrainedAtOnce) {
  start();
  auto drained = drain(Seconds{60});
  EXPECT_TRUE(ends(drained));
}

TEST_F(EngineDrainTest, RefusesNewJobs) {
  start();
  EXPECT_FALSE(engine->draining());
  auto drained = drain(Seconds{60});
  EXPECT_TRUE(engine->draining());
  const auto refused = wait_for_reply<store::Submitted>(
      [&](auto reply) { engine->submit({.job = make(spec("note"))}, std::move(reply)); });
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::draining);
  EXPECT_TRUE(refused.error().retry_after_seconds);
}

TEST_F(EngineDrainTest, HandsBackWhatDoesNotEndInTimeAndTheNextStartRunsIt) {
  start();
  const Ulid computing = submit(spec("block"), "stuck"), waiting = submit(spec("wait"), "w");
  script.wait_for_begun(2);
  auto drained = drain(Seconds{10});
  advance(Seconds{9});
  stats();
  EXPECT_FALSE(is_over(drained));
  advance(Seconds{1});
  EXPECT_TRUE(ends(drained)) << "it waits for no operation that does not listen";
  for (const Ulid id : {computing, waiting}) {
    EXPECT_EQ(get(id).state, State::queued);
    EXPECT_THAT(outcomes(id), ElementsAre(job::Outcome::interrupted));
  }
  start_again();
  EXPECT_EQ(wait_for(computing, State::succeeded).attempt, 2);
  script.wait_for_begun(4);
  waits->finish(io->context(), "w");
  wait_for(waiting, State::succeeded);
}

TEST_F(EngineDrainTest, WhatIsLeasedWhileItBeginsIsGivenBack) {
  start();
  for (int i = 0; i < 200; ++i) engine->submit({.job = make(spec("note"))}, [](const auto&) {});
  script.wait_for_begun(1);
  auto drained = drain(Seconds{10});
  EXPECT_TRUE(ends(drained));
  const auto census = Calls(*store).census();
  for (const auto& [state, count] : census->jobs.at(default_tenant).at("default"))
    EXPECT_TRUE(state == State::queued || state == State::succeeded) << to_string(state) << " " << count;
  start_again();
  wait_for_count(State::succeeded, 200);
}

TEST_F(EngineDrainTest, AJobBeingCancelledIsCancelledWhenTimeIsUp) {
  start();
  const Ulid id = submit(spec("block"), "stuck");
  script.wait_for_begun(1);
  ASSERT_TRUE(cancel(id));
  auto drained = drain(Seconds{10});
  advance(Seconds{10});
  EXPECT_TRUE(ends(drained));
  EXPECT_EQ(get(id).state, State::cancelled);
}

TEST_F(EngineDrainTest, AStoreThatTakesNothingBackKeepsItWaitingNoLongerThanItsLimit) {
  start();
  submit(spec("block"), "stuck");
  refusing->refuse<job::Succeed>(1000, Code::overloaded);
  const Ulid unstored = submit(spec("note"));
  while (refusing->refused() < 1) stats();
  stats();
  EXPECT_EQ(get(unstored).state, State::running);
  refusing->refuse<job::GiveBack>(1000, Code::internal);
  auto drained = drain(Milliseconds{500});
  advance(Milliseconds{500});
  EXPECT_TRUE(ends(drained));
}

}  // namespace
}  // namespace waypost::test
