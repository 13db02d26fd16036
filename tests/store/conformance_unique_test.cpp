#include "store/conformance.hpp"

namespace waypost::store::test {
namespace {

using job::OnConflict;
using job::State;

job::Spec unique(OnConflict on_conflict, std::string key = "img-7") {
  return {.type = "echo", .unique = job::Unique{std::move(key), on_conflict}};
}

TEST_P(StoreConformance, ReturnsTheJobThatHoldsAUniqueKey) {
  const Ulid first = submit(unique(OnConflict::return_existing));
  const auto second = calls().submit({.job = new_job(unique(OnConflict::return_existing))});
  ASSERT_TRUE(second);
  EXPECT_TRUE(second->existing);
  EXPECT_EQ(second->job, first);
  EXPECT_EQ(second->answer->status, 200);
  EXPECT_EQ(second->answer->location, "/v1/jobs/" + get(first).id());
  EXPECT_THAT(second->answer->body, testing::HasSubstr(get(first).id()));
  EXPECT_EQ(list({}).size(), 1u);
}

TEST_P(StoreConformance, RemembersWhichJobStoodForASubmissionUnderItsIdempotencyKey) {
  const Ulid first = submit(unique(OnConflict::return_existing));
  Submission submission{.job = new_job(unique(OnConflict::return_existing)),
                        .idempotency = IdempotencyKey{.key = "k", .fingerprint = "f"},
                        .answer = {.status = 202}};
  const auto answer = calls().submit(submission)->answer;
  lease(first);
  succeed(first);
  const auto again = calls().submit(submission);
  EXPECT_TRUE(again->replayed);
  EXPECT_EQ(again->answer->status, 200);
  EXPECT_EQ(again->answer->body, answer->body);
  EXPECT_EQ(list({}).size(), 1u);
}

TEST_P(StoreConformance, RejectsADuplicateThatAsksForThat) {
  const Ulid first = submit(unique(OnConflict::return_existing));
  const auto refused = calls().submit({.job = new_job(unique(OnConflict::reject))});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::duplicate_job);
  EXPECT_THAT(refused.error().message, testing::HasSubstr(get(first).id()));
  submit(unique(OnConflict::reject, "another"));
}

TEST_P(StoreConformance, ReplacesAWaitingHolderButNotARunningOne) {
  const Ulid first = submit(unique(OnConflict::replace)), second = submit(unique(OnConflict::replace));
  EXPECT_EQ(get(first).state, State::cancelled);
  EXPECT_EQ(get(second).state, State::queued);
  lease(second);
  const auto refused = calls().submit({.job = new_job(unique(OnConflict::replace))});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::duplicate_job);
  EXPECT_THAT(refused.error().message, testing::HasSubstr("running"));
  apply(second, job::FailAttempt{.fence = get(second).fence, .code = "x"});
  EXPECT_EQ(get(second).state, State::scheduled);
  submit(unique(OnConflict::replace));
  EXPECT_EQ(get(second).state, State::cancelled) << "one that waits for its retry waits";
}

TEST_P(StoreConformance, FreesAUniqueKeyWithTheEndOfItsJob) {
  const Ulid first = submit(unique(OnConflict::reject));
  reopen();
  EXPECT_FALSE(calls().submit({.job = new_job(unique(OnConflict::reject))}));
  lease(first);
  succeed(first);
  EXPECT_NE(submit(unique(OnConflict::reject)), first);
}

TEST_P(StoreConformance, TakesTheUniqueKeyAgainForAManualRetryIfItIsFree) {
  const Ulid first = submit(unique(OnConflict::reject));
  apply(first, job::Cancel{});
  apply(first, job::RunAgain{});
  EXPECT_FALSE(calls().submit({.job = new_job(unique(OnConflict::reject))}));
  apply(first, job::Cancel{});
  submit(unique(OnConflict::reject));
  const auto refused = calls().change(first, job::RunAgain{});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::duplicate_job);
}

TEST_P(StoreConformance, ReplacesNothingForASubmissionThatIsRefused) {
  const Ulid first = submit(unique(OnConflict::replace));
  job::Spec refused = unique(OnConflict::replace);
  refused.depends_on = {make_ulid(clock.now())};
  EXPECT_FALSE(calls().submit({.job = new_job(refused)}));
  EXPECT_EQ(get(first).state, State::queued);
}

TEST_P(StoreConformance, KeepsWhatWasAmended) {
  job::Spec spec = plain();
  spec.tags = {{"team", "maps"}, {"old", "1"}};
  const Ulid id = submit(spec);
  const Ulid other = of("echo", "default", 5);
  apply(id, job::Amend{.priority = 9,
                       .tags = std::map<std::string, std::string>{{"team", "roads"}},
                       .description = std::optional<std::string>("new")});
  const auto changes = observed.take();
  EXPECT_EQ(changes.back().priority_before, 0);
  EXPECT_EQ(changes.back().priority, 9);
  reopen();
  const auto job = get(id);
  EXPECT_EQ(job.spec.priority, 9);
  EXPECT_EQ(job.spec.description, "new");
  EXPECT_EQ(job.spec.tags, (std::map<std::string, std::string>{{"team", "roads"}}));
  EXPECT_TRUE(list({.tags = {{"team", "maps"}}}).empty());
  EXPECT_EQ(list({.tags = {{"team", "roads"}}}), std::vector{id});
  EXPECT_EQ(ids_of(*calls().ready({.queue = "default"})), (std::vector{id, other}));
}

TEST_P(StoreConformance, ShowsWhatIsReadyOfOneConcurrencyKey) {
  job::Spec keyed = plain();
  keyed.concurrency_key = "customer 1";
  const Ulid first = submit(keyed);
  submit(plain());
  keyed.priority = 3;
  const Ulid urgent = submit(keyed);
  keyed.concurrency_key = "customer 2";
  submit(keyed);
  const auto ready = calls().ready({.queue = "default", .concurrency_group = "customer 1"});
  EXPECT_EQ(ids_of(*ready), (std::vector{urgent, first}));
  EXPECT_EQ(ready->front().concurrency_group, "customer 1");
  EXPECT_EQ(calls().ready({.queue = "default"})->back().concurrency_group, "");
}

TEST_P(StoreConformance, TellsOfAJobThatAwaitsConfirmationFromTheStart) {
  job::Spec spec = plain();
  spec.confirmation_required = true;
  spec.webhook = job::Webhook{.url = "http://receiver/", .events = {job::Notice::awaiting_confirmation}};
  submit(spec);
  const auto changes = observed.take();
  ASSERT_EQ(changes.back().deliveries.size(), 1u);
  EXPECT_THAT(changes.back().deliveries[0].body, testing::HasSubstr("job.awaiting_confirmation"));
}

}  // namespace
}  // namespace waypost::store::test
