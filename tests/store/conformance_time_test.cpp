#include "store/conformance.hpp"

/// What the passing of time does, and idempotency keys, which have their time too.
namespace waypost::store::test {
namespace {

using job::State;
using testing::ElementsAre;
using testing::IsEmpty;

job::Spec at(Time time, job::Spec spec = {.type = "echo"}) {
  spec.run_at = time;
  return spec;
}

TEST_P(StoreConformance, MakesReadyWhatHasItsTime) {
  const Ulid soon = submit(at(clock.now() + 10s)), later = submit(at(clock.now() + 20s));
  EXPECT_EQ(calls().tick(clock.now())->done, 0u);
  EXPECT_EQ(calls().tick(clock.now())->next, clock.now() + 10s);
  observed.take();
  clock.advance(10s);
  const Tick tick = *calls().tick(clock.now());
  EXPECT_EQ(tick.done, 1u);
  EXPECT_EQ(tick.next, clock.now() + 10s);
  EXPECT_EQ(get(soon).state, State::queued);
  EXPECT_EQ(get(later).state, State::scheduled);
  const auto changes = observed.take();
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(changes[0].before, State::scheduled);
  EXPECT_EQ(changes[0].after, State::queued);
  EXPECT_THAT(ids_of(*calls().ready({.queue = "default"})), ElementsAre(soon));
}

TEST_P(StoreConformance, DoesNoMoreInOneTickThanItsLimit) {
  for (int i = 0; i < 5; ++i) submit(at(clock.now() + 1s));
  clock.advance(1s);
  EXPECT_EQ(calls().tick(clock.now(), 2)->done, 2u);
  EXPECT_EQ(calls().tick(clock.now(), 2)->next, clock.now()) << "more is due";
  const Tick last = *calls().tick(clock.now(), 2);
  EXPECT_EQ(last.done, 1u);
  EXPECT_EQ(last.next, std::nullopt);
}

TEST_P(StoreConformance, SweepsInStepsThatKeepNobodyFromItsTime) {
  job::Spec spec = plain();
  spec.retain = 10s;
  constexpr std::size_t count = 150;
  for (std::size_t i = 0; i < count; ++i) apply(submit(spec), job::Cancel{});
  clock.advance(60s);
  const Ulid waiting = submit(at(clock.now() + 1s));
  clock.advance(1s);
  const Tick first = *calls().tick(clock.now());
  EXPECT_EQ(first.done, 1u);
  EXPECT_EQ(get(waiting).state, State::queued) << "it is younger than all that is over";
  EXPECT_GT(first.swept, 0u);
  EXPECT_LT(first.swept, count);
  EXPECT_LE(first.next, clock.now()) << "more is over";
  std::size_t swept = first.swept;
  while (const std::size_t more = calls().tick(clock.now())->swept) swept += more;
  EXPECT_EQ(swept, count);
  EXPECT_THAT(list({}), ElementsAre(waiting));
}

TEST_P(StoreConformance, ExpiresWhatWaitedTooLong) {
  job::Spec spec = plain();
  spec.expires_at = clock.now() + 10s;
  const Ulid waiting = submit(spec), running = submit(spec);
  lease(running);
  clock.advance(10s);
  ASSERT_TRUE(calls().tick(clock.now()));
  EXPECT_EQ(get(waiting).state, State::failed);
  EXPECT_EQ(get(waiting).error->code, "expired");
  EXPECT_EQ(get(running).state, State::running);
}

TEST_P(StoreConformance, ForgetsAnEndedJobWithAllThatIsItsOwn) {
  job::Spec spec = plain();
  spec.retain = 60s;
  spec.tags = {{"team", "maps"}};
  spec.batch = job::Batch{.manifest = "man_1", .rows = 1, .chunks = 1};
  const Ulid id = submit(spec), other = submit();
  lease(id);
  ASSERT_TRUE(calls().record_chunk(id, {.number = 0, .rows = 1, .succeeded = 1}, 1));
  apply(id, job::FinishBatch{.fence = 1});
  observed.take();
  clock.advance(60s - 1ms);
  EXPECT_EQ(calls().tick(clock.now())->done, 0u);
  clock.advance(1ms);
  EXPECT_EQ(calls().tick(clock.now())->swept, 1u);
  EXPECT_FALSE(knows(id));
  EXPECT_TRUE(knows(other));
  EXPECT_THAT(*calls().attempts(id), IsEmpty());
  EXPECT_THAT(*calls().chunks(id), IsEmpty());
  EXPECT_THAT(calls().list({.filter = {.tags = {{"team", "maps"}}}})->jobs, IsEmpty());
  const auto changes = observed.take();
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_TRUE(changes[0].forgotten);
  EXPECT_EQ(changes[0].after, State::succeeded);
  EXPECT_EQ(calls().tick(clock.now())->next, std::nullopt);
}

TEST_P(StoreConformance, RemembersWhenToWakeAfterItWasReopened) {
  const Ulid id = submit(at(clock.now() + 10s));
  reopen();
  EXPECT_EQ(calls().tick(clock.now())->next, clock.now() + 10s);
  clock.advance(10s);
  ASSERT_TRUE(calls().tick(clock.now()));
  EXPECT_EQ(get(id).state, State::queued);
}

// Idempotency keys

Submission under(const std::string& key, job::Job job, bool held = false,
                 const std::string& fingerprint = "f") {
  Submission submission{.job = std::move(job), .idempotency = IdempotencyKey{key, fingerprint, held}};
  submission.answer = {202, "{\"id\":\"" + submission.job.id() + "\"}", "/v1/jobs/" + submission.job.id()};
  return submission;
}

TEST_P(StoreConformance, ReplaysTheFirstAnswerUnderAKey) {
  const Submission first = under("k", new_job());
  EXPECT_FALSE(calls().submit(first)->replayed);
  observed.take();
  for (int i = 0; i < 3; ++i) {
    const job::Job again = new_job();
    const auto answer = calls().submit(under("k", again));
    ASSERT_TRUE(answer);
    EXPECT_TRUE(answer->replayed);
    EXPECT_EQ(answer->answer->status, 202);
    EXPECT_EQ(answer->answer->body, first.answer.body);
    EXPECT_EQ(answer->answer->location, first.answer.location);
    EXPECT_FALSE(knows(again.ulid));
    if (i == 1) reopen();
  }
  EXPECT_THAT(observed.take(), IsEmpty()) << "nothing was made";
  EXPECT_FALSE(calls().submit(under("K", new_job()))->replayed) << "another key";
}

TEST_P(StoreConformance, RefusesAKeyForAnotherRequest) {
  ASSERT_TRUE(calls().submit(under("k", new_job())));
  const job::Job other = new_job();
  const auto refused = calls().submit(under("k", other, false, "another fingerprint"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::idempotency_key_reused);
  EXPECT_FALSE(knows(other.ulid));
}

TEST_P(StoreConformance, RefusesAKeyWhoseAnswerIsStillToCome) {
  ASSERT_TRUE(calls().submit(under("k", new_job(), true)));
  const auto early = calls().submit(under("k", new_job(), true));
  ASSERT_FALSE(early);
  EXPECT_EQ(early.error().code, Code::idempotency_in_progress);
  EXPECT_EQ(calls().submit(under("k", new_job(), true, "another")).error().code,
            Code::idempotency_key_reused);
  ASSERT_TRUE(calls().put_answer("k", {200, "done", "/v1/x"}));
  const auto replayed = calls().submit(under("k", new_job(), true));
  ASSERT_TRUE(replayed);
  EXPECT_TRUE(replayed->replayed);
  EXPECT_EQ(replayed->answer->status, 200);
  EXPECT_EQ(replayed->answer->body, "done");
  EXPECT_EQ(replayed->answer->location, "/v1/x");
}

TEST_P(StoreConformance, ReplaysTheAcceptanceWhenTheHolderOfAKeyDied) {
  const Submission first = under("k", new_job(), true);
  ASSERT_TRUE(calls().submit(first));
  reopen();
  const auto replayed = calls().submit(under("k", new_job(), true));
  ASSERT_TRUE(replayed) << replayed.error().message;
  EXPECT_TRUE(replayed->replayed);
  EXPECT_EQ(replayed->answer->body, first.answer.body);
}

TEST_P(StoreConformance, MakesOneJobOfManySubmissionsUnderOneKey) {
  std::vector<std::future<Result<Submitted>>> answers;
  for (int i = 0; i < 100; ++i)
    answers.push_back(waypost::test::start_call<Submitted>(
        [&](auto reply) { store().submit(under("k", new_job()), std::move(reply)); }));
  int made = 0;
  for (auto& answer : answers) made += answer.get()->replayed ? 0 : 1;
  EXPECT_EQ(made, 1);
  EXPECT_EQ(calls().list({})->jobs.size(), 1u);
}

TEST_P(StoreConformance, ForgetsAKeyAfterItsTimeWithOrWithoutATick) {
  for (const bool with_tick : {false, true}) {
    const std::string key = with_tick ? "swept" : "not swept";
    ASSERT_TRUE(calls().submit(under(key, new_job())));
    clock.advance(idempotency);
    EXPECT_TRUE(calls().submit(under(key, new_job()))->replayed) << key;
    clock.advance(1ms);
    if (with_tick) {
      ASSERT_TRUE(calls().tick(clock.now()));
    }
    const job::Job fresh = new_job();
    const auto answer = calls().submit(under(key, fresh, false, "another"));
    ASSERT_TRUE(answer) << key << answer.error().message;
    EXPECT_FALSE(answer->replayed);
    EXPECT_TRUE(knows(fresh.ulid));
    EXPECT_EQ(calls().submit(under(key, new_job(), false, "another"))->answer->body,
              under(key, fresh).answer.body);
  }
}

TEST_P(StoreConformance, KeepsNoKeyOfASubmissionThatFailed) {
  const job::Job taken = new_job();
  submit(taken);
  ASSERT_FALSE(calls().submit(under("k", taken))) << "its id is in use";
  const auto answer = calls().submit(under("k", new_job()));
  ASSERT_TRUE(answer);
  EXPECT_FALSE(answer->replayed);
}

// One bad write among good ones

TEST_P(StoreConformance, FailsABadWriteWithoutItsNeighbours) {
  const job::Job taken = new_job();
  submit(taken);
  std::vector<Ulid> ids;
  std::vector<std::future<Result<Submitted>>> answers;
  for (int i = 0; i < 30; ++i) {
    const job::Job job = i % 10 == 5 ? taken : new_job();
    ids.push_back(job.ulid);
    answers.push_back(waypost::test::start_call<Submitted>(
        [&](auto reply) { store().submit({.job = job}, std::move(reply)); }));
  }
  for (std::size_t i = 0; i < ids.size(); ++i) EXPECT_EQ(answers[i].get().has_value(), i % 10 != 5) << i;
  for (const Ulid& id : ids) EXPECT_TRUE(knows(id));
  EXPECT_EQ(observed.take().size(), 28u) << "each change is told once, also when its commit was done again";
  EXPECT_TRUE(store().healthy());
}

}  // namespace
}  // namespace waypost::store::test
