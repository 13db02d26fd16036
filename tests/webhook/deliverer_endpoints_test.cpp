#include <nlohmann/json.hpp>

#include "webhook/deliverer_fixture.hpp"

/// Endpoints: where their events go, how they are signed, and when they are left alone.
namespace waypost::webhook::test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::string_view other_secret = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";

Sink::Answer refuse(const Sink::Request&, std::size_t) {
  return {.status = 500};
}

TEST_F(DelivererTest, AnEndpointIsToldWithItsHeadersAndItsSecret) {
  Sink sink;
  auto wanted = endpoint(sink.url("/hook"));
  wanted.headers = {{"X-Env", "live"}};
  put(wanted);
  start();
  const Ulid job = end_a_job();
  const auto request = sink.wait_for(1)[0];
  EXPECT_EQ(request.target, "/hook");
  EXPECT_EQ(request.field("x-env"), "live");
  EXPECT_TRUE(verified(request, secret, clock.now()));
  watched->wait_for(1);
  const auto record = told(wanted.ulid).at(0);
  EXPECT_EQ(record.state, store::DeliveryRecord::State::delivered);
  EXPECT_EQ(record.job, job);
  EXPECT_EQ(request.field("webhook-id"), format_id("evt_", record.event));
  const auto attempt = nlohmann::json::parse(record.log);
  EXPECT_EQ(attempt["attempt"], 1);
  EXPECT_EQ(attempt["status"], 204);
  EXPECT_EQ(attempt["error"], nullptr);
  EXPECT_THAT(std::string(attempt["address"]), testing::StartsWith("127.0.0.1:"));
}

TEST_F(DelivererTest, AnEndpointMadeWhileItRunsIsToldFromThenOn) {
  Sink sink;
  start();
  end_a_job();
  put(endpoint(sink.url()));
  const Ulid job = end_a_job();
  EXPECT_THAT(sink.wait_for(1)[0].body, HasSubstr(format_id("job_", job)));
}

TEST_F(DelivererTest, OneEventHasOneIdWhereverItGoes) {
  Sink first, second, own;
  put(endpoint(first.url()));
  put(endpoint(second.url()));
  start();
  owe(own.url());
  const std::string id = own.wait_for(1)[0].field("webhook-id");
  EXPECT_EQ(first.wait_for(1)[0].field("webhook-id"), id);
  EXPECT_EQ(second.wait_for(1)[0].field("webhook-id"), id);
}

TEST_F(DelivererTest, ForADayAfterARotationBothSecretsSign) {
  Sink sink;
  auto rotated = endpoint(sink.url());
  rotated.sealed_secret = other_secret;
  rotated.old_secrets = {{std::string(secret), clock.now() + 24h}};
  put(rotated);
  start();
  end_a_job();
  const auto both = sink.wait_for(1)[0];
  EXPECT_TRUE(verified(both, secret, clock.now()));
  EXPECT_TRUE(verified(both, other_secret, clock.now()));
  clock.advance(24h);
  end_a_job();
  const auto one = sink.wait_for(2)[1];
  EXPECT_FALSE(verified(one, secret, clock.now()));
  EXPECT_TRUE(verified(one, other_secret, clock.now()));
}

TEST_F(DelivererTest, WhatIsOwedGoesWhereTheEndpointPointsByThen) {
  Sink broken(refuse), sink;
  const auto before = put(endpoint(broken.url()));
  start();
  end_a_job();
  watched->wait_for(1);
  auto after = before;
  after.version = stored(before.ulid).version + 1;
  after.url = sink.url();
  put(after);
  clock.advance(6s);
  EXPECT_EQ(sink.wait_for(1)[0].field("webhook-id"), broken.requests().at(0).field("webhook-id"));
}

TEST_F(DelivererTest, A410DisablesTheEndpointAndTellsThoseWhoHearOfIt) {
  Sink gone([](const Sink::Request&, std::size_t) { return Sink::Answer{.status = 410}; }), watcher;
  const auto doomed = put(endpoint(gone.url()));
  auto listening = endpoint(watcher.url());
  listening.events = {};
  listening.hears_of_disabled = true;
  put(listening);
  start();
  end_a_job();
  const auto told_of = nlohmann::json::parse(watcher.wait_for(1)[0].body);
  EXPECT_EQ(told_of["type"], "webhook_endpoint.disabled");
  EXPECT_EQ(told_of["data"]["endpoint"]["id"], format_id("whe_", doomed.ulid));
  EXPECT_EQ(told_of["data"]["endpoint"]["disabled"]["reason"], "gone");
  EXPECT_EQ(stored(doomed.ulid).disabled, (store::Disabled{"gone", clock.now()}));
  end_a_job();
  EXPECT_EQ(told(doomed.ulid).size(), 1u) << "nothing more is owed to it";
  EXPECT_EQ((*deliverer)->figures().disabled_gone, 1u);
}

TEST_F(DelivererTest, AnEndpointThatFailsForFiveDaysIsDisabled) {
  Sink broken(refuse);
  auto failing = endpoint(broken.url());
  failing.failing_since = clock.now() - 120h;
  put(failing);
  start();
  end_a_job();
  watched->wait_for(1);
  advance_until([&] { return stored(failing.ulid).disabled.has_value(); });
  EXPECT_EQ(stored(failing.ulid).disabled->reason, "failing");
  // What it is still owed uses up no attempt.
  clock.advance(6s);
  watched->wait_for(2);
  EXPECT_EQ(broken.requests().size(), 1u);
  EXPECT_THAT(told(failing.ulid).at(0).log, HasSubstr("endpoint_disabled"));
}

TEST_F(DelivererTest, AnOpenCircuitUsesUpNoAttempts) {
  std::atomic<bool> well = false;
  Sink sink([&](const Sink::Request&, std::size_t) { return Sink::Answer{.status = well ? 204 : 500}; });
  const auto wanted = put(endpoint(sink.url()));
  auto options = plain();
  options.retry_gaps = {0s, 3600s};
  start(options);
  for (int i = 0; i < 5; ++i) {  // the fifth failure opens it
    end_a_job();
    watched->wait_for(static_cast<std::size_t>(i) + 1);
  }
  for (int i = 0; i < 20; ++i) end_a_job();
  deliverer->settle_down();
  EXPECT_EQ(sink.requests().size(), 5u);
  EXPECT_EQ((*deliverer)->figures().circuits_open, 1u);
  well = true;
  clock.advance(5s);
  sink.wait_for(25);
  watched->wait_for(Kind::delivered, 20);
  EXPECT_EQ((*deliverer)->figures().circuits_open, 0u);
  EXPECT_EQ(stored(wanted.ulid).failing_since, std::nullopt);
}

TEST_F(DelivererTest, AnEndpointIsToldNoFasterThanItsRate) {
  Sink sink;
  auto slow = endpoint(sink.url());
  slow.rate_per_second = 2;
  put(slow);
  start();
  for (int i = 0; i < 4; ++i) end_a_job();
  watched->wait_for(1);
  deliverer->settle_down();
  EXPECT_EQ(sink.requests().size(), 1u);
  for (std::size_t told = 2; told <= 4; ++told) {
    clock.advance(500ms);
    watched->wait_for(told);
    EXPECT_EQ(sink.requests().size(), told);
  }
}

TEST_F(DelivererTest, WhatADeletedEndpointWasOwedIsDropped) {
  Sink broken(refuse);
  const auto doomed = put(endpoint(broken.url()));
  start();
  end_a_job();
  watched->wait_for(1);
  waypost::test::wait_for_reply<void>([&](auto reply) { webhooks().remove(doomed.ulid, std::move(reply)); });
  clock.advance(6s);
  EXPECT_EQ(watched->wait_for(2)[1].kind, Kind::gave_up);
  EXPECT_EQ(broken.requests().size(), 1u);
  EXPECT_EQ(pending(), 0);
}

TEST_F(DelivererTest, EndpointsAreKnownAgainAfterARestart) {
  Sink sink;
  put(endpoint(sink.url()));
  end_a_job();
  restart();
  sink.wait_for(1);
  EXPECT_EQ((*deliverer)->figures().endpoints, 1u);
}

}  // namespace
}  // namespace waypost::webhook::test
