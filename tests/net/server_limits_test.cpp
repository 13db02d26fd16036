#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

#include "support/net_raw_client.hpp"
#include "support/net_test_server.hpp"

namespace waypost::test {
namespace {

using testing::StartsWith;
using namespace std::chrono_literals;

const std::string get = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

TEST(ServerLimits, TakesATargetOfTheLimitAndAnswers414PastIt) {
  ScriptedService service;
  TestServer server(service, {.max_uri_bytes = 100});
  const auto status = [&](std::size_t length) {
    return exchange(server.port(), "GET /" + std::string(length - 1, 'a') + " HTTP/1.1\r\nHost: x\r\n\r\n")
        .status;
  };
  EXPECT_EQ(status(100), 200);
  EXPECT_EQ(status(101), 414);
  EXPECT_EQ(status(5000), 414);
}

TEST(ServerLimits, AnswersALineWithoutEndBeforeItEnds) {
  ScriptedService service;
  TestServer server(service, {.max_uri_bytes = 100});
  RawClient client(server.port());
  client.send("GET /" + std::string(1000, 'a'));
  const auto response = client.receive();
  EXPECT_EQ(response.status, 414);
  EXPECT_THAT(response.body, StartsWith("uri_too_long: "));
  EXPECT_TRUE(client.closed_by_peer());
}

TEST(ServerLimits, TakesAHeadOfTheLimitAndAnswers431PastIt) {
  ScriptedService service;
  TestServer server(service, {.max_uri_bytes = 100, .max_header_bytes = 1000});
  const std::string frame = "GET / HTTP/1.1\r\nHost: x\r\nA: \r\n\r\n";
  const auto status = [&](std::size_t length) {
    const std::string value(length - frame.size(), 'a');
    return exchange(server.port(), "GET / HTTP/1.1\r\nHost: x\r\nA: " + value + "\r\n\r\n").status;
  };
  EXPECT_EQ(status(1000), 200);
  EXPECT_EQ(status(1001), 431);
  EXPECT_EQ(status(20000), 431);
}

TEST(ServerLimits, TakesABodyOfTheLimitAndAnswers413PastIt) {
  ScriptedService service;
  service.on_plan = [](const net::RequestHead&) { return net::BodyPlan{.max_bytes = 10}; };
  TestServer server(service);
  const std::string head = "POST / HTTP/1.1\r\nHost: x\r\n";
  EXPECT_EQ(exchange(server.port(), head + "Content-Length: 10\r\n\r\n0123456789").status, 200);
  EXPECT_EQ(exchange(server.port(), head + "Content-Length: 11\r\n\r\n01234567890").status, 413);
  EXPECT_EQ(exchange(server.port(), head + "Content-Length: 99999999999\r\n\r\n").status, 413);
  const std::string chunked = head + "Transfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(exchange(server.port(), chunked + "a\r\n0123456789\r\n0\r\n\r\n").status, 200);
  EXPECT_EQ(exchange(server.port(), chunked + "a\r\n0123456789\r\n1\r\n0\r\n0\r\n\r\n").status, 413);
}

TEST(ServerLimits, AnEarlyRefusalReachesAClientThatGoesOnSending) {
  ScriptedService service;
  service.on_plan = [](const net::RequestHead&) { return net::BodyPlan{.max_bytes = 10}; };
  TestServer server(service);
  RawClient client(server.port());
  client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n" + std::string(60000, 'b'));
  const auto response = client.receive();
  EXPECT_EQ(response.status, 413);
  EXPECT_EQ(response.field("connection"), "close");
}

TEST(ServerLimits, DrainsOnlySoMuchAfterARefusal) {
  ScriptedService service;
  service.on_plan = [](const net::RequestHead&) { return net::BodyPlan{.max_bytes = 10}; };
  TestServer server(service);
  RawClient client(server.port());
  client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\n");
  EXPECT_EQ(client.receive().status, 413);
  bool took_all = true;
  for (int i = 0; i < 1000 && took_all; ++i) took_all = client.send(std::string(100'000, 'b'));
  EXPECT_FALSE(took_all) << "the server read on for 100 MB";
}

TEST(ServerLimits, ServesOnAfterARefusalWhoseBodyHasArrived) {
  ScriptedService service;
  service.on_plan = [](const net::RequestHead& head) {
    net::BodyPlan plan{.max_bytes = 100};
    if (head.path == "/no") plan.refuse_at_once = net::Response{.status = 401};
    return plan;
  };
  TestServer server(service);
  RawClient client(server.port());
  client.send("POST /no HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc" + get);
  EXPECT_EQ(client.receive().status, 401);
  EXPECT_EQ(client.receive().body, "GET /");
}

TEST(ServerLimits, AnswersOneConnectionTooManyWith503) {
  ScriptedService service;
  TestServer server(service, {.max_connections = 1});
  RawClient first(server.port());
  first.send(get);
  EXPECT_EQ(first.receive().status, 200);
  RawClient second(server.port());
  const auto refused = second.receive();
  EXPECT_EQ(refused.status, 503);
  EXPECT_THAT(refused.body, StartsWith("overloaded: "));
  EXPECT_EQ(refused.field("retry-after"), "1");
  EXPECT_EQ(refused.field("connection"), "close");
  EXPECT_TRUE(second.closed_by_peer());
  first.send(get);
  EXPECT_EQ(first.receive().status, 200);
  EXPECT_GE(server.cuts(net::Cut::total), 1u);
  EXPECT_EQ(server.cuts(), server.cuts(net::Cut::total));
}

TEST(ServerLimits, AnswersOneConnectionTooManyOfAnAddressWith429AndServesOthers) {
  ScriptedService service;
  TestServer server(service, {.max_connections_per_address = 1});
  RawClient first(server.port());
  first.send(get);
  EXPECT_EQ(first.receive().status, 200);
  RawClient second(server.port());
  const auto refused = second.receive();
  EXPECT_EQ(refused.status, 429);
  EXPECT_THAT(refused.body, StartsWith("rate_limited: "));
  EXPECT_EQ(refused.field("retry-after"), "1");
  EXPECT_TRUE(second.closed_by_peer());
  RawClient other(server.port(), 0, "127.0.0.2");
  other.send(get);
  EXPECT_EQ(other.receive().status, 200);
  first.send(get);
  EXPECT_EQ(first.receive().status, 200);
  EXPECT_GE(server.cuts(net::Cut::address), 1u);
  EXPECT_EQ(server.cuts(), server.cuts(net::Cut::address));
}

TEST(ServerLimits, GivesAConnectionsPlaceBackWhenItEnds) {
  ScriptedService service;
  TestServer server(service, {.max_connections = 1});
  for (int i = 0; i < 20; ++i) {
    RawClient client(server.port());
    client.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    EXPECT_EQ(client.receive().status, 200);
    EXPECT_TRUE(client.closed_by_peer());
    // The server's side ends on its own thread; one turn of it later the place is free.
    client.shutdown_send();
    while (server.open_connections() > 0) server.run([] {});
  }
}

TEST(ServerTimeouts, AnswersAHeadThatIsTooSlowWith408) {
  ScriptedService service;
  TestServer server(service, {.header_timeout = std::chrono::milliseconds(50)});
  RawClient client(server.port());
  client.send("GET / HTTP/1.1\r\nHost");
  const auto response = client.receive();
  EXPECT_EQ(response.status, 408);
  EXPECT_THAT(response.body, StartsWith("request_timeout: "));
  EXPECT_TRUE(client.closed_by_peer());
  EXPECT_EQ(server.cuts(net::Cut::header), 1u);
  EXPECT_EQ(server.cuts(), 1u) << "and none of another reason";
}

TEST(ServerTimeouts, AnswersASlowHeadOnAKeptConnectionToo) {
  ScriptedService service;
  TestServer server(service, {.header_timeout = std::chrono::milliseconds(50)});
  RawClient client(server.port());
  client.send(get);
  EXPECT_EQ(client.receive().status, 200);
  client.send("GET /");
  EXPECT_EQ(client.receive().status, 408);
  EXPECT_EQ(server.cuts(net::Cut::header), 1u);
  EXPECT_EQ(server.cuts(), 1u) << "and none of another reason";
}

TEST(ServerTimeouts, AnswersABodyThatStopsArrivingWith408) {
  ScriptedService service;
  TestServer server(service, {.body_timeout = std::chrono::milliseconds(50)});
  RawClient client(server.port());
  client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc");
  EXPECT_EQ(client.receive().status, 408);
  EXPECT_TRUE(client.closed_by_peer());
  EXPECT_EQ(server.cuts(net::Cut::body), 1u);
  EXPECT_EQ(server.cuts(), 1u) << "and none of another reason";
}

TEST(ServerTimeouts, ClosesAnIdleConnectionInSilence) {
  ScriptedService service;
  TestServer server(service, {.idle_timeout = std::chrono::milliseconds(50)});
  RawClient client(server.port());
  client.send(get);
  EXPECT_EQ(client.receive().status, 200);
  EXPECT_TRUE(client.closed_by_peer());
  EXPECT_EQ(server.cuts(net::Cut::idle), 1u);
  EXPECT_EQ(server.cuts(), 1u) << "and none of another reason";
}

TEST(ServerTimeouts, ClosesAConnectionThatNeverSendsInSilence) {
  ScriptedService service;
  TestServer server(service, {.header_timeout = std::chrono::milliseconds(50)});
  RawClient client(server.port());
  EXPECT_TRUE(client.closed_by_peer());
  EXPECT_EQ(server.cuts(net::Cut::header), 1u);
  EXPECT_EQ(server.cuts(), 1u) << "and none of another reason";
}

TEST(ServerTimeouts, DropsAClientThatDoesNotReadItsResponse) {
  ScriptedService service;
  service.on_handle = [](const net::Request&) -> asio::awaitable<net::Response> {
    co_return text_response(std::string(32 << 20, 'x'));
  };
  TestServer server(service, {.body_timeout = std::chrono::milliseconds(50)});
  RawClient client(server.port(), 4096);
  client.send(get);
  while (service.all_finished().empty()) server.run([] {});
  EXPECT_LT(client.receive_all().size(), std::size_t{32} << 20);
  EXPECT_EQ(server.cuts(net::Cut::reader), 1u);
  EXPECT_EQ(server.cuts(), 1u) << "and none of another reason";
}

TEST(ServerPace, AnswersABodyThatTricklesWith408) {
  ScriptedService service;
  TestServer server(service, {.min_bytes_per_second = 1'000'000, .min_rate_window = 50ms});
  RawClient client(server.port());
  client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n");
  for (bool answered = false; !answered; answered = !service.all_finished().empty()) {
    client.send("a");
    server.run([] {});
  }
  const auto response = client.receive();
  EXPECT_EQ(response.status, 408);
  EXPECT_THAT(response.body, testing::HasSubstr("too slowly"));
  EXPECT_TRUE(client.closed_by_peer());
  EXPECT_EQ(server.cuts(net::Cut::body), 1u);
  EXPECT_EQ(server.cuts(), 1u) << "and none of another reason";
}

TEST(ServerPace, TakesABodyOfAnyPaceWithoutAFloor) {
  ScriptedService service;
  TestServer server(service, {.min_bytes_per_second = 0, .min_rate_window = 1ms});
  RawClient client(server.port());
  client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\n");
  for (int i = 0; i < 50; ++i) {
    server.run([] {});
    client.send("a");
  }
  EXPECT_EQ(client.receive().status, 200);
}

TEST(ServerPace, CutsAReaderThatTakesItsResponseTooSlowly) {
  ScriptedService service;
  service.on_handle = [](const net::Request&) -> asio::awaitable<net::Response> {
    co_return text_response(std::string(32 << 20, 'x'));
  };
  TestServer server(service, {.body_timeout = 20s, .min_bytes_per_second = 1 << 30, .min_rate_window = 50ms});
  RawClient client(server.port(), 4096);
  client.send(get);
  // It takes a little again and again, so that patience alone would never end.
  std::size_t taken = 0;
  while (service.all_finished().empty()) taken += client.receive_some().size();
  EXPECT_LT(taken, std::size_t{32} << 20);
  EXPECT_EQ(server.cuts(net::Cut::reader), 1u);
  EXPECT_EQ(server.cuts(), 1u) << "and none of another reason";
}

TEST(ServerPace, DoesNotHoldTheServersOwnPauseAgainstTheReader) {
  ScriptedService service;
  service.on_handle = [](const net::Request&) -> asio::awaitable<net::Response> {
    asio::steady_timer timer(co_await asio::this_coro::executor, 120ms);
    co_await timer.async_wait(asio::use_awaitable);
    co_return text_response("done");
  };
  TestServer server(service, {.min_bytes_per_second = 1 << 30, .min_rate_window = 10ms});
  RawClient client(server.port());
  client.send(get);
  EXPECT_EQ(client.receive().body, "done");
}

TEST(Server, RefusesAPortThatIsTaken) {
  ScriptedService service;
  TestServer server(service);
  asio::io_context context;
  const auto free = net::Server::check_port_free(context, "127.0.0.1", server.port());
  ASSERT_FALSE(free);
  EXPECT_EQ(free.error().message,
            "cannot listen on 127.0.0.1:" + std::to_string(server.port()) + ": Address already in use");
  EXPECT_TRUE(net::Server::check_port_free(context, "127.0.0.1", 0));
}

TEST(Server, SharesItsPortAmongIoThreads) {
  ScriptedService service;
  TestServer first(service);
  asio::io_context context;
  asio::thread_pool background(1);
  auto second = net::Server::listen(context, background, "127.0.0.1", first.port(), {}, service,
                                    std::make_shared<net::ConnectionCount>());
  ASSERT_TRUE(second);
  EXPECT_EQ((*second)->port(), first.port());
}

TEST(Server, NamesAddressPortAndReasonWhenItCannotListen) {
  ScriptedService service;
  asio::io_context context;
  asio::thread_pool background(1);
  const auto counter = std::make_shared<net::ConnectionCount>();
  const auto failed = net::Server::listen(context, background, "192.0.2.1", 80, {}, service, counter);
  ASSERT_FALSE(failed);
  EXPECT_THAT(failed.error().message, StartsWith("cannot listen on 192.0.2.1:80: "));
  const auto no_address = net::Server::listen(context, background, "localhost", 80, {}, service, counter);
  ASSERT_FALSE(no_address);
  EXPECT_THAT(no_address.error().message, testing::HasSubstr("not an IP address"));
}

TEST(ServerDrain, ClosesIdleConnectionsAndStopsListening) {
  ScriptedService service;
  TestServer server(service);
  RawClient client(server.port());
  client.send(get);
  EXPECT_EQ(client.receive().status, 200);
  server.run([&] { server.server().drain(); });
  EXPECT_TRUE(client.closed_by_peer());
  EXPECT_THROW(RawClient(server.port()), std::runtime_error);
}

TEST(ServerDrain, FinishesARequestUnderWayAndThenCloses) {
  ScriptedService service;
  std::promise<void> entered;
  asio::steady_timer* gate = nullptr;
  service.on_handle = [&](const net::Request&) -> asio::awaitable<net::Response> {
    asio::steady_timer timer(co_await asio::this_coro::executor);
    timer.expires_at(std::chrono::steady_clock::time_point::max());
    gate = &timer;
    entered.set_value();
    try {
      co_await timer.async_wait(asio::use_awaitable);
    } catch (const boost::system::system_error&) {
      // the test opened the gate
    }
    co_return text_response("done");
  };
  TestServer server(service);
  RawClient client(server.port());
  client.send(get);
  entered.get_future().wait();
  server.run([&] {
    EXPECT_EQ(server.server().in_flight(), 1u);
    server.server().drain();
    gate->cancel();
  });
  const auto response = client.receive();
  EXPECT_EQ(response.body, "done");
  EXPECT_EQ(response.field("connection"), "close");
  EXPECT_TRUE(client.closed_by_peer());
  server.run([&] { EXPECT_EQ(server.server().in_flight(), 0u); });
}

}  // namespace
}  // namespace waypost::test
