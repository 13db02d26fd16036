#include "store/conformance.hpp"

namespace waypost::store::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST_P(ManifestConformance, FindsAManifestAsItWasAdded) {
  const auto manifest = added();
  reopen();
  const auto found = find(manifest.ulid);
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->id(), manifest.id());
  EXPECT_EQ(found->format, "csv");
  EXPECT_EQ(found->rows, 3);
  EXPECT_EQ(found->bytes, 40);
  EXPECT_EQ(found->chunks, 1);
  EXPECT_EQ(found->etag, manifest.etag);
  EXPECT_EQ(found->columns, manifest.columns);
  EXPECT_EQ(found->created_at, manifest.created_at);
  EXPECT_EQ(found->expires_at, manifest.expires_at);
  EXPECT_EQ(find(make_ulid(clock.now())).error().code, Code::not_found);
}

TEST_P(ManifestConformance, AnswersARepetitionOfItsKeyWithTheFirstAnswerAndKeepsOne) {
  const auto first = made(), second = made();
  const IdempotencyKey key{"k", "same"};
  ASSERT_FALSE(add(first, key)->replayed);
  const auto again = add(second, key);
  ASSERT_TRUE(again->replayed);
  EXPECT_EQ(again->answer.body, "body of " + first.id());
  EXPECT_FALSE(find(second.ulid));
  EXPECT_EQ(add(second, IdempotencyKey{"k", "other"}).error().code, Code::idempotency_key_reused);
}

TEST_P(ManifestConformance, ListsTheNewestFirstPageByPage) {
  std::vector<std::string> ids;
  for (int i = 0; i < 5; ++i) ids.insert(ids.begin(), added().id());
  std::vector<std::string> listed;
  ManifestStore::ListQuery query{.limit = 2};
  do {
    const auto got = page(query);
    for (const auto& manifest : got.manifests) listed.push_back(manifest.id());
    query.after = got.next;
  } while (query.after);
  EXPECT_EQ(listed, ids);
}

TEST_P(ManifestConformance, RefusesAJobOverAManifestThatIsNotThere) {
  const auto refused = calls().submit({.job = job_over(made())});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::unknown_manifest);
  const auto removed = added();
  ASSERT_TRUE(remove(removed.ulid));
  EXPECT_EQ(calls().submit({.job = job_over(removed)}).error().code, Code::unknown_manifest);
}

TEST_P(ManifestConformance, IsNotRemovedWhileAJobThatHasNotEndedUsesIt) {
  const auto manifest = added();
  const Ulid id = submit(job_over(manifest));
  const auto refused = remove(manifest.ulid);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::conflict);
  EXPECT_THAT(refused.error().message, testing::HasSubstr(format_id(job::id_prefix, id)));
  apply(id, job::Cancel{});
  EXPECT_TRUE(remove(manifest.ulid));
  EXPECT_EQ(remove(manifest.ulid).error().code, Code::not_found) << "nobody finds it any more";
}

TEST_P(ManifestConformance, WhatWasRemovedIsKeptUntilTheLastJobOverItIsForgotten) {
  const auto manifest = added();
  job::Job job = job_over(manifest);
  job.spec.retain = 10s;
  const Ulid id = submit(std::move(job));
  apply(id, job::Cancel{});
  ASSERT_TRUE(remove(manifest.ulid));
  EXPECT_THAT(sweep().gone, IsEmpty());
  EXPECT_TRUE(is_kept(manifest.ulid));
  EXPECT_TRUE(page({}).manifests.empty());
  clock.advance(10s);
  ASSERT_TRUE(calls().tick(clock.now(), 10));
  ASSERT_FALSE(knows(id));
  EXPECT_THAT(sweep().gone, ElementsAre(manifest.ulid));
  EXPECT_FALSE(is_kept(manifest.ulid));
}

TEST_P(ManifestConformance, ForgetsWhatIsOverAndSaysWhenTheNextOneIs) {
  const auto early = added();
  clock.advance(30s);
  const auto late = added();
  EXPECT_EQ(sweep().next, early.expires_at);
  clock.advance(70s);
  const auto swept = sweep();
  EXPECT_THAT(swept.gone, ElementsAre(early.ulid));
  EXPECT_EQ(swept.next, late.expires_at);
  EXPECT_FALSE(find(early.ulid));
  EXPECT_TRUE(find(late.ulid));
  clock.advance(30s);
  EXPECT_THAT(sweep().gone, ElementsAre(late.ulid));
  EXPECT_EQ(sweep().next, std::nullopt);
}

TEST_P(ManifestConformance, AManifestThatCameWithItsJobIsNoneOfTheStoredOnes) {
  job::Spec spec = plain();
  job::Job job = new_job();
  job.spec.batch = job::Batch{.manifest = format_id(job::manifest_prefix, job.ulid), .rows = 1, .chunks = 1};
  const Ulid id = submit(std::move(job));
  EXPECT_FALSE(find(id));
  EXPECT_FALSE(is_kept(id));
}

}  // namespace
}  // namespace waypost::store::test
