#include "store/conformance.hpp"

namespace waypost::store::test {
namespace {

void put(Store& store, std::string name, QueueChoices choices) {
  const auto stored = waypost::test::wait_for_reply<void>(
      [&](auto reply) { store.queues().put(std::move(name), choices, std::move(reply)); });
  ASSERT_TRUE(stored) << stored.error().message;
}

QueueStore::Queues all(Store& store) {
  return *waypost::test::wait_for_reply<QueueStore::Queues>(
      [&](auto reply) { store.queues().all(std::move(reply)); });
}

TEST_P(StoreConformance, KnowsNoQueueAtFirst) {
  EXPECT_TRUE(all(store()).empty());
}

TEST_P(StoreConformance, BringsQueuesBackAfterARestartAsTheyWereSet) {
  const QueueChoices some{.paused = true, .concurrency = 0, .rate_per_second = 0.5};
  put(store(), "mail", some);
  put(store(), "named only", {});
  reopen();
  EXPECT_EQ(all(store()), (QueueStore::Queues{{"mail", some}, {"named only", {}}}));
}

TEST_P(StoreConformance, ReplacesTheChoicesForAQueueAsAWhole) {
  put(store(), "mail", {.paused = true, .concurrency = 7});
  put(store(), "mail", {.paused = false, .concurrency_per_key = 3});
  EXPECT_EQ(all(store()), (QueueStore::Queues{{"mail", {.paused = false, .concurrency_per_key = 3}}}));
}

}  // namespace
}  // namespace waypost::store::test
