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

}  // namespace
}  // namespace waypost::store::test
