#include <nlohmann/json.hpp>

#include "store/conformance.hpp"

/// The webhooks that are owed, and the chunks of a batch.
namespace waypost::store::test {
namespace {

using job::State;
using testing::ElementsAre;
using testing::IsEmpty;

job::Spec hooked(std::vector<job::Notice> events = job::default_notices()) {
  return {
      .type = "echo",
      .backoff = {.jitter = false},
      .webhook = job::Webhook{.url = "http://receiver/", .events = std::move(events), .secret = "whsec_x"},
      .traceparent = "00-aa-bb-01"};
}

Settlement delivered(const Ulid& event) {
  return {.delivery = event, .kind = Settlement::Kind::delivered};
}
Settlement gave_up(const Ulid& event) {
  return {.delivery = event, .kind = Settlement::Kind::gave_up};
}

std::string type_of(const Delivery& delivery) {
  return nlohmann::json::parse(delivery.body)["type"];
}

TEST_P(StoreConformance, OwesAWebhookFromTheChangeThatCausedIt) {
  const Ulid id = submit(hooked());
  lease(id);
  EXPECT_THAT(calls().due_deliveries(clock.now())->deliveries, IsEmpty());
  observed.take();
  const job::Job done = succeed(id);
  const auto changes = observed.take();
  ASSERT_EQ(changes.size(), 1u);
  const auto due = calls().due_deliveries(clock.now())->deliveries;
  ASSERT_EQ(due.size(), 1u);
  ASSERT_EQ(changes[0].deliveries.size(), 1u);
  for (const Delivery& delivery : {due[0], changes[0].deliveries[0]}) {
    EXPECT_EQ(delivery.id, due[0].id);
    EXPECT_EQ(delivery.job, id);
    EXPECT_EQ(delivery.url, "http://receiver/");
    EXPECT_EQ(delivery.secret, "whsec_x");
    EXPECT_EQ(delivery.traceparent, "00-aa-bb-01");
    EXPECT_EQ(delivery.body, job::notification_body(done, job::Notice::succeeded, clock.now()));
    EXPECT_EQ(delivery.attempts, 0);
    EXPECT_EQ(delivery.created_at, clock.now());
    EXPECT_EQ(delivery.next_at, clock.now());
  }
  EXPECT_EQ(calls().backlog()->deliveries, 1);
  clock.advance(1min);
  EXPECT_EQ(calls().backlog()->oldest, due[0].created_at);
}

TEST_P(StoreConformance, ForgetsADebtOnceItIsSettled) {
  for (const auto settle : {delivered, gave_up}) {
    const Ulid id = submit(hooked());
    lease(id);
    succeed(id);
    const Ulid event = calls().due_deliveries(clock.now())->deliveries.at(0).id;
    EXPECT_EQ(*calls().settle(settle(event)), std::nullopt);
    const auto due = *calls().due_deliveries(clock.now() + 24h);
    EXPECT_THAT(due.deliveries, IsEmpty());
    EXPECT_EQ(due.next, std::nullopt);
    EXPECT_EQ(calls().backlog()->deliveries, 0);
  }
}

TEST_P(StoreConformance, DeliversTheEventsOfAJobOneAfterTheOther) {
  const Ulid id = submit(hooked({job::Notice::started, job::Notice::retrying, job::Notice::succeeded}));
  lease(id);
  apply(id, job::FailAttempt{.fence = 1, .code = "x"});
  clock.advance(1min);
  ASSERT_TRUE(calls().tick(clock.now()));
  lease(id);
  succeed(id);
  EXPECT_EQ(calls().backlog()->deliveries, 4);
  auto due = calls().due_deliveries(clock.now() + 24h)->deliveries;
  ASSERT_EQ(due.size(), 1u) << "the others wait for the first";
  std::vector<std::string> types = {type_of(due[0])};
  std::int64_t last = 0;
  for (std::optional<Delivery> next = due[0]; next;) {
    const std::int64_t sequence = nlohmann::json::parse(next->body)["data"]["sequence"];
    EXPECT_GT(sequence, std::exchange(last, sequence));
    const auto following = calls().settle(types.size() == 2 ? gave_up(next->id) : delivered(next->id));
    ASSERT_TRUE(following);
    next = *following;
    if (!next) break;
    EXPECT_EQ(next->next_at, clock.now());
    EXPECT_EQ(next->url, "http://receiver/");
    EXPECT_THAT(ids_of(calls().due_deliveries(clock.now())->deliveries), ElementsAre(next->id));
    types.push_back(type_of(*next));
  }
  EXPECT_THAT(types, ElementsAre("job.started", "job.retrying", "job.started", "job.succeeded"));
  EXPECT_EQ(calls().backlog()->deliveries, 0);
}

TEST_P(StoreConformance, LetsNoJobWaitForTheWebhooksOfAnother) {
  std::vector<Ulid> jobs;
  for (int i = 0; i < 3; ++i) {
    jobs.push_back(submit(hooked({job::Notice::started, job::Notice::succeeded})));
    lease(jobs.back());
    succeed(jobs.back());
  }
  EXPECT_EQ(calls().due_deliveries(clock.now())->deliveries.size(), 3u);
}

TEST_P(StoreConformance, TriesADeliveryAgainAtItsTime) {
  const Ulid id = submit(hooked({job::Notice::started, job::Notice::succeeded}));
  lease(id);
  const Ulid event = calls().due_deliveries(clock.now())->deliveries.at(0).id;
  const auto retried = calls().settle({.delivery = event,
                                       .kind = Settlement::Kind::retry,
                                       .at = clock.now(),
                                       .next_at = clock.now() + 5s,
                                       .detail = "no"});
  ASSERT_TRUE(retried);
  EXPECT_EQ(*retried, std::nullopt);
  succeed(id);
  auto due = *calls().due_deliveries(clock.now());
  EXPECT_THAT(due.deliveries, IsEmpty()) << "the second event waits for the first";
  EXPECT_EQ(due.next, clock.now() + 5s);
  reopen();
  due = *calls().due_deliveries(clock.now() + 5s);
  ASSERT_EQ(due.deliveries.size(), 1u);
  EXPECT_EQ(due.deliveries[0].id, event) << "the same id on every attempt";
  EXPECT_EQ(due.deliveries[0].attempts, 1);
  EXPECT_EQ(type_of(due.deliveries[0]), "job.started");
  EXPECT_EQ(type_of(calls().settle(delivered(event))->value()), "job.succeeded");
}

TEST_P(StoreConformance, HandsOutWhatIsDueSoonestFirst) {
  std::vector<Ulid> events;
  for (const auto wait : {30s, 10s, 20s}) {
    const Ulid id = submit(hooked());
    apply(id, job::Cancel{});
    events.push_back(observed.take().back().deliveries.at(0).id);
    ASSERT_TRUE(calls().settle({.delivery = events.back(),
                                .kind = Settlement::Kind::retry,
                                .at = clock.now(),
                                .next_at = clock.now() + wait}));
  }
  EXPECT_EQ(calls().due_deliveries(clock.now())->next, clock.now() + 10s);
  const auto two = *calls().due_deliveries(clock.now() + 20s);
  EXPECT_THAT(ids_of(two.deliveries), ElementsAre(events[1], events[2]));
  EXPECT_EQ(two.next, clock.now() + 30s);
  EXPECT_THAT(ids_of(calls().due_deliveries(clock.now() + 1h, 1)->deliveries), ElementsAre(events[1]));
}

TEST_P(StoreConformance, PutsADeliveryOffWithoutCountingAnAttempt) {
  apply(submit(hooked()), job::Cancel{});
  const Ulid event = calls().due_deliveries(clock.now())->deliveries.at(0).id;
  ASSERT_TRUE(
      calls().settle({.delivery = event, .kind = Settlement::Kind::postpone, .next_at = clock.now() + 5s}));
  EXPECT_EQ(calls().due_deliveries(clock.now())->next, clock.now() + 5s);
  EXPECT_EQ(calls().due_deliveries(clock.now() + 5s)->deliveries.at(0).attempts, 0);
  ASSERT_TRUE(calls().settle(delivered(event)));
  ASSERT_TRUE(
      calls().settle({.delivery = event, .kind = Settlement::Kind::postpone, .next_at = clock.now() + 5s}));
  EXPECT_EQ(calls().due_deliveries(clock.now())->next, std::nullopt) << "what is settled stays so";
}

TEST_P(StoreConformance, HandsOutNoMoreDueDeliveriesThanAskedFor) {
  for (int i = 0; i < 4; ++i) apply(submit(hooked()), job::Cancel{});
  const auto all = *calls().due_deliveries(clock.now());
  ASSERT_EQ(all.deliveries.size(), 4u);
  EXPECT_FALSE(all.more);
  const auto events = ids_of(all.deliveries);
  const std::size_t body = all.deliveries[0].body.size();
  struct Case {
    std::size_t limit, max_bytes, answered;
    bool more;
  };
  for (const auto& c : {Case{2, SIZE_MAX, 2, true}, Case{4, SIZE_MAX, 4, false}, Case{9, 2 * body, 2, true},
                        Case{9, 3 * body - 1, 2, true}, Case{9, 4 * body, 4, false}, Case{9, 1, 1, true}}) {
    const auto due =
        *calls().due_deliveries({.now = clock.now(), .limit = c.limit, .max_bytes = c.max_bytes});
    EXPECT_EQ(due.deliveries.size(), c.answered) << c.limit << " within " << c.max_bytes;
    EXPECT_EQ(due.more, c.more) << c.limit << " within " << c.max_bytes;
  }
  const auto rest = *calls().due_deliveries(
      {.now = clock.now(), .limit = 2, .known = {events[0].sequence(), events[2].sequence()}});
  EXPECT_THAT(ids_of(rest.deliveries), ElementsAre(events[1], events[3]));
  EXPECT_FALSE(rest.more);
}

TEST_P(StoreConformance, IgnoresASettlementThatComesTwiceOrForNothing) {
  const Ulid id = submit(hooked({job::Notice::started, job::Notice::succeeded}));
  lease(id);
  succeed(id);
  const Ulid first = calls().due_deliveries(clock.now())->deliveries.at(0).id;
  const Ulid second = calls().settle(delivered(first))->value().id;
  EXPECT_EQ(*calls().settle(delivered(first)), std::nullopt);
  EXPECT_EQ(*calls().settle(delivered(make_ulid(clock.now()))), std::nullopt);
  EXPECT_THAT(ids_of(calls().due_deliveries(clock.now())->deliveries), ElementsAre(second));
}

TEST_P(StoreConformance, DeliversWhatItOwesForAJobThatIsForgotten) {
  job::Spec spec = hooked({job::Notice::started, job::Notice::succeeded});
  spec.retain = 0s;
  const Ulid id = submit(spec);
  lease(id);
  succeed(id);
  ASSERT_TRUE(calls().tick(clock.now()));
  EXPECT_FALSE(knows(id));
  const Ulid first = calls().due_deliveries(clock.now())->deliveries.at(0).id;
  const auto second = *calls().settle(delivered(first));
  ASSERT_TRUE(second);
  EXPECT_EQ(type_of(*second), "job.succeeded");
  EXPECT_EQ(*calls().settle(delivered(second->id)), std::nullopt);
  EXPECT_EQ(calls().backlog()->deliveries, 0);
}

TEST_P(StoreConformance, OwesTheWebhooksOfWhatADeadProcessLeftBehind) {
  job::Spec spec = hooked();
  spec.max_attempts = 1;
  const Ulid id = submit(spec);
  lease(id);
  reopen();
  EXPECT_EQ(get(id).state, State::failed);
  const auto due = calls().due_deliveries(clock.now())->deliveries;
  ASSERT_EQ(due.size(), 1u);
  EXPECT_EQ(type_of(due[0]), "job.failed");
}

TEST_P(StoreConformance, OwesTheWebhookOfAnExpiry) {
  job::Spec spec = hooked();
  spec.expires_at = clock.now() + 1s;
  submit(spec);
  clock.advance(1s);
  ASSERT_TRUE(calls().tick(clock.now()));
  EXPECT_EQ(type_of(calls().due_deliveries(clock.now())->deliveries.at(0)), "job.failed");
}

// Chunks

job::Spec batch(std::int64_t rows) {
  return {.type = "echo", .batch = job::Batch{.manifest = "man_1", .rows = rows, .chunks = rows}};
}

TEST_P(StoreConformance, RecordsAChunkTogetherWithItsProgress) {
  const Ulid id = submit(batch(20));
  lease(id);
  observed.take();
  const ChunkRecord chunk{.number = 3,
                          .rows = 5,
                          .succeeded = 4,
                          .failed = 1,
                          .report_offset = 1'000'000'000'000,
                          .report_length = 99};
  const auto decision = calls().record_chunk(id, chunk, 1);
  ASSERT_TRUE(decision);
  EXPECT_EQ(decision->job.progress.succeeded, 4);
  EXPECT_EQ(dump(get(id)), dump(decision->job));
  ASSERT_TRUE(calls().record_chunk(id, {.number = 1, .rows = 5, .succeeded = 5}, 1));
  EXPECT_EQ(get(id).progress.succeeded, 9);
  EXPECT_EQ(get(id).progress.failed, 1);
  const auto chunks = *calls().chunks(id);
  ASSERT_EQ(chunks.size(), 2u);
  EXPECT_EQ(chunks[0].number, 1) << "in their order";
  EXPECT_EQ(chunks[1].number, 3);
  EXPECT_EQ(chunks[1].rows, 5);
  EXPECT_EQ(chunks[1].succeeded, 4);
  EXPECT_EQ(chunks[1].failed, 1);
  EXPECT_EQ(chunks[1].report_offset, 1'000'000'000'000);
  EXPECT_EQ(chunks[1].report_length, 99);
  const auto changes = observed.take();
  ASSERT_EQ(changes.size(), 2u);
  EXPECT_EQ(changes[0].manifest, "man_1");
}

TEST_P(StoreConformance, CountsNoChunkTwice) {
  const Ulid id = submit(batch(20));
  lease(id);
  ASSERT_TRUE(calls().record_chunk(id, {.number = 3, .rows = 5, .succeeded = 5}, 1));
  const std::string before = dump(get(id));
  const auto repeated = calls().record_chunk(id, {.number = 3, .rows = 5, .succeeded = 1, .failed = 4}, 1);
  ASSERT_FALSE(repeated);
  EXPECT_EQ(repeated.error().code, Code::conflict);
  EXPECT_EQ(calls().record_chunk(id, {.number = 4, .rows = 5, .succeeded = 5}, 99).error().code,
            Code::conflict);
  EXPECT_EQ(dump(get(id)), before);
  EXPECT_EQ(calls().chunks(id)->size(), 1u);
  EXPECT_EQ(calls().chunks(id)->at(0).succeeded, 5);
}

TEST_P(StoreConformance, KeepsFinishedChunksOverACrash) {
  const Ulid id = submit(batch(20));
  for (int i = 0; i < 4; ++i) {
    const auto fence = lease(id).fence;
    ASSERT_TRUE(calls().record_chunk(id, {.number = i, .rows = 1, .succeeded = 1}, fence));
    reopen();
    ASSERT_EQ(get(id).state, State::queued) << "a finished chunk is progress: no poison";
  }
  EXPECT_EQ(calls().chunks(id)->size(), 4u);
  EXPECT_EQ(get(id).progress.succeeded, 4);
}

TEST_P(StoreConformance, RecordsWhatWasNotRunWithoutTouchingWhatWas) {
  const Ulid id = submit(batch(3));
  lease(id);
  ASSERT_TRUE(calls().record_chunk(id, {.number = 0, .rows = 1, .succeeded = 1}, 1));
  apply(id, job::Cancel{});
  apply(id, job::Stopped{.fence = 1});
  const std::string before = dump(get(id));
  ASSERT_TRUE(calls().record_rest(
      id, {{.number = 0, .rows = 1}, {.number = 1, .rows = 1}, {.number = 2, .rows = 1}}));
  const auto chunks = *calls().chunks(id);
  ASSERT_EQ(chunks.size(), 3u);
  EXPECT_EQ(chunks[0].succeeded, 1);
  EXPECT_EQ(dump(get(id)), before);
}

TEST_P(StoreConformance, DropsTheChunksOfARunThatIsRepeated) {
  const Ulid id = submit(batch(1));
  lease(id);
  ASSERT_TRUE(calls().record_chunk(id, {.number = 0, .rows = 1, .failed = 1}, 1));
  apply(id, job::FinishBatch{.fence = 1});
  apply(id, job::RunAgain{});
  EXPECT_THAT(*calls().chunks(id), IsEmpty());
  const auto fence = lease(id).fence;
  ASSERT_TRUE(calls().record_chunk(id, {.number = 0, .rows = 1, .succeeded = 1}, fence));
  EXPECT_EQ(apply(id, job::FinishBatch{.fence = fence}).state, State::succeeded);
}

}  // namespace
}  // namespace waypost::store::test
