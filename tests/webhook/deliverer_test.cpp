#include "waypost/webhook/deliverer.hpp"

#include <nlohmann/json.hpp>

#include "webhook/deliverer_fixture.hpp"

/// One delivery's way: what is sent, and what becomes of it.
namespace waypost::webhook::test {
namespace {

using testing::AllOf;
using testing::Ge;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Le;
using testing::StartsWith;

std::function<Sink::Answer(const Sink::Request&, std::size_t)> always(int status,
                                                                      std::vector<net::Field> fields = {}) {
  return [=](const Sink::Request&, std::size_t) { return Sink::Answer{.status = status, .fields = fields}; };
}

TEST_F(DelivererTest, DeliversOnceSignedAndAsTheStandardSays) {
  Sink sink;
  start();
  owe(sink.url("/hook?token=1"), {.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"});
  const auto settled = watched->wait_for(1);
  EXPECT_EQ(settled[0].kind, Kind::delivered);
  EXPECT_EQ(settled[0].status, 204);
  const auto requests = sink.requests();
  ASSERT_EQ(requests.size(), 1u);
  const auto& request = requests[0];
  EXPECT_TRUE(verified(request, secret, clock.now()));
  EXPECT_EQ(request.field("webhook-id"), format_id("evt_", settled[0].delivery));
  EXPECT_EQ(request.field("content-type"), "application/json");
  EXPECT_EQ(request.field("user-agent"), "Waypost/1.2.3");
  EXPECT_EQ(request.field("traceparent"), "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
  EXPECT_EQ(nlohmann::json::parse(request.body)["type"], "job.succeeded");
  EXPECT_EQ(pending(), 0);
  deliverer->settle_down();
  const auto figures = (*deliverer)->figures();
  EXPECT_EQ(figures.attempts.delivered, 1u);
  EXPECT_EQ(figures.pending, 0u);
  EXPECT_EQ(figures.in_flight, 0u);
}

TEST_F(DelivererTest, SignsWithTheJobsOwnSecretAlsoWhenItIsSealed) {
  const SecretBox box(Key{9});
  const std::string own = make_secret(), sealed_one = make_secret();
  Sink sink;
  auto options = plain();
  options.secret_box = &box;
  start(options);
  owe(sink.url(), {.secret = own});
  owe(sink.url(), {.secret = box.seal(sealed_one)});
  watched->wait_for(Kind::delivered, 2);
  int by_own = 0, by_sealed = 0;
  for (const auto& request : sink.requests()) {
    by_own += verified(request, own, clock.now()) ? 1 : 0;
    by_sealed += verified(request, sealed_one, clock.now()) ? 1 : 0;
  }
  EXPECT_EQ(by_own, 1);
  EXPECT_EQ(by_sealed, 1);
}

TEST_F(DelivererTest, ASecretOfAnotherKeyFileSendsNothingAndIsTriedAgain) {
  const SecretBox box(Key{9}), other(Key{8});
  Sink sink;
  auto options = plain();
  options.secret_box = &box;
  start(options);
  owe(sink.url(), {.secret = other.seal(make_secret())});
  const auto settled = watched->wait_for(1);
  EXPECT_EQ(settled[0].kind, Kind::retry);
  EXPECT_THAT(settled[0].detail, AllOf(HasSubstr("secret_unreadable"), HasSubstr("key file")));
  EXPECT_THAT(sink.requests(), IsEmpty());
}

TEST_F(DelivererTest, RetriesAfterEachGapWithTheSameIdAndBytes) {
  Sink sink([](const Sink::Request&, std::size_t number) {
    return number < 2 ? Sink::Answer{.status = 500, .body = "out of order"} : Sink::Answer{};
  });
  start();
  owe(sink.url());
  auto settled = watched->wait_for(1);
  EXPECT_EQ(settled[0].kind, Kind::retry);
  EXPECT_THAT(settled[0].next_at - clock.now(), AllOf(Ge(4500ms), Le(5500ms)));
  const auto detail = nlohmann::json::parse(settled[0].detail);
  EXPECT_EQ(detail["reply"], "out of order");
  EXPECT_THAT(std::string(detail["address"]), StartsWith("127.0.0.1:"));
  deliverer->settle_down();
  clock.advance(4499ms);
  deliverer->settle_down();
  EXPECT_EQ(sink.requests().size(), 1u) << "before its gap was over";
  clock.advance(1001ms);
  settled = watched->wait_for(2);
  EXPECT_THAT(settled[1].next_at - clock.now(), AllOf(Ge(270s), Le(330s)));
  deliverer->settle_down();
  clock.advance(330s);
  settled = watched->wait_for(3);
  EXPECT_EQ(settled[2].kind, Kind::delivered);
  const auto requests = sink.requests();
  ASSERT_EQ(requests.size(), 3u);
  for (const auto& request : requests) {
    EXPECT_EQ(request.body, requests[0].body);
    EXPECT_EQ(request.field("webhook-id"), requests[0].field("webhook-id"));
  }
  EXPECT_NE(requests[1].field("webhook-timestamp"), requests[0].field("webhook-timestamp"));
  EXPECT_TRUE(verified(requests[2], secret, clock.now()));
  EXPECT_EQ((*deliverer)->figures().attempts.retried, 2u);
}

TEST_F(DelivererTest, GivesUpWhenTheGapsAreUsedUp) {
  Sink sink(always(500));
  start();
  owe(sink.url());
  for (std::size_t attempt = 1; attempt <= 2; ++attempt) {
    watched->wait_for(attempt);
    deliverer->settle_down();
    clock.advance(330s);
  }
  EXPECT_EQ(watched->wait_for(3)[2].kind, Kind::gave_up);
  EXPECT_EQ(pending(), 0);
  EXPECT_EQ((*deliverer)->figures().attempts.gave_up, 1u);
}

TEST_F(DelivererTest, AGapBeforeTheFirstAttemptIsKept) {
  Sink sink;
  auto options = plain();
  options.retry_gaps = {10s};
  start(options);
  owe(sink.url());
  EXPECT_EQ(watched->wait_for(1)[0].kind, Kind::postpone);
  deliverer->settle_down();
  EXPECT_THAT(sink.requests(), IsEmpty());
  clock.advance(10s);
  EXPECT_EQ(watched->wait_for(2)[1].kind, Kind::delivered);
}

TEST_F(DelivererTest, HonoursRetryAfter) {
  Sink sink([](const Sink::Request&, std::size_t number) {
    return number == 0 ? Sink::Answer{.status = 503, .fields = {{"Retry-After", "42"}}} : Sink::Answer{};
  });
  start();
  owe(sink.url());
  EXPECT_EQ(watched->wait_for(1)[0].next_at, clock.now() + 42s);
  deliverer->settle_down();
  clock.advance(42s);
  EXPECT_EQ(watched->wait_for(2)[1].kind, Kind::delivered);
}

TEST_F(DelivererTest, AReceiverThatIsGoneIsGivenUpAtOnce) {
  Sink sink(always(410));
  start();
  owe(sink.url());
  EXPECT_EQ(watched->wait_for(1)[0].kind, Kind::gave_up);
  EXPECT_THAT(due_in(24h), IsEmpty());
}

TEST_F(DelivererTest, RedirectsAreNotFollowed) {
  Sink elsewhere;
  Sink sink(always(307, {{"Location", elsewhere.url()}}));
  start();
  owe(sink.url());
  const auto settled = watched->wait_for(1);
  EXPECT_EQ(settled[0].kind, Kind::retry);
  EXPECT_EQ(settled[0].status, 307);
  EXPECT_THAT(elsewhere.requests(), IsEmpty());
}

TEST_F(DelivererTest, AForbiddenAddressIsRefusedForGoodAndCounted) {
  policy = require(net::EgressPolicy::make({}, {}, false));
  Sink sink;
  start();
  owe(sink.url());
  const auto settled = watched->wait_for(1);
  EXPECT_EQ(settled[0].kind, Kind::gave_up);
  EXPECT_THAT(settled[0].detail, HasSubstr("egress_forbidden"));
  EXPECT_THAT(sink.requests(), IsEmpty());
  EXPECT_EQ((*deliverer)->figures().egress_refused, 1u);
}

TEST_F(DelivererTest, AMalformedUrlIsGivenUp) {
  start();
  owe("http://");
  EXPECT_EQ(watched->wait_for(1)[0].kind, Kind::gave_up);
  EXPECT_EQ(pending(), 0);
}

TEST_F(DelivererTest, KeepsTheFirstKibibyteOfAReply) {
  Sink sink([](const Sink::Request&, std::size_t) {
    return Sink::Answer{.status = 500, .body = std::string(100'000, 'x')};
  });
  start();
  owe(sink.url());
  EXPECT_EQ(nlohmann::json::parse(watched->wait_for(1)[0].detail)["reply"], std::string(1024, 'x'));
}

TEST_F(DelivererTest, ASlowReceiverTimesOut) {
  Sink sink([](const Sink::Request&, std::size_t) { return Sink::Answer{.hold = true}; });
  auto options = plain();
  options.timeout = 50ms;
  start(options);
  owe(sink.url());
  const auto settled = watched->wait_for(1);
  EXPECT_EQ(settled[0].kind, Kind::retry);
  EXPECT_THAT(settled[0].detail, HasSubstr("timed_out"));
}

TEST_F(DelivererTest, EventsOfAJobComeInOrderEvenThroughRetries) {
  Sink sink([](const Sink::Request&, std::size_t number) {
    return Sink::Answer{.status = number == 0 ? 500 : 204};
  });
  start();
  owe(sink.url(), {.events = {job::Notice::started, job::Notice::succeeded}});
  watched->wait_for(1);
  deliverer->settle_down();
  EXPECT_EQ(sink.requests().size(), 1u) << "the later event waits for the first";
  clock.advance(6s);
  watched->wait_for(3);
  std::vector<std::string> types;
  for (const auto& request : sink.requests()) types.push_back(nlohmann::json::parse(request.body)["type"]);
  EXPECT_THAT(types, testing::ElementsAre("job.started", "job.started", "job.succeeded"));
}

TEST_F(DelivererTest, WhatABusyStoreRefusedIsWrittenDownLaterAndNotSentAgain) {
  Sink sink;
  start();
  watched->refuse_settlements(2);
  owe(sink.url());
  sink.wait_for(1);
  for (int refusals = 0; refusals < 2; ++refusals) {
    watched->wait_for_refusals(refusals + 1);
    deliverer->settle_down();
    clock.advance(1s);
  }
  EXPECT_EQ(watched->wait_for(1)[0].kind, Kind::delivered);
  EXPECT_EQ(sink.requests().size(), 1u);
}

TEST(DelivererOptionsTest, WithoutAGapOrAValidSecretThereIsNoDeliverer) {
  ManualClock clock;
  const TempDirectory directory;
  const auto store = store::open_sqlite({.file = directory / "waypost.db"}, clock);
  const auto policy = net::EgressPolicy::make({}, {}, false);
  asio::io_context context;
  net::Client client(context, *policy, {});
  EXPECT_THROW(Deliverer(context, client, **store, (*store)->webhooks(), clock,
                         {.retry_gaps = {}, .service_secret = make_secret()}),
               std::invalid_argument);
  EXPECT_THROW(Deliverer(context, client, **store, (*store)->webhooks(), clock, {.service_secret = "secret"}),
               std::invalid_argument);
}

}  // namespace
}  // namespace waypost::webhook::test
