#include <nlohmann/json.hpp>

#include "store/conformance.hpp"

/// Endpoints, and what they are owed.
namespace waypost::store::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using waypost::test::wait_for_reply;

Endpoint some_endpoint(Time now) {
  return {.ulid = make_ulid(now),
          .url = "http://receiver/",
          .events = {job::Notice::started, job::Notice::succeeded},
          .sealed_secret = "enc1:x",
          .created_at = now,
          .updated_at = now};
}

Result<Submitted> put(Store& store, Endpoint endpoint, Keyed keyed = {}) {
  return wait_for_reply<Submitted>(
      [&](auto reply) { store.webhooks().put(std::move(endpoint), std::move(keyed), std::move(reply)); });
}
Result<Endpoint> read(Store& store, const Ulid& id) {
  return wait_for_reply<Endpoint>([&](auto reply) { store.webhooks().get(id, std::move(reply)); });
}
Result<void> remove(Store& store, const Ulid& id) {
  return wait_for_reply<void>([&](auto reply) { store.webhooks().remove(id, std::move(reply)); });
}
Result<void> note(Store& store, const Ulid& id, EndpointHealth health) {
  return wait_for_reply<void>(
      [&](auto reply) { store.webhooks().note_health(id, std::move(health), std::move(reply)); });
}
std::vector<DeliveryRecord> told(Store& store, DeliveryQuery query) {
  return wait_for_reply<Page<DeliveryRecord>>(
             [&](auto reply) { store.webhooks().deliveries(query, std::move(reply)); })
      ->rows;
}
Result<Submitted> redeliver(Store& store, const Ulid& id, const Ulid& again,
                            std::optional<IdempotencyKey> key = {}) {
  return wait_for_reply<Submitted>([&](auto reply) {
    store.webhooks().redeliver(
        id, again, std::move(key),
        [](const DeliveryRecord& record) { return StoredAnswer{202, format_id("dlv_", record.id), ""}; },
        std::move(reply));
  });
}
Result<ReplayDone> replay(Store& store, ReplayStep step) {
  return wait_for_reply<ReplayDone>([&](auto reply) { store.webhooks().replay(step, {}, std::move(reply)); });
}

Settlement delivered(const Delivery& delivery) {
  return {.delivery = delivery.id,
          .endpoint = delivery.endpoint,
          .kind = Settlement::Kind::delivered,
          .detail = "{\"status\":204}\n"};
}

TEST_P(StoreConformance, KeepsAnEndpointAsItWasGiven) {
  Endpoint endpoint = some_endpoint(clock.now());
  endpoint.hears_of_disabled = true;
  endpoint.filter = {{"echo"}, {"mail"}, {{"team", "maps"}}};
  endpoint.description = "a \"receiver\"";
  endpoint.headers = {{"X-A", "enc1:y"}};
  endpoint.rate_per_second = 0.5;
  endpoint.old_secrets = {{"enc1:z", clock.now() + 1h}};
  endpoint.disabled = Disabled{"requested", clock.now()};
  endpoint.failing_since = clock.now() - 1h;
  ASSERT_TRUE(put(store(), endpoint));
  EXPECT_EQ(*read(store(), endpoint.ulid), endpoint);
  reopen();
  EXPECT_EQ(*read(store(), endpoint.ulid), endpoint);
  EXPECT_EQ(read(store(), make_ulid(clock.now())).error().code, Code::not_found);
}

TEST_P(StoreConformance, ChangesAnEndpointOnlyFromTheVersionBefore) {
  Endpoint endpoint = some_endpoint(clock.now());
  ASSERT_TRUE(put(store(), endpoint));
  endpoint.version = 2;
  endpoint.url = "http://elsewhere/";
  ASSERT_TRUE(put(store(), endpoint));
  EXPECT_EQ(put(store(), endpoint).error().code, Code::conflict);
  EXPECT_EQ(read(store(), endpoint.ulid)->url, "http://elsewhere/");
  ASSERT_TRUE(remove(store(), endpoint.ulid));
  endpoint.version = 3;
  EXPECT_EQ(put(store(), endpoint).error().code, Code::not_found);
  EXPECT_EQ(remove(store(), endpoint.ulid).error().code, Code::not_found);
}

TEST_P(StoreConformance, ListsEndpointsByPagesTheNewestFirst) {
  std::vector<Ulid> made;
  for (int i = 0; i < 3; ++i) {
    made.push_back(some_endpoint(clock.now()).ulid);
    Endpoint endpoint = some_endpoint(clock.now());
    endpoint.ulid = made.back();
    ASSERT_TRUE(put(store(), endpoint));
  }
  const auto page = [&](PageQuery query) {
    return *wait_for_reply<Page<Endpoint>>(
        [&](auto reply) { store().webhooks().list(query, std::move(reply)); });
  };
  const auto first = page({.limit = 2});
  ASSERT_THAT(first.rows, SizeIs(2));
  EXPECT_EQ(first.rows[0].ulid, made[2]);
  EXPECT_EQ(first.next, made[1].sequence());
  const auto second = page({.after = first.next, .limit = 2});
  ASSERT_THAT(second.rows, SizeIs(1));
  EXPECT_EQ(second.rows[0].ulid, made[0]);
  EXPECT_EQ(second.next, std::nullopt);
}

TEST_P(StoreConformance, MakesAnEndpointOncePerKey) {
  const Keyed keyed{IdempotencyKey{"k", "f"}, {201, "made", "/there"}};
  const Endpoint endpoint = some_endpoint(clock.now());
  EXPECT_FALSE(put(store(), endpoint, keyed)->replayed);
  const auto again = put(store(), some_endpoint(clock.now()), keyed);
  EXPECT_TRUE(again->replayed);
  EXPECT_EQ(again->answer->body, "made");
}

TEST_P(StoreConformance, OwesAnEventToEveryEndpointThatHearsOfIt) {
  const auto with = [&](auto adjust) {
    Endpoint endpoint = some_endpoint(clock.now());
    adjust(endpoint);
    EXPECT_TRUE(put(store(), endpoint));
    return endpoint.ulid;
  };
  const std::vector<Ulid> hearing = {with([](Endpoint&) {}), with([](Endpoint& e) {
                                       e.filter = {{"sleep", "echo"}, {"default"}, {{"team", "maps"}}};
                                     })};
  const std::vector<Ulid> deaf = {with([](Endpoint& e) { e.events = {job::Notice::failed}; }),
                                  with([](Endpoint& e) { e.filter.types = {"sleep"}; }),
                                  with([](Endpoint& e) { e.filter.queues = {"mail"}; }),
                                  with([](Endpoint& e) { e.filter.tags = {{"team", "mail"}}; }),
                                  with([](Endpoint& e) { e.filter.tags = {{"other", "maps"}}; }),
                                  with([](Endpoint& e) { e.disabled = Disabled{"requested", Time{}}; })};
  const Ulid id = submit({.type = "echo", .tags = {{"team", "maps"}}});
  observed.take();
  lease(id);
  const auto due = observed.take().back().deliveries;
  ASSERT_THAT(due, SizeIs(2));
  EXPECT_EQ(due[0].event, due[1].event);
  EXPECT_NE(due[0].id, due[1].id);
  EXPECT_EQ(due[0].body, due[1].body);
  for (const auto& endpoint : hearing) {
    const auto records = told(store(), {.endpoint = endpoint});
    ASSERT_THAT(records, SizeIs(1));
    EXPECT_EQ(records[0].event, due[0].event);
    EXPECT_EQ(records[0].job, id);
    EXPECT_EQ(records[0].endpoint, endpoint);
    EXPECT_EQ(records[0].type, "job.started");
  }
  for (const auto& endpoint : deaf) EXPECT_THAT(told(store(), {.endpoint = endpoint}), IsEmpty());
}

TEST_P(StoreConformance, KeepsTheOrderPerJobAndEndpoint) {
  const Endpoint slow = some_endpoint(clock.now()), fast = some_endpoint(clock.now());
  ASSERT_TRUE(put(store(), slow));
  ASSERT_TRUE(put(store(), fast));
  const Ulid id = submit({.type = "echo"});
  lease(id);
  auto due = calls().due_deliveries(clock.now())->deliveries;
  ASSERT_THAT(due, SizeIs(2));
  succeed(id);
  const auto& of_fast = due[0].endpoint == fast.ulid.sequence() ? due[0] : due[1];
  const auto next = *calls().settle(delivered(of_fast));
  ASSERT_TRUE(next);
  EXPECT_EQ(nlohmann::json::parse(next->body)["type"], "job.succeeded");
  EXPECT_EQ(next->endpoint, fast.ulid.sequence());
  const auto waiting = told(store(), {.endpoint = slow.ulid});
  ASSERT_THAT(waiting, SizeIs(2));
  EXPECT_EQ(waiting[0].next_at, std::nullopt) << "the end waits for the start";
}

TEST_P(StoreConformance, KeepsWhatAnEndpointWasToldForAWhile) {
  const Endpoint endpoint = some_endpoint(clock.now());
  ASSERT_TRUE(put(store(), endpoint));
  lease(submit({.type = "echo", .retain = 0s}));
  const Delivery delivery = calls().due_deliveries(clock.now())->deliveries.at(0);
  auto retry = delivered(delivery);
  retry.kind = Settlement::Kind::retry;
  retry.detail = "{\"status\":500}\n";
  retry.next_at = clock.now() + 5s;
  ASSERT_TRUE(calls().settle(retry));
  ASSERT_TRUE(calls().settle(delivered(delivery)));
  const auto record =
      told(store(), {.endpoint = endpoint.ulid, .state = DeliveryRecord::State::delivered}).at(0);
  EXPECT_EQ(record.log, "{\"status\":500}\n{\"status\":204}\n");
  EXPECT_THAT(told(store(), {.endpoint = endpoint.ulid, .state = DeliveryRecord::State::pending}), IsEmpty());
  EXPECT_EQ(calls().backlog()->deliveries, 0);
  EXPECT_LE(*calls().tick(clock.now())->next, clock.now() + 168h);
  clock.advance(168h);
  ASSERT_TRUE(calls().tick(clock.now()));
  EXPECT_THAT(told(store(), {.endpoint = endpoint.ulid}), IsEmpty());
}

TEST_P(StoreConformance, ForgetsWhatARemovedEndpointWasTold) {
  const Endpoint endpoint = some_endpoint(clock.now());
  ASSERT_TRUE(put(store(), endpoint));
  for (int i = 0; i < 5; ++i) lease(submit({.type = "echo"}));
  ASSERT_TRUE(remove(store(), endpoint.ulid));
  lease(submit({.type = "echo"}));
  EXPECT_EQ(calls().backlog()->deliveries, 5) << "nothing more is owed to it";
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(calls().tick(clock.now(), 2));
  EXPECT_EQ(calls().backlog()->deliveries, 0);
}

TEST_P(StoreConformance, DeliversAgainWhatIsSettledAsAnotherDeliveryOfTheSameEvent) {
  const Endpoint endpoint = some_endpoint(clock.now());
  ASSERT_TRUE(put(store(), endpoint));
  lease(submit({.type = "echo"}));
  const Delivery first = calls().due_deliveries(clock.now())->deliveries.at(0);
  ASSERT_TRUE(calls().settle(delivered(first)));
  const Ulid again = make_ulid(clock.now());
  const auto answer = redeliver(store(), first.id, again, IdempotencyKey{"k", "f"});
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->answer->body, format_id("dlv_", again));
  EXPECT_TRUE(redeliver(store(), first.id, make_ulid(clock.now()), IdempotencyKey{"k", "f"})->replayed);
  const auto due = calls().due_deliveries(clock.now())->deliveries;
  ASSERT_THAT(due, SizeIs(1));
  EXPECT_EQ(due[0].id, again);
  EXPECT_EQ(due[0].event, first.event);
  EXPECT_EQ(due[0].body, first.body);
  EXPECT_EQ(due[0].attempts, 0);
  EXPECT_EQ(redeliver(store(), make_ulid(clock.now()), again).error().code, Code::not_found);
}

TEST_P(StoreConformance, DeliversAtOnceWhatWaitsForItsNextAttempt) {
  const Endpoint endpoint = some_endpoint(clock.now());
  ASSERT_TRUE(put(store(), endpoint));
  const Ulid id = submit({.type = "echo"});
  lease(id);
  succeed(id);
  const Delivery first = calls().due_deliveries(clock.now())->deliveries.at(0);
  auto retry = delivered(first);
  retry.kind = Settlement::Kind::retry;
  retry.next_at = clock.now() + 1h;
  ASSERT_TRUE(calls().settle(retry));
  ASSERT_TRUE(redeliver(store(), first.id, make_ulid(clock.now())));
  const auto due = calls().due_deliveries(clock.now())->deliveries;
  ASSERT_THAT(due, SizeIs(1));
  EXPECT_EQ(due[0].id, first.id);
  const Ulid second = told(store(), {.endpoint = endpoint.ulid})[0].id;
  EXPECT_EQ(redeliver(store(), second, make_ulid(clock.now())).error().code, Code::conflict)
      << "it waits for the one before";
}

TEST_P(StoreConformance, ReplaysInStepsAndInOrderWhatIsSettled) {
  const Endpoint endpoint = some_endpoint(clock.now());
  ASSERT_TRUE(put(store(), endpoint));
  std::vector<Ulid> events;
  for (int i = 0; i < 3; ++i) {
    lease(submit({.type = "echo"}));
    const Delivery delivery = calls().due_deliveries(clock.now())->deliveries.at(0);
    events.push_back(delivery.event);
    ASSERT_TRUE(calls().settle(delivered(delivery)));
  }
  ReplayStep step{.endpoint = endpoint.ulid.sequence(),
                  .after = events[0].sequence(),  // a delivery is younger than its event
                  .until = make_ulid(clock.now()).sequence(),
                  .limit = 2};
  const auto first = replay(store(), step);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->count, 2u);
  ASSERT_TRUE(first->next);
  step.after = *first->next;
  const auto second = replay(store(), step);
  EXPECT_EQ(second->count, 1u);
  EXPECT_EQ(second->next, std::nullopt);
  std::vector<Ulid> again;
  for (const auto& delivery : calls().due_deliveries(clock.now())->deliveries)
    again.push_back(delivery.event);
  EXPECT_EQ(again, events);
}

TEST_P(StoreConformance, TellsOthersWhenAnEndpointIsDisabled) {
  const Endpoint failing = some_endpoint(clock.now());
  Endpoint listening = some_endpoint(clock.now());
  listening.hears_of_disabled = true;
  ASSERT_TRUE(put(store(), failing));
  ASSERT_TRUE(put(store(), listening));
  ASSERT_TRUE(note(store(), failing.ulid, {.failing_since = clock.now()}));
  EXPECT_EQ(read(store(), failing.ulid)->failing_since, clock.now());
  EXPECT_THAT(told(store(), {.endpoint = listening.ulid}), IsEmpty());
  const EndpointHealth end{.disabled = Disabled{"gone", clock.now()}, .disabled_event = "{}"};
  ASSERT_TRUE(note(store(), failing.ulid, end));
  ASSERT_TRUE(note(store(), failing.ulid, end));
  EXPECT_EQ(read(store(), failing.ulid)->disabled, end.disabled);
  const auto records = told(store(), {.endpoint = listening.ulid});
  ASSERT_THAT(records, SizeIs(1)) << "told once";
  EXPECT_EQ(records[0].type, "webhook_endpoint.disabled");
  EXPECT_EQ(records[0].job, std::nullopt);
}

}  // namespace
}  // namespace waypost::store::test
