#include <thread>

#include "store/conformance.hpp"

/// Submitting, changing, being told, and who wins.
namespace waypost::store::test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST_P(StoreConformance, ShowsAJobAsSoonAsItsSubmissionIsAnswered) {
  for (int i = 0; i < 20; ++i) {
    const job::Job job = new_job();
    submit(job);
    EXPECT_EQ(dump(get(job.ulid)), dump(job));
  }
}

TEST_P(StoreConformance, KeepsEveryFieldOfASubmission) {
  job::Spec spec{.type = "geo code\"'",
                 .queue = "größe",
                 .priority = 2'147'483'647,
                 .run_at = clock.now() + 1h,
                 .expires_at = clock.now() + 2h,
                 .max_attempts = 3,
                 .backoff = {0.5, 3, 10, false},
                 .timeout = 5s,
                 .total_timeout = 50s,
                 .webhook = job::Webhook{.url = "http://receiver/", .secret = "whsec_x", .thin = true},
                 .tags = {{"team", "maps"}, {"", ""}},
                 .description = "what; DROP TABLE jobs; --",
                 .retain = 1s,
                 .traceparent = "00-aa-bb-01",
                 .batch = job::Batch{.manifest = "man_1", .rows = 12, .chunks = 3}};
  const job::Job job = new_job(spec, "{\"big\":123456789012345678901234567890, \"nul\":\"\\u0000\"}");
  submit(job);
  const job::Job kept = get(job.ulid);
  EXPECT_EQ(dump(kept), dump(job));
  EXPECT_EQ(kept.spec, spec);
  EXPECT_EQ(kept.payload, job.payload);
  reopen();
  EXPECT_EQ(dump(get(job.ulid)), dump(job));
}

TEST_P(StoreConformance, KeepsEveryFieldThroughALife) {
  const Ulid id = submit();
  const auto expect_kept = [&](const job::Job& expected) { EXPECT_EQ(dump(get(id)), dump(expected)); };
  expect_kept(lease(id));
  clock.advance(20ms);
  expect_kept(apply(id, job::FailAttempt{.fence = 1, .worker = "w", .code = "x", .message = "\"no\""}));
  clock.advance(1min);
  ASSERT_TRUE(calls().tick(clock.now()));
  EXPECT_EQ(get(id).state, job::State::queued);
  expect_kept(lease(id));
  expect_kept(succeed(id, std::string("binary \0 too", 12)));
  EXPECT_EQ(get(id).result.size(), 12u);
}

TEST_P(StoreConformance, TellsAnEmptyResultFromNone) {
  const Ulid id = submit();
  EXPECT_FALSE(get(id).has_result);
  lease(id);
  succeed(id, "");
  EXPECT_TRUE(get(id).has_result);
  EXPECT_EQ(get(id).result, "");
}

TEST_P(StoreConformance, KeepsBytesByTheMegabyte) {
  const std::string payload = "\"" + std::string(1 << 20, 'x') + "\"";
  const Ulid id = submit(new_job(plain(), payload));
  lease(id);
  succeed(id, payload);
  EXPECT_EQ(get(id).payload, payload);
  EXPECT_EQ(get(id).result, payload);
}

TEST_P(StoreConformance, SaysThatThereIsNoSuchJob) {
  const Ulid id = submit();
  const Ulid guessed{.high = id.high, .low = id.low + 1};
  for (const Ulid& unknown : {make_ulid(clock.now()), guessed}) {
    const auto read = calls().get(unknown);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, Code::not_found);
    EXPECT_THAT(read.error().message, HasSubstr(unknown.to_string()));
    const auto changed = calls().change(unknown, job::Cancel{});
    ASSERT_FALSE(changed);
    EXPECT_EQ(changed.error().code, Code::not_found);
    EXPECT_EQ(calls().record_chunk(unknown, {.number = 1}, 1).error().code, Code::not_found);
    EXPECT_EQ(calls().record_rest(unknown, {{.number = 1}}).error().code, Code::not_found);
  }
  EXPECT_EQ(get(id).state, job::State::queued);
}

TEST_P(StoreConformance, ChangesNothingWhenTheRulesRefuse) {
  const Ulid id = submit();
  lease(id);
  const std::string before = dump(get(id));
  observed.take();
  const auto refused = calls().change(id, job::Succeed{.fence = 99, .result = "1"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::conflict);
  EXPECT_EQ(dump(get(id)), before);
  EXPECT_THAT(observed.take(), IsEmpty());
  EXPECT_THAT(*calls().attempts(id), IsEmpty());
}

TEST_P(StoreConformance, RefusesALateAnswerUnderAnOldFence) {
  const Ulid id = submit();
  const auto old = lease(id).fence;
  apply(id, job::GiveBack{.fence = old});
  const auto present = lease(id).fence;
  EXPECT_GT(present, old);
  EXPECT_EQ(calls().change(id, job::Succeed{.fence = old}).error().code, Code::conflict);
  EXPECT_EQ(calls().record_chunk(id, {.number = 1}, old).error().code, Code::conflict);
  EXPECT_EQ(succeed(id).state, job::State::succeeded);
}

TEST_P(StoreConformance, KeepsTheHistoryOfAttempts) {
  const Ulid id = submit();
  EXPECT_THAT(*calls().attempts(id), IsEmpty());
  lease(id);
  clock.advance(5ms);
  apply(id, job::FailAttempt{
                .fence = 1, .worker = "w1", .timed_out = true, .code = "timeout", .message = "too long"});
  clock.advance(1min);
  ASSERT_TRUE(calls().tick(clock.now()));
  lease(id);
  succeed(id);
  const auto attempts = *calls().attempts(id);
  ASSERT_EQ(attempts.size(), 2u);
  EXPECT_EQ(attempts[0].number, 1);
  EXPECT_EQ(attempts[0].worker, "w1");
  EXPECT_EQ(attempts[0].outcome, job::Outcome::timed_out);
  EXPECT_EQ(attempts[0].finished_at - attempts[0].started_at, 5ms);
  EXPECT_EQ(attempts[0].error->code, "timeout");
  EXPECT_EQ(attempts[1].number, 2);
  EXPECT_EQ(attempts[1].outcome, job::Outcome::succeeded);
  EXPECT_FALSE(attempts[1].error);
}

// The observer

TEST_P(StoreConformance, TellsWhatAChangeIs) {
  job::Spec spec = plain();
  spec.queue = "slow";
  spec.priority = 7;
  spec.retain = 60s;
  const Ulid id = submit(spec);
  clock.advance(250ms);
  lease(id);
  succeed(id);
  const auto changes = observed.take();
  ASSERT_EQ(changes.size(), 3u);
  for (const Change& change : changes) {
    EXPECT_EQ(change.ulid, id);
    EXPECT_EQ(change.type, "echo");
    EXPECT_EQ(change.queue, "slow");
    EXPECT_EQ(change.priority, 7);
    EXPECT_FALSE(change.forgotten);
  }
  EXPECT_EQ(changes[0].before, std::nullopt);
  EXPECT_EQ(changes[0].after, job::State::queued);
  EXPECT_EQ(changes[1].before, job::State::queued);
  EXPECT_EQ(changes[1].after, job::State::running);
  EXPECT_EQ(changes[1].fence, 1);
  EXPECT_EQ(changes[1].at - changes[1].before_at, 250ms);
  EXPECT_EQ(changes[2].after, job::State::succeeded);
  EXPECT_EQ(changes[2].wake_at, clock.now() + 60s);
  EXPECT_THAT((std::vector{changes[0].version, changes[1].version, changes[2].version}),
              ElementsAre(1, 2, 3));
}

TEST_P(StoreConformance, TellsNothingWhenWhatWasAskedForAlreadyHolds) {
  const Ulid id = submit();
  apply(id, job::Cancel{});
  observed.take();
  const auto again = calls().change(id, job::Cancel{});
  ASSERT_TRUE(again);
  EXPECT_FALSE(again->changed);
  EXPECT_THAT(observed.take(), IsEmpty());
}

TEST_P(StoreConformance, TellsTheObserverBeforeItAnswers) {
  close();
  std::mutex mutex;
  std::vector<std::string> order;
  const auto note = [&](std::string what) {
    const std::scoped_lock lock(mutex);
    order.push_back(std::move(what));
  };
  const auto place = GetParam().make();
  auto opened = place->open(clock, idempotency);
  ASSERT_TRUE(opened);
  (*opened)->observe([&](std::vector<Change>&& changes) {
    for (const Change& change : changes) note("told " + change.ulid.to_string());
  });
  std::vector<std::future<void>> answers;
  std::vector<std::string> submitted;
  for (int i = 0; i < 50; ++i) {
    const job::Job job = new_job();
    submitted.push_back(job.ulid.to_string());
    auto done = std::make_shared<std::promise<void>>();
    answers.push_back(done->get_future());
    (*opened)->submit({.job = job}, [&note, done, id = submitted.back()](Result<Submitted>) {
      note("answered " + id);
      done->set_value();
    });
  }
  for (auto& answer : answers) answer.get();
  std::vector<std::string> told;
  for (const auto& what : order)
    if (what.starts_with("told ")) told.push_back(what.substr(5));
  EXPECT_EQ(told, submitted) << "in the order of the commits";
  for (const auto& id : submitted)
    EXPECT_LT(std::ranges::find(order, "told " + id), std::ranges::find(order, "answered " + id));
}

// What a process that ended left behind

TEST_P(StoreConformance, QueuesAgainWhatADeadProcessWasRunning) {
  const Ulid running = submit(), queued = submit(), cancelling = submit(), ended = submit();
  const auto fence = lease(running).fence;
  lease(cancelling);
  apply(cancelling, job::Cancel{});
  lease(ended);
  succeed(ended);
  const std::string untouched = dump(get(queued)), final_job = dump(get(ended));
  observed.take();
  reopen();
  EXPECT_EQ(get(running).state, job::State::queued);
  EXPECT_EQ(calls().attempts(running)->at(0).outcome, job::Outcome::worker_lost);
  EXPECT_EQ(get(cancelling).state, job::State::cancelled);
  EXPECT_EQ(dump(get(queued)), untouched);
  EXPECT_EQ(dump(get(ended)), final_job);
  EXPECT_EQ(calls().change(running, job::Succeed{.fence = fence}).error().code, Code::conflict);
  EXPECT_EQ(observed.take().size(), 2u) << "whoever serves them is told";
}

TEST_P(StoreConformance, FailsAJobThatKilledItsProcessThreeTimes) {
  const Ulid id = submit();
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(get(id).state, job::State::queued) << i;
    lease(id);
    reopen();
  }
  EXPECT_EQ(get(id).state, job::State::failed);
  EXPECT_THAT(get(id).reason, HasSubstr("3 times in a row"));
  EXPECT_EQ(calls().attempts(id)->size(), 3u);
}

TEST_P(StoreConformance, GivesNewIdsGreaterThanAllThatItKeeps) {
  const Ulid far{.high = (static_cast<std::uint64_t>(clock.now().time_since_epoch().count()) + 1'000'000)
                         << 16,
                 .low = 1};
  submit(job::create(far, plain(), "{}", clock.now()));
  reopen();
  EXPECT_GT(make_ulid(clock.now()), far);
}

// Many at once

TEST_P(StoreConformance, LetsExactlyOneOfManyTakeAJob) {
  constexpr int threads = 8, jobs = 25;
  std::vector<std::vector<Ulid>> mine(threads);
  {
    std::vector<std::jthread> submitters;
    for (int t = 0; t < threads; ++t)
      submitters.emplace_back([&, t] {
        for (int i = 0; i < jobs; ++i) mine[static_cast<std::size_t>(t)].push_back(submit());
      });
  }
  std::atomic<int> won = 0, lost = 0, other = 0;
  {
    std::vector<std::jthread> workers;
    for (int t = 0; t < threads; ++t)
      workers.emplace_back([&, t] {
        for (int i = 0; i < threads; ++i)
          for (const Ulid& id : mine[static_cast<std::size_t>((i + t) % threads)]) {
            const auto leased = calls().change(id, job::Lease{"w" + std::to_string(t)});
            if (leased)
              ++won;
            else if (leased.error().code == Code::conflict)
              ++lost;
            else
              ++other;
          }
      });
  }
  EXPECT_EQ(won, threads * jobs);
  EXPECT_EQ(lost, threads * jobs * (threads - 1));
  EXPECT_EQ(other, 0);
  std::map<Ulid, std::int64_t> last_version;
  for (const Change& change : observed.take())
    EXPECT_GT(change.version, std::exchange(last_version[change.ulid], change.version));
  EXPECT_EQ(last_version.size(), static_cast<std::size_t>(threads * jobs));
  for (const auto& ids : mine)
    for (const Ulid& id : ids) EXPECT_EQ(get(id).attempt, 1);
}

TEST_P(StoreConformance, LosesNothingThatItAnsweredWhenItIsClosed) {
  std::vector<std::pair<Ulid, std::future<Result<Submitted>>>> waiting;
  for (int i = 0; i < 2000; ++i) {
    const job::Job job = new_job();
    waiting.emplace_back(job.ulid, waypost::test::start_call<Submitted>(
                                       [&](auto reply) { store().submit({.job = job}, std::move(reply)); }));
  }
  reopen();
  for (auto& [id, answer] : waiting) {
    ASSERT_EQ(answer.wait_for(0s), std::future_status::ready) << "closing answers everyone";
    EXPECT_EQ(answer.get().has_value(), knows(id));
  }
}

TEST_P(StoreConformance, CountsWhatItDoes) {
  const StoreFigures before = store().figures();
  submit();
  submit();
  const StoreFigures after = store().figures();
  EXPECT_EQ(after.commit_operations.sum(), before.commit_operations.sum() + 2);
  EXPECT_GT(after.commit_operations.count(), before.commit_operations.count());
  EXPECT_EQ(after.commit_operations.count(), after.commit_microseconds.count());
  EXPECT_GT(after.commit_microseconds.sum(), before.commit_microseconds.sum());
  EXPECT_GT(after.file_bytes, 0u);
  EXPECT_GT(after.free_bytes, 0u);
  EXPECT_EQ(after.queued_operations, 0u);
  EXPECT_TRUE(store().healthy());
}

}  // namespace
}  // namespace waypost::store::test
