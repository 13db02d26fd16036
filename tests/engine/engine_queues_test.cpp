#include "engine/engine_fixture.hpp"

/// Queues whose settings change while running, and why a job is where it is.
namespace waypost::test {
namespace {

using engine::QueueChange;
using ::testing::ElementsAre;

job::Spec keyed(job::Spec spec, std::string key) {
  spec.concurrency_key = std::move(key);
  return spec;
}

std::vector<std::string> codes_of(const engine::Explanation& explanation) {
  std::vector<std::string> codes;
  for (const auto& reason : explanation.reasons) codes.push_back(reason.code);
  return codes;
}

engine::QueueFigures figures(const engine::Stats& stats, const std::string& queue) {
  for (const auto& figures : stats.queues)
    if (figures.name == queue) return figures;
  throw std::runtime_error("there is no queue " + queue);
}

TEST_F(EngineTest, RunsOneJobOfAConcurrencyKeyAtATime) {
  start();
  const Ulid first = submit(keyed(spec("block"), "a"), "first");
  const Ulid second = submit(keyed(spec("block"), "a"), "second");
  const Ulid other = submit(keyed(spec("note"), "b"), "other");
  wait_for(other, State::succeeded);
  EXPECT_EQ(get(second).state, State::queued);
  EXPECT_THAT(codes_of(explain(second)), ElementsAre("concurrency_key"));
  script.let_go("first");
  wait_for(first, State::succeeded);
  script.wait_for_begun(3);
  EXPECT_EQ(script.all_begun().back(), "second");
}

TEST_F(EngineTest, RunsAllOfABacklogOfOneConcurrencyKeyInOrder) {
  options.worker_threads = 1;
  start();
  ASSERT_TRUE(set_queue("default", {.paused = true}));
  std::vector<std::string> names;
  for (int i = 0; i < 300; ++i) {
    names.push_back("n" + std::to_string(i));
    submit(keyed(spec("note"), "a"), names.back());
  }
  ASSERT_TRUE(set_queue("default", {.paused = std::optional<bool>()}));
  wait_for_count(State::succeeded, 300);
  EXPECT_EQ(script.all_begun(), names);
}

TEST_F(EngineTest, StartsNothingOfAPausedQueueAlsoAfterARestart) {
  start();
  const auto paused = set_queue("mail", {.paused = true});
  ASSERT_TRUE(paused);
  EXPECT_TRUE(paused->settings.paused);
  job::Spec mail = spec("note");
  mail.queue = "mail";
  const Ulid held = submit(mail, "held");
  wait_for(submit(spec("note"), "other"), State::succeeded);
  EXPECT_THAT(codes_of(explain(held)), ElementsAre("queue_paused"));
  end();
  open_store();
  start();
  EXPECT_TRUE(figures(stats(), "mail").settings.paused);
  EXPECT_EQ(get(held).state, State::queued);
  ASSERT_TRUE(set_queue("mail", {.paused = false}));
  wait_for(held, State::succeeded);
}

TEST_F(EngineTest, PutsWhatIsSetOverTheConfigurationAndTakesItBack) {
  options.queues["mail"] = {.concurrency = 7, .concurrency_per_key = 3};
  start();
  EXPECT_EQ(set_queue("mail", {.concurrency = std::optional(2U), .rate_per_second = std::optional(0.5)})
                ->settings.concurrency,
            2U);
  const auto changed = figures(stats(), "mail").settings;
  EXPECT_EQ(changed.concurrency_per_key, 3U);
  EXPECT_EQ(changed.rate_per_second, 0.5);
  const auto reset = set_queue("mail", {.concurrency = std::optional<std::uint32_t>()});
  EXPECT_EQ(reset->settings.concurrency, 7U);
  EXPECT_EQ(reset->settings.rate_per_second, 0.5);
}

TEST_F(EngineTest, MakesAQueueByNamingIt) {
  start();
  ASSERT_TRUE(set_queue("new", {}));
  EXPECT_EQ(figures(stats(), "new").settings.concurrency_per_key, 1U);
}

TEST_F(EngineTest, LosesNoneOfManyChangesAtOnce) {
  start();
  std::vector<std::future<Result<engine::QueueFigures>>> answers;
  for (const QueueChange& change :
       {QueueChange{.paused = true}, QueueChange{.concurrency = std::optional(5U)},
        QueueChange{.concurrency_per_key = std::optional(6U)},
        QueueChange{.rate_per_second = std::optional(7.0)}})
    answers.push_back(start_call<engine::QueueFigures>(
        [&](auto reply) { engine->set_queue("q", change, std::move(reply)); }));
  for (auto& answer : answers) ASSERT_TRUE(answer.get());
  const auto settings = figures(stats(), "q").settings;
  EXPECT_TRUE(settings.paused);
  EXPECT_EQ(settings.concurrency, 5U);
  EXPECT_EQ(settings.concurrency_per_key, 6U);
  EXPECT_EQ(settings.rate_per_second, 7.0);
}

TEST_F(EngineTest, ExplainsWhatAJobWaitsFor) {
  options.worker_threads = 1;
  start();
  const Ulid stuck = submit(spec("block"), "stuck");
  script.wait_for_begun(1);
  EXPECT_THAT(codes_of(explain(stuck)), ElementsAre("running"));

  const Ulid next = submit(spec("note")), last = submit(spec("note"));
  stats();
  const auto second = explain(last);
  EXPECT_THAT(codes_of(second), ElementsAre("workers_busy", "place_in_queue"));
  EXPECT_EQ(second.ahead, 1);
  EXPECT_EQ(explain(next).ahead, 0);

  job::Spec later = spec("note");
  later.run_at = clock.now() + std::chrono::hours{1};
  const auto timed = explain(submit(later));
  EXPECT_THAT(codes_of(timed), ElementsAre("run_at"));
  EXPECT_EQ(timed.may_start_at, later.run_at);
  EXPECT_EQ(timed.ahead, std::nullopt);

  job::Spec after = spec("note");
  after.depends_on = {stuck, next};
  const auto blocked = explain(submit(after));
  EXPECT_THAT(codes_of(blocked), ElementsAre("dependencies"));
  EXPECT_THAT(blocked.waits_for, ElementsAre(stuck, next));

  job::Spec gated = spec("note");
  gated.confirmation_required = true;
  EXPECT_THAT(codes_of(explain(submit(gated))), ElementsAre("awaiting_confirmation"));
  steer(last, job::Pause{});
  EXPECT_THAT(codes_of(explain(last)), ElementsAre("paused"));
  steer(last, job::Cancel{});
  EXPECT_THAT(codes_of(explain(last)), ElementsAre("ended"));

  ASSERT_TRUE(set_queue("slow", {.concurrency = std::optional(0U)}));
  job::Spec slow = spec("note");
  slow.queue = "slow";
  EXPECT_EQ(codes_of(explain(submit(slow))).front(), "queue_concurrency");
}

TEST_F(EngineTest, ExplainsWhenAQueueAtItsRateMayStartTheNext) {
  start();
  ASSERT_TRUE(set_queue("slow", {.rate_per_second = std::optional(0.1)}));
  job::Spec slow = spec("note");
  slow.queue = "slow";
  wait_for(submit(slow), State::succeeded);
  const Ulid id = submit(slow);
  stats();
  const auto explanation = explain(id);
  EXPECT_THAT(codes_of(explanation), ElementsAre("queue_rate"));
  ASSERT_TRUE(explanation.may_start_at);
  EXPECT_GT(*explanation.may_start_at, clock.now());
  EXPECT_LE(*explanation.may_start_at, clock.now() + std::chrono::seconds{11});
}

TEST_F(EngineTest, ExplainsNothingOfAJobThatIsNotThere) {
  start();
  const auto answer = wait_for_reply<engine::Explanation>(
      [&](auto reply) { engine->explain(make_ulid(clock.now()), std::move(reply)); });
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Code::not_found);
}

}  // namespace
}  // namespace waypost::test
