#include "webhook/deliverer_fixture.hpp"

/// Many deliveries: the bounded window, receivers beside one another, restart and stop.
namespace waypost::webhook::test {
namespace {

using testing::Each;
using testing::Field;
using testing::Ge;
using testing::IsEmpty;
using testing::Le;
using testing::SizeIs;

Sink::Answer hold(const Sink::Request&, std::size_t) {
  return {.hold = true};
}

std::set<std::string> ids(const std::vector<Sink::Request>& requests) {
  std::set<std::string> out;
  for (const auto& request : requests) out.insert(request.field("webhook-id"));
  return out;
}

TEST_F(DelivererTest, AReceiverThatNeverAnswersDelaysNoOther) {
  Sink dead(hold), live;
  auto options = plain();
  options.window = 256;     // room for all: what finds none waits for the clock, which stands still here
  options.timeout = 10min;  // of real time: the dead receiver's attempts outlast the test
  options.max_in_flight = 16;
  start(options);
  owe(dead.url(), 40);
  dead.wait_for(3);  // as many as it gets of 16
  owe(live.url(), 20);
  watched->wait_for(Kind::delivered, 20);
  EXPECT_EQ(ids(live.requests()).size(), 20u);
  EXPECT_LT(dead.requests().size(), 16u);
}

TEST_F(DelivererTest, WhatIsDueBehindADeadReceiversBacklogIsFoundAndSent) {
  Sink dead(hold), live;
  hear_nothing();
  owe(dead.url(), 60);
  owe(live.url(), 6);
  start(small_window());
  // The dead receiver's share is put off, page by page, without counting an attempt.
  advance_until([&] { return live.requests().size() >= 6; });
  EXPECT_EQ(ids(live.requests()).size(), 6u);
  for (const auto& delivery : due_in(24h)) EXPECT_EQ(delivery.attempts, 0);
  EXPECT_LE((*deliverer)->figures().pending, 8u);
}

TEST_F(DelivererTest, TheWindowIsBoundedAndTheRestComesFromTheStore) {
  Sink sink(hold);
  start(small_window());
  owe(sink.url(), 50);
  deliverer->settle_down();
  EXPECT_THAT((*deliverer)->figures().pending, Le(8u));
  sink.release();
  advance_until([&] { return sink.requests().size() >= 50; });
  watched->wait_for(Kind::delivered, 50);
  EXPECT_EQ(sink.requests().size(), 50u) << "each once";
  EXPECT_EQ(ids(sink.requests()).size(), 50u);
  EXPECT_LE(watched->largest_page(), 8u);
  EXPECT_EQ(pending(), 0);
}

TEST_F(DelivererTest, ResumesFromTheStoreAfterARestart) {
  Sink sink;
  hear_nothing();
  owe(sink.url(), 5);
  start();
  watched->wait_for(Kind::delivered, 5);
  EXPECT_EQ(ids(sink.requests()).size(), 5u);
}

TEST_F(DelivererTest, ARetryIsKeptOverARestart) {
  Sink sink([](const Sink::Request&, std::size_t number) {
    return Sink::Answer{.status = number == 0 ? 500 : 204};
  });
  start();
  owe(sink.url());
  watched->wait_for(1);
  restart();
  deliverer->settle_down();
  clock.advance(6s);
  EXPECT_EQ(watched->wait_for(1)[0].kind, Kind::delivered);
  const auto requests = sink.requests();
  ASSERT_EQ(requests.size(), 2u);
  EXPECT_EQ(ids(requests).size(), 1u);
}

TEST_F(DelivererTest, AnOfferOfWhatIsKnownOrWasSentIsDropped) {
  Sink sink;
  start();
  hear_nothing();
  owe(sink.url());
  const auto due = due_in(0ms);
  ASSERT_EQ(due.size(), 1u);
  (*deliverer)->offer(due);
  (*deliverer)->offer(due);
  watched->wait_for(1);
  deliverer->settle_down();
  (*deliverer)->offer(due);
  deliverer->settle_down();
  const auto figures = (*deliverer)->figures();
  EXPECT_EQ(figures.pending, 0u);
  EXPECT_EQ(figures.attempts.delivered, 1u);
  EXPECT_EQ(sink.requests().size(), 1u);
}

TEST_F(DelivererTest, IdleMeansNoReads) {
  Sink sink;
  start();
  owe(sink.url());
  watched->wait_for(1);
  deliverer->settle_down();
  const std::size_t reads = watched->reads();
  for (int hours = 0; hours < 100; ++hours) {
    clock.advance(1h);
    deliverer->settle_down();
  }
  EXPECT_EQ(watched->reads(), reads);
}

TEST_F(DelivererTest, StopLetsWhatIsUnderWayEndAndBeginsNothing) {
  Sink sink(hold);
  auto options = plain();
  options.max_in_flight = 4;
  options.max_in_flight_per_origin = 1;
  start(options);
  owe(sink.url(), 3);
  sink.wait_for(1);
  auto stopped = deliverer->begin_stop(30s);
  deliverer->settle_down();
  EXPECT_EQ(stopped.wait_for(0s), std::future_status::timeout);
  sink.release();
  stopped.wait();
  EXPECT_THAT(watched->wait_for(1), testing::ElementsAre(Field(&store::Settlement::kind, Kind::delivered)));
  EXPECT_EQ(sink.requests().size(), 1u);
  EXPECT_EQ(pending(), 2);
  deliverer->drop();
}

TEST_F(DelivererTest, StopBreaksOffWhatTakesTooLongAndLeavesItDue) {
  Sink sink(hold);
  start();
  owe(sink.url());
  sink.wait_for(1);
  auto stopped = deliverer->begin_stop(30s);
  deliverer->settle_down();
  clock.advance(30s);
  stopped.wait();
  EXPECT_THAT(watched->settlements(), IsEmpty());
  const auto due = due_in(0ms);
  ASSERT_THAT(due, SizeIs(1));
  EXPECT_EQ(due[0].attempts, 0);
  deliverer->drop();
}

TEST_F(DelivererTest, StopWithoutPatienceBreaksOffAtOnce) {
  Sink sink(hold);
  start();
  watched->refuse_settlements(1000);
  owe("http://");
  watched->wait_for_refusals(1);
  owe(sink.url());
  sink.wait_for(1);
  deliverer->begin_stop(0ms).wait();
  EXPECT_EQ(due_in(0ms).size(), 2u);
  deliverer->drop();
}

TEST_F(DelivererTest, AReceiverThatRefusesConnectionsIsRetriedOneAtATime) {
  std::string nobody;
  {
    const Sink gone;
    nobody = gone.url();
  }
  Sink live;
  start();
  owe(nobody, 20);
  owe(live.url(), 20);
  watched->wait_for(Kind::delivered, 20);
  const auto failed = watched->wait_for(Kind::retry, 20);
  EXPECT_THAT(failed, Each(Field(&store::Settlement::status, 0)));
  EXPECT_EQ(pending(), 20);
}

}  // namespace
}  // namespace waypost::webhook::test
