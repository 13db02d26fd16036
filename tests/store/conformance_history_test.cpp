#include "store/conformance.hpp"

namespace waypost::store::test {
namespace {

using job::Notice;
using job::State;
using testing::ElementsAre;
using testing::IsEmpty;

std::vector<Notice> notices(const job::History& history) {
  std::vector<Notice> out;
  for (const auto& event : history.events) out.push_back(event.notice);
  return out;
}

TEST_P(StoreConformance, KeepsTheHistoryOfAJobWithWhatItWasThen) {
  const Ulid id = submit();
  EXPECT_THAT(history(id).events, IsEmpty());
  clock.advance(1s);
  lease(id);
  clock.advance(1s);
  apply(id, job::FailAttempt{.fence = 1, .worker = "worker-1", .code = "boom", .message = "it broke"});
  clock.advance(1s);
  ASSERT_TRUE(calls().tick(clock.now()));
  lease(id);
  succeed(id);
  const job::History all = history(id);
  EXPECT_EQ(all.type, "echo");
  EXPECT_EQ(all.state, State::succeeded);
  EXPECT_EQ(all.started_at, get(id).started_at);
  EXPECT_THAT(notices(all),
              ElementsAre(Notice::started, Notice::retrying, Notice::started, Notice::succeeded));
  const job::PastEvent& failed = all.events[1];
  EXPECT_EQ(failed.state, State::scheduled);
  EXPECT_EQ(failed.attempt, 1);
  EXPECT_EQ(failed.at, get(id).created_at + 2s);
  ASSERT_TRUE(failed.error);
  EXPECT_EQ(failed.error->code, "boom");
  EXPECT_THAT(failed.reason, testing::HasSubstr("boom"));
  EXPECT_EQ(all.events[3].attempt, 2);
  EXPECT_FALSE(all.events[3].error);
  EXPECT_EQ(all.events[3].sequence, get(id).version);
  for (std::size_t i = 1; i < all.events.size(); ++i) {
    EXPECT_GT(all.events[i].sequence, all.events[i - 1].sequence);
    EXPECT_GT(all.events[i].ulid, all.events[i - 1].ulid);
  }
  reopen();
  EXPECT_EQ(history(id).events.size(), 4u) << "after a restart";
}

TEST_P(StoreConformance, ReadsAHistoryOnFromAnEvent) {
  const Ulid id = submit();
  lease(id);
  succeed(id);
  const job::History all = history(id);
  ASSERT_EQ(all.events.size(), 2u);
  EXPECT_THAT(notices(history(id, 0, 1)), ElementsAre(Notice::started));
  EXPECT_THAT(notices(history(id, all.events[0].sequence)), ElementsAre(Notice::succeeded));
  const job::History rest = history(id, all.events[1].sequence);
  EXPECT_THAT(rest.events, IsEmpty());
  EXPECT_EQ(rest.state, State::succeeded);
}

TEST_P(StoreConformance, TellsAWebhookOfTheSameEventsAsTheHistory) {
  job::Spec spec = plain();
  spec.webhook = job::Webhook{.url = "http://receiver/", .events = {Notice::succeeded}};
  const Ulid id = submit(spec);
  lease(id);
  observed.take();
  succeed(id);
  const auto changes = observed.take();
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_TRUE(changes[0].told);
  ASSERT_EQ(changes[0].deliveries.size(), 1u) << "the history has two events, the webhook asked for one";
  EXPECT_EQ(changes[0].deliveries[0].event, history(id).events[1].ulid);
}

TEST_P(StoreConformance, ForgetsAHistoryWithItsJob) {
  job::Spec spec = plain();
  spec.retain = 10s;
  const Ulid id = submit(spec);
  lease(id);
  succeed(id);
  clock.advance(10s);
  ASSERT_TRUE(calls().tick(clock.now()));
  const auto gone = waypost::test::wait_for_reply<job::History>(
      [&](auto reply) { store().histories().read(id, 0, 10, std::move(reply)); });
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().code, Code::not_found);
}

TEST_P(StoreConformance, KeepsOnlyTheNewestEventsOfALongLife) {
  job::Spec spec = plain();
  spec.batch = job::Batch{.manifest = "man_1", .rows = 10000, .chunks = 10000};
  const Ulid id = submit(spec);
  lease(id);
  const std::size_t more = 3;
  for (std::size_t i = 0; i < HistoryStore::max_events + more; ++i) {
    clock.advance(1s);
    apply(id, job::Advance{.fence = 1, .succeeded = 1});
  }
  const job::History kept = history(id);
  ASSERT_EQ(kept.events.size(), HistoryStore::max_events);
  EXPECT_EQ(kept.events.front().notice, Notice::progress);
  EXPECT_EQ(kept.events.back().sequence, get(id).version);
  EXPECT_EQ(kept.events.back().progress.succeeded,
            static_cast<std::int64_t>(HistoryStore::max_events + more));
}

}  // namespace
}  // namespace waypost::store::test
