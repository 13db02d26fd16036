#include "store/conformance.hpp"

namespace waypost::store::test {
namespace {

using testing::ElementsAre;

TEST_P(AuditConformance, IsReadNewestFirstInPagesAndByEachOfItsColumns) {
  const auto first = written("operator", "key.create", "key_1");
  clock.advance(10s);
  const auto second = written("key_1", "job.cancel", "job_1");
  clock.advance(10s);
  const auto third = written("key_1", "jobs.cancel", "");
  reopen();
  EXPECT_THAT(page({}).rows, ElementsAre(third, second, first));
  EXPECT_THAT(page({.actor = "key_1"}).rows, ElementsAre(third, second));
  EXPECT_THAT(page({.actor = "key_1", .action = "job.cancel"}).rows, ElementsAre(second));
  EXPECT_THAT(page({.resource = "key_1"}).rows, ElementsAre(first));
  EXPECT_THAT(page({.since = second.at}).rows, ElementsAre(third, second)) << "inclusive";
  EXPECT_THAT(page({.until = second.at}).rows, ElementsAre(first)) << "exclusive";
  EXPECT_THAT(page({.since = second.at, .until = third.at}).rows, ElementsAre(second));
  const auto begin = page({.page = {.limit = 2}});
  EXPECT_THAT(begin.rows, ElementsAre(third, second));
  ASSERT_TRUE(begin.next);
  const auto end = page({.page = {.after = begin.next, .limit = 2}});
  EXPECT_THAT(end.rows, ElementsAre(first));
  EXPECT_FALSE(end.next);
}

TEST_P(AuditConformance, IsSweptOnceItIsOldEnough) {
  const auto age = [](std::chrono::milliseconds more) { return 90 * 24h + more; };
  written("operator", "key.create", "key_1", age(1ms));
  const auto kept = written("operator", "key.revoke", "key_1", age(0ms));
  const auto done = calls().tick(clock.now());
  EXPECT_EQ(done->done, 1u);
  EXPECT_EQ(done->next, clock.now());
  EXPECT_THAT(page({}).rows, ElementsAre(kept));
}

TEST_P(AuditConformance, ANoteIsWrittenWithTheChangeThatItSpeaksOf) {
  const auth::ApiKey key = key_named("one");
  const AuditEntry entry = entry_of("key.create", key.id());
  ASSERT_TRUE(add(key, entry));
  EXPECT_THAT(page({}).rows, ElementsAre(entry));
  const AuditEntry revoked = entry_of("key.revoke", key.id());
  ASSERT_TRUE(revoke(key.ulid, revoked));
  reopen();
  EXPECT_THAT(page({}).rows, ElementsAre(revoked, entry));
}

TEST_P(AuditConformance, ARefusedChangeLeavesNoNote) {
  EXPECT_EQ(revoke(key_named("nobody").ulid, entry_of("key.revoke", "key_0")).error().code, Code::not_found);
  EXPECT_THAT(page({}).rows, testing::IsEmpty());
}

TEST_P(AuditConformance, ARepeatedRequestLeavesNoSecondNote) {
  const Keyed keyed{IdempotencyKey{"again", "same"}, {201, "first", "/v1/api-keys/1"}};
  const AuditEntry entry = entry_of("key.create", "key_1");
  ASSERT_TRUE(add(key_named("one"), entry, keyed));
  const auto repeated = add(key_named("two"), entry_of("key.create", "key_2"), keyed);
  EXPECT_TRUE(repeated->replayed);
  EXPECT_EQ(repeated->answer->body, "first");
  EXPECT_THAT(page({}).rows, ElementsAre(entry));
  EXPECT_EQ(key_names(), std::vector<std::string>{"one"});
}

TEST_P(AuditConformance, AChangeWhoseNoteCannotBeWrittenIsNotMade) {
  const AuditEntry entry = entry_of("key.create", "key_1");
  ASSERT_TRUE(add(key_named("one"), entry));
  EXPECT_FALSE(add(key_named("two"), entry)) << "there is an entry of this id";
  reopen();
  EXPECT_EQ(key_names(), std::vector<std::string>{"one"}) << "both are one transaction";
  EXPECT_THAT(page({}).rows, ElementsAre(entry));
  EXPECT_TRUE(add(key_named("three"), entry_of("key.create", "key_3"))) << "the store goes on";
}

}  // namespace
}  // namespace waypost::store::test
