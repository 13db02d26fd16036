#include "engine/engine_fixture.hpp"

namespace waypost::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST_F(EngineTest, RunsASubmittedJobOnceAndEndsIt) {
  start();
  const auto job = wait_for(submit(spec("note"), "\"a\""), State::succeeded);
  EXPECT_EQ(job.result, R"({"attempt":1})");
  EXPECT_EQ(job.attempt, 1);
  stats();
  EXPECT_THAT(script.all_begun(), ElementsAre("\"a\""));
  EXPECT_THAT(outcomes(job.ulid), ElementsAre(job::Outcome::succeeded));
}

TEST_F(EngineTest, RunsHigherPrioritiesFirstThenInTheOrderSubmitted) {
  options.worker_threads = 1;
  start();
  submit(spec("block"), "first");
  script.wait_for_begun(1);
  for (const auto& [name, priority] :
       {std::pair("low", 0), {"high", 9}, {"low-too", 0}, {"highest", 10}, {"high-too", 9}}) {
    job::Spec s = spec("note");
    s.priority = priority;
    submit(s, name);
  }
  stats();
  script.let_go("first");
  EXPECT_THAT(script.wait_for_begun(6),
              ElementsAre("first", "highest", "high", "high-too", "low", "low-too"));
  wait_for_count(State::succeeded, 6);
}

TEST_F(EngineTest, RunsABacklogFarLargerThanItsWindow) {
  constexpr std::size_t count = 5000;
  const auto numbered = [&](std::size_t i) {
    job::Spec s = spec("note");
    s.queue = "narrow";
    s.priority = static_cast<std::int64_t>(i % 3);
    return store::Submission{.job = make(s, std::to_string(i))};
  };
  store->observe({});
  for (std::size_t i = 0; i < count / 2; ++i) store->submit(numbered(i), [](const auto&) {});
  refusing.reset();
  store.reset();
  open_store();
  options.queues["narrow"] = {.concurrency = 3};
  start();
  for (std::size_t i = count / 2; i < count; ++i) engine->submit(numbered(i), [](const auto&) {});
  wait_for_count(State::succeeded, count);
  auto begun = script.all_begun();
  std::ranges::sort(begun);
  EXPECT_TRUE(std::ranges::adjacent_find(begun) == begun.end()) << "each ran once";
  EXPECT_EQ(begun.size(), count);
}

TEST_F(EngineTest, AHeldQueueKeepsItsJobsAndDisturbsNoOther) {
  options.queues["held"] = {.concurrency = 0};
  start();
  job::Spec held = spec("note");
  held.queue = "held";
  held.priority = 100;
  for (int i = 0; i < 3; ++i) submit(held, "held");
  wait_for(submit(spec("note"), "free"), State::succeeded);
  EXPECT_THAT(script.all_begun(), ElementsAre("free"));
  const auto figures = stats();
  ASSERT_EQ(figures.queues.size(), 2U);
  EXPECT_EQ(figures.queues[1].name, "held");
  EXPECT_EQ(figures.queues[1].by_state, (std::map<State, std::int64_t>{{State::queued, 3}}));
}

TEST_F(EngineTest, PicksUpWhatWasQueuedScheduledAndRunningWhenItStarts) {
  store->observe({});
  Calls calls(*store);
  const auto queued = make(spec("note"), "queued"), running = make(spec("note"), "running");
  job::Spec later = spec("note");
  later.run_at = clock.now() + Seconds{5};
  const auto scheduled = make(later, "scheduled");
  for (const auto& job : {running, queued, scheduled}) ASSERT_TRUE(calls.submit({.job = job}));
  ASSERT_TRUE(calls.change(running.ulid, job::Lease{"one that is gone"}));
  refusing.reset();
  store.reset();
  open_store();
  start();
  wait_for(queued.ulid, State::succeeded);
  EXPECT_EQ(wait_for(running.ulid, State::succeeded).attempt, 2);
  EXPECT_THAT(outcomes(running.ulid), ElementsAre(job::Outcome::worker_lost, job::Outcome::succeeded));
  EXPECT_EQ(get(scheduled.ulid).state, State::scheduled);
  advance(Seconds{5});
  wait_for(scheduled.ulid, State::succeeded);
}

TEST_F(EngineTest, AnOperationThatThrowsFailsItsAttemptOnly) {
  start();
  job::Spec s = spec("throw");
  s.max_attempts = 1;
  const auto job = wait_for(submit(s), State::failed);
  EXPECT_EQ(job.error->code, "internal");
  EXPECT_THAT(job.error->message, HasSubstr("broke"));
  wait_for(submit(spec("note")), State::succeeded);
}

TEST_F(EngineTest, AJobOfAnOperationThatIsGoneFailsForGood) {
  start();
  const auto job = wait_for(submit(spec("gone")), State::failed);
  EXPECT_EQ(job.error->code, "unknown_operation");
  EXPECT_THAT(job.error->message, HasSubstr("\"gone\""));
  EXPECT_EQ(job.attempt, 1);
}

TEST_F(EngineTest, CancelsAQueuedJobBeforeItRuns) {
  options.worker_threads = 1;
  start();
  submit(spec("block"), "first");
  script.wait_for_begun(1);
  const Ulid id = submit(spec("note"), "never");
  EXPECT_EQ(cancel(id)->state, State::cancelled);
  script.let_go("first");
  wait_for(submit(spec("note"), "last"), State::succeeded);
  EXPECT_THAT(script.all_begun(), ElementsAre("first", "last"));
}

TEST_F(EngineTest, CancelsRunningWorkThatListens) {
  start();
  const Ulid computing = submit(spec("listen"), "c");
  const Ulid waiting = submit(spec("wait"), "w");
  script.wait_for_begun(2);
  for (const Ulid id : {computing, waiting}) {
    EXPECT_EQ(cancel(id)->state, State::cancelling);
    wait_for(id, State::cancelled);
    EXPECT_THAT(outcomes(id), ElementsAre(job::Outcome::cancelled));
  }
}

TEST_F(EngineTest, ACancelThatRacesWithTheLeaseEndsTheJobAsCancelledOrDone) {
  start();
  std::vector<Ulid> ids;
  for (int i = 0; i < 200; ++i) {
    const auto job = make(spec("note"), std::to_string(i));
    ids.push_back(job.ulid);
    engine->submit({.job = job}, [](const auto&) {});
    engine->steer(job.ulid, job::Cancel{}, [](const auto&) {});
  }
  for (const Ulid id : ids) {
    engine->steer(id, job::Cancel{}, [](const auto&) {});
    engine->submit({.job = make(spec("note"))}, [](const auto&) {});
  }
  const auto done = [&] { return count_of(State::succeeded) + count_of(State::cancelled); };
  while (done() < 400) stats();
  for (const Ulid id : ids) EXPECT_TRUE(job::is_terminal(get(id).state));
  const auto figures = stats();
  ASSERT_EQ(figures.queues.size(), 1U);
  std::int64_t total = 0;
  for (const auto& [state, count] : figures.queues[0].by_state) {
    EXPECT_TRUE(job::is_terminal(state)) << to_string(state);
    total += count;
  }
  EXPECT_EQ(total, 400);
}

TEST_F(EngineTest, AManualRetryRunsAnEndedJobAgain) {
  start();
  job::Spec s = spec("fail");
  s.max_attempts = 1;
  const Ulid id = submit(s);
  wait_for(id, State::failed);
  ASSERT_TRUE(retry(id));
  wait_for_count(State::failed, 2);
  EXPECT_EQ(get(id).attempt, 2);
}

TEST_F(EngineTest, RunsAsManyWaitingOperationsAsItMay) {
  options.max_waiting = 3;
  start();
  for (int i = 0; i < 5; ++i) submit(spec("wait"), std::to_string(i));
  script.wait_for_begun(3);
  wait_for(submit(spec("note"), "computes meanwhile"), State::succeeded);
  EXPECT_EQ(script.all_begun().size(), 4U);
  waits->finish(io->context(), "1");
  EXPECT_EQ(script.wait_for_begun(5).back(), "3");
}

TEST_F(EngineTest, StatsCountEveryStateAndForgetEmptyQueues) {
  start();
  job::Spec scheduled = spec("note"), brief = spec("note");
  scheduled.queue = "later";
  scheduled.run_at = clock.now() + Seconds{60};
  brief.queue = "brief";
  brief.retain = Seconds{0};
  submit(spec("wait"), "w");
  script.wait_for_begun(1);
  submit(scheduled);
  wait_until_forgotten(submit(brief));
  const auto figures = stats();
  ASSERT_EQ(figures.queues.size(), 2U);
  EXPECT_EQ(figures.queues[0].name, "default");
  EXPECT_EQ(figures.queues[0].by_state, (std::map<State, std::int64_t>{{State::running, 1}}));
  EXPECT_EQ(figures.queues[1].name, "later");
  EXPECT_EQ(figures.queues[1].by_state, (std::map<State, std::int64_t>{{State::scheduled, 1}}));
}

TEST_F(EngineTest, StatsSayHowLongTheOldestHasWaited) {
  options.queues["held"] = {.concurrency = 0};
  start();
  job::Spec held = spec("note");
  held.queue = "held";
  submit(held);
  advance(Seconds{7});
  EXPECT_EQ(stats().queues[0].oldest_queued_seconds, 7.0);
}

TEST_F(EngineTest, WhatABusyStoreRefusesIsAskedForAgain) {
  start();
  refusing->refuse<job::Lease>(1, Code::overloaded);
  const Ulid unleased = submit(spec("note"), "a");
  while (refusing->refused() < 1) stats();
  stats();
  EXPECT_EQ(get(unleased).state, State::queued);
  advance(Seconds{1});
  wait_for(unleased, State::succeeded);

  refusing->refuse<job::Succeed>(2, Code::insufficient_storage);
  const Ulid unstored = submit(spec("note"), "b");
  while (refusing->refused() < 2) stats();
  advance(Seconds{1});
  while (refusing->refused() < 3) stats();
  advance(Seconds{1});
  wait_for(unstored, State::succeeded);
  EXPECT_THAT(script.all_begun(), ElementsAre("a", "b")) << "its work was not done twice";
}

TEST_F(EngineTest, AStoreThatFailsForGoodKeepsNoDrainWaiting) {
  start();
  refusing->refuse<job::Succeed>(1, Code::internal);
  submit(spec("note"));
  while (refusing->refused() < 1) stats();
  EXPECT_TRUE(drain_and_end());
}

TEST_F(EngineTest, EndsWithoutADrainWhateverIsQueuedOrRuns) {
  options.worker_threads = 1;
  start();
  submit(spec("block"), "b");
  submit(spec("wait"), "w");
  script.wait_for_begun(2);
  for (int i = 0; i < 50; ++i) submit(spec("listen"), "never");
  end();
  EXPECT_LE(script.all_begun().size(), 2U + 1U);
}

}  // namespace
}  // namespace waypost::test
