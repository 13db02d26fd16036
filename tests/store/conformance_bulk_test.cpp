#include "store/conformance.hpp"

/// Many jobs at once.
namespace waypost::store::test {
namespace {

using job::State;
using testing::ElementsAre;
using testing::IsEmpty;
using waypost::test::wait_for_reply;

class Bulk {
 public:
  explicit Bulk(BulkStore& store) : store_(store) {}
  Result<Submitted> submit(BulkSubmission submission) {
    return wait_for_reply<Submitted>(
        [&](auto reply) { store_.submit(std::move(submission), std::move(reply)); });
  }
  FoundJobs find(ListQuery query) {
    return *wait_for_reply<FoundJobs>([&](auto reply) { store_.find(std::move(query), std::move(reply)); });
  }
  BulkChange change(std::vector<Ulid> jobs, job::Filter filter, job::Command command) {
    return *wait_for_reply<BulkChange>([&](auto reply) {
      store_.change(std::move(jobs), std::move(filter), std::move(command), std::move(reply));
    });
  }

 private:
  BulkStore& store_;
};

std::string answer_with(const std::vector<job::Job>& jobs) {
  std::string ids;
  for (const auto& job : jobs) ids += (ids.empty() ? "\"" : ",\"") + job.id() + "\"";
  return "{\"ids\":[" + ids + "]}";
}

TEST_P(StoreConformance, AcceptsManyJobsAtOnceInTheirOrder) {
  Bulk bulk(store().bulk());
  const std::vector jobs{new_job(), new_job(), new_job()};
  const auto submitted = bulk.submit({.jobs = jobs});
  ASSERT_TRUE(submitted) << submitted.error().message;
  EXPECT_FALSE(submitted->replayed);
  EXPECT_EQ(submitted->answer->status, 202);
  EXPECT_EQ(submitted->answer->body, answer_with(jobs));
  EXPECT_THAT(list({}, true), testing::ElementsAreArray(ids_of(jobs)));
  EXPECT_EQ(observed.take().size(), 3u);
}

TEST_P(StoreConformance, AcceptsNoneOfManyWhenOneCannotBe) {
  Bulk bulk(store().bulk());
  const job::Job job = new_job();
  EXPECT_FALSE(bulk.submit({.jobs = {new_job(), job, job}})) << "one id twice";
  EXPECT_THAT(list({}), IsEmpty());
  EXPECT_THAT(observed.take(), IsEmpty());
  EXPECT_TRUE(bulk.submit({.jobs = {job}}));
}

TEST_P(StoreConformance, NamesEachJobOfABulkThatIsRefusedAndLeavesNothingOfTheOthers) {
  Bulk bulk(store().bulk());
  job::Spec keyed = plain(), stray = plain(), rejected = plain();
  keyed.unique = job::Unique{"k"};
  stray.depends_on = {make_ulid(clock.now())};
  rejected.unique = job::Unique{"k", job::OnConflict::reject};
  const auto refused = bulk.submit({.jobs = {new_job(keyed), new_job(stray), new_job(rejected), new_job()}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::validation_failed) << "of two kinds";
  ASSERT_EQ(refused.error().faults.size(), 2u);
  EXPECT_EQ(refused.error().faults[0].pointer, "/jobs/1/depends_on/0");
  EXPECT_EQ(refused.error().faults[1].pointer, "/jobs/2");
  EXPECT_EQ(refused.error().faults[1].code, "duplicate_job");
  EXPECT_THAT(list({}), IsEmpty());
  EXPECT_THAT(observed.take(), IsEmpty());
  const auto missing = bulk.submit({.jobs = {new_job(stray)}});
  EXPECT_EQ(missing.error().code, Code::unknown_job);
  EXPECT_TRUE(bulk.submit({.jobs = {new_job(rejected)}}))
      << "the key is free: its first holder was not accepted";
}

TEST_P(StoreConformance, AnswersWithTheJobThatStandsForOneOfABulk) {
  Bulk bulk(store().bulk());
  job::Spec keyed = plain();
  keyed.unique = job::Unique{"k"};
  const job::Job first = new_job(keyed);
  const auto submitted = bulk.submit({.jobs = {first, new_job(keyed)}});
  ASSERT_TRUE(submitted);
  EXPECT_EQ(submitted->answer->body, answer_with({first, first}));
  EXPECT_THAT(list({}), ElementsAre(first.ulid));
}

TEST_P(StoreConformance, AnswersARepeatedBulkAsTheFirstTime) {
  Bulk bulk(store().bulk());
  const std::vector first{new_job(), new_job()};
  ASSERT_TRUE(bulk.submit({.jobs = first, .idempotency = IdempotencyKey{"k", "print"}}));
  const auto again =
      bulk.submit({.jobs = {new_job(), new_job()}, .idempotency = IdempotencyKey{"k", "print"}});
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->replayed);
  EXPECT_EQ(again->answer->body, answer_with(first));
  const auto other = bulk.submit({.jobs = {new_job()}, .idempotency = IdempotencyKey{"k", "other"}});
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, Code::idempotency_key_reused);
  EXPECT_EQ(list({}).size(), 2u);
}

TEST_P(StoreConformance, FindsTheIdsOfWhatAListShows) {
  Bulk bulk(store().bulk());
  const Ulid a = tagged({{"t", "1"}}), b = tagged({{"t", "1"}}), c = tagged({{"t", "1"}});
  tagged({{"t", "2"}});
  ListQuery query{.filter = {.tags = {{"t", "1"}}}, .ascending = true, .limit = 2};
  const FoundJobs first = bulk.find(query);
  EXPECT_THAT(first.jobs, ElementsAre(a, b));
  query.after = first.next;
  const FoundJobs rest = bulk.find(query);
  EXPECT_THAT(rest.jobs, ElementsAre(c));
  EXPECT_EQ(rest.next, std::nullopt);
}

TEST_P(StoreConformance, ChangesOfManyOnlyWhatStillMatches) {
  Bulk bulk(store().bulk());
  const Ulid queued = submit(), running = submit(), done = submit(), unknown = make_ulid(clock.now());
  lease(running);
  lease(done);
  succeed(done);
  observed.take();
  const BulkChange counts =
      bulk.change({queued, running, done, unknown}, {.states = {State::queued}}, job::Cancel{});
  EXPECT_EQ(counts.matched, 1);
  EXPECT_EQ(counts.changed, 1);
  EXPECT_EQ(get(queued).state, State::cancelled);
  EXPECT_EQ(get(running).state, State::running);
  EXPECT_EQ(observed.take().size(), 1u);
}

TEST_P(StoreConformance, CountsWhatMatchesAndCannotChange) {
  Bulk bulk(store().bulk());
  const Ulid cancelled = submit(), queued = submit();
  apply(cancelled, job::Cancel{});
  const BulkChange counts = bulk.change({cancelled, queued}, {.types = {"echo"}}, job::RunAgain{});
  EXPECT_EQ(counts.matched, 2);
  EXPECT_EQ(counts.changed, 1);
  EXPECT_EQ(get(cancelled).state, State::queued);
}

TEST_P(StoreConformance, ForgetsAJobThatHasEndedWhenAsked) {
  const Ulid id = submit();
  const auto early = calls().change(id, job::Forget{});
  ASSERT_FALSE(early);
  EXPECT_EQ(early.error().code, Code::conflict);
  EXPECT_THAT(early.error().message, testing::HasSubstr("queued"));
  apply(id, job::Cancel{});
  observed.take();
  ASSERT_TRUE(calls().change(id, job::Forget{}));
  EXPECT_FALSE(knows(id));
  const auto changes = observed.take();
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_TRUE(changes[0].forgotten);
}

}  // namespace
}  // namespace waypost::store::test
