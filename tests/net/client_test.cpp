#include "waypost/net/client.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/post.hpp>
#include <future>

#include "support/net_call.hpp"
#include "support/net_test_server.hpp"

namespace waypost::test {
namespace {

using namespace std::chrono_literals;
using net::ClientError;
using net::ClientRequest;
using testing::HasSubstr;
using Kind = ClientError::Kind;
using Outcome = std::expected<net::ClientResponse, ClientError>;

/// A client that may reach loopback, and the calls made with it.
struct Caller {
  explicit Caller(net::Client::Options options = {}) : client(context, guard, std::move(options)) {}
  Outcome call(ClientRequest request) {
    return run_until_done(context, client.send(std::move(request), abort));
  }
  Outcome get(std::uint16_t port, const std::string& path = "/") { return call({.url = url(port, path)}); }
  static net::Url url(std::uint16_t port, const std::string& path = "/") {
    return net::parse_url("http://127.0.0.1:" + std::to_string(port) + path).value();
  }
  asio::io_context context{1};
  net::EgressPolicy guard = net::EgressPolicy::make({"127.0.0.0/8", "localhost"}, {}, false).value();
  net::Abort abort;
  net::Client client;
};

/// Checks that a call failed as expected, and returns its message.
std::string failure(const Outcome& outcome, Kind kind) {
  if (outcome) {
    ADD_FAILURE() << "the call succeeded with " << outcome->status;
    return {};
  }
  EXPECT_EQ(to_string(outcome.error().kind), to_string(kind)) << outcome.error().message;
  return outcome.error().message;
}

Outcome answered_with(const std::string& answer, ClientRequest request = {}) {
  ScriptedPeer peer(1, [&](auto& socket, int) {
    read_head(socket);
    write_text(socket, answer);
  });
  Caller caller;
  request.url = Caller::url(peer.port());
  return caller.call(std::move(request));
}

TEST(Client, SendsARequestAndReceivesItsResponse) {
  ScriptedService service;
  service.on_handle = [](const net::Request& request) -> asio::awaitable<net::Response> {
    std::string seen = fmt::format("{} {} {}\n", request.head.method, request.head.target, request.body);
    for (const auto& [name, value] : request.head.fields) seen += fmt::format("{}: {}\n", name, value);
    auto response = text_response(seen);
    response.status = 201;
    response.fields.push_back({"X-Answer", "42"});
    co_return response;
  };
  TestServer server(service);
  Caller caller;
  const auto outcome = caller.call({.method = "POST",
                                    .url = Caller::url(server.port(), "/a?b"),
                                    .fields = {{"X-One", "1"}, {"Host", "evil"}, {"content-length", "7"}},
                                    .body = "body"});
  ASSERT_TRUE(outcome) << outcome.error().message;
  EXPECT_EQ(outcome->status, 201);
  EXPECT_EQ(*outcome->field("x-answer"), "42");
  EXPECT_EQ(outcome->field("x-none"), nullptr);
  EXPECT_EQ(outcome->address, "127.0.0.1:" + std::to_string(server.port()));
  EXPECT_EQ(outcome->body, "POST /a?b body\nHost: 127.0.0.1:" + std::to_string(server.port()) +
                               "\nX-One: 1\nUser-Agent: waypost\nContent-Length: 4\n");
}

TEST(Client, ReusesAConnectionThatWasKept) {
  ScriptedService service;
  TestServer server(service, {.max_connections = 1});
  Caller caller;
  for (int i = 0; i < 10; ++i) EXPECT_EQ(caller.get(server.port()).value().status, 200);
}

TEST(Client, ConnectsAnewOnceItsIdleConnectionsAreClosed) {
  std::atomic<int> connections = 0;
  ScriptedPeer peer(2, [&](auto& socket, int) {
    ++connections;
    read_head(socket);
    write_text(socket, "HTTP/1.1 204 No Content\r\n\r\n");
    wait_for_close(socket);
  });
  Caller caller;
  EXPECT_EQ(caller.get(peer.port()).value().status, 204);
  caller.client.close_idle();
  EXPECT_EQ(caller.get(peer.port()).value().status, 204);
  EXPECT_EQ(connections, 2);
}

TEST(Client, ClosesConnectionsThatStayIdle) {
  ScriptedService service;
  TestServer server(service);
  Caller caller({.idle_timeout = 0s});
  EXPECT_TRUE(caller.get(server.port()));
  caller.context.restart();
  caller.context.run();  // ends when the idle connection's timer has rung
  while (server.open_connections() > 0) server.run([] {});
}

TEST(Client, CarriesManyCallsAtOnce) {
  ScriptedService service;
  TestServer server(service);
  Caller caller({.max_idle_per_origin = 4});
  int done = 0;
  for (int i = 0; i < 100; ++i) {
    asio::co_spawn(
        caller.context,
        caller.client.send({.url = Caller::url(server.port(), "/" + std::to_string(i))}, caller.abort),
        [&, i](std::exception_ptr, Outcome outcome) {
          EXPECT_EQ(outcome.value().body, "GET /" + std::to_string(i));
          if (++done == 100) caller.context.stop();
        });
  }
  caller.context.run();
  EXPECT_EQ(done, 100);
}

TEST(Client, SendsAgainWhenAReusedConnectionWasClosed) {
  ScriptedPeer peer(2, [](auto& socket, int) {
    read_head(socket);
    write_text(socket, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    // Hangs up on the next request without an answer, as a server does whose keep-alive time is over.
    read_head(socket);
  });
  Caller caller;
  EXPECT_EQ(caller.get(peer.port()).value().status, 200);
  EXPECT_EQ(caller.get(peer.port()).value().status, 200);
}

TEST(Client, DoesNotSendAgainOnANewConnection) {
  std::atomic<int> connections = 0;
  ScriptedPeer peer(2, [&](auto& socket, int) {
    ++connections;
    read_head(socket);
  });
  Caller caller;
  failure(caller.get(peer.port()), Kind::protocol);
  EXPECT_EQ(connections, 1);
}

TEST(Client, ReadsEachKindOfBody) {
  EXPECT_EQ(answered_with("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc").value().body, "abc");
  EXPECT_EQ(
      answered_with("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n2\r\nbc\r\n0\r\n\r\n")
          .value()
          .body,
      "abc");
  EXPECT_EQ(answered_with("HTTP/1.1 200 OK\r\n\r\nabc").value().body, "abc");
  EXPECT_EQ(answered_with("HTTP/1.0 200 OK\r\n\r\nabc").value().body, "abc");
  EXPECT_EQ(answered_with("HTTP/1.1 204 No Content\r\n\r\n").value().body, "");
  EXPECT_EQ(answered_with("HTTP/1.1 304 Not Modified\r\nContent-Length: 3\r\n\r\n").value().body, "");
  EXPECT_EQ(answered_with("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", {.method = "HEAD"}).value().body,
            "");
  EXPECT_EQ(answered_with("HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n").value().status, 200);
}

TEST(Client, SkipsInterimResponses) {
  const auto outcome = answered_with(
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 201 "
      "Created\r\nContent-Length: "
      "1\r\n\r\nz");
  EXPECT_EQ(outcome.value().status, 201);
  EXPECT_EQ(outcome.value().field("link"), nullptr);
}

TEST(Client, DoesNotFollowRedirects) {
  EXPECT_EQ(answered_with("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/\r\nContent-Length: 0\r\n\r\n")
                .value()
                .status,
            302);
}

TEST(Client, RefusesResponsesThatAreNotHttp) {
  const std::vector<std::pair<std::string, std::string>> rows{
      {"garbage\r\n\r\n", "does not start with"},
      {"SSH-2.0-OpenSSH_9.2\r\n\r\n", "does not start with"},
      {"HTTP/2.0 200 OK\r\n\r\n", "does not start with"},
      {"HTTP/1.1 2x0 OK\r\n\r\n", "three digits"},
      {"HTTP/1.1 999 OK\r\n\r\n", "999"},
      {"HTTP/1.1 200 OK\nA: b\n\n", "LF alone"},
      {"HTTP/1.1 200 OK\r\nA b\r\n\r\n", "no colon"},
      {"HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n", "folded"},
      {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", "more than once"},
      {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\nab", "both"},
      {"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", "decimal"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", "gzip"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", "chunked"},
      {"HTTP/1.1 101 Switching Protocols\r\n\r\n", "switched"},
      {"HTTP/1.1 200 OK\r\nA: " + std::string(70'000, 'a') + "\r\n\r\n", "too long"},
      {"HTTP/1.1 200 " + std::string(9'000, 'a') + "\r\n\r\n", "too long"},
      {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab", "within the response's body"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", "within the response's body"},
      {"HTTP/1.1 200 OK\r\nContent-", "within the response's head"},
      {"", "before a response"},
  };
  for (const auto& [answer, reason] : rows) {
    EXPECT_THAT(failure(answered_with(answer), Kind::protocol), HasSubstr(reason)) << answer.substr(0, 100);
  }
}

TEST(Client, LimitsTheResponse) {
  const std::string ten = "0123456789";
  for (const std::string& answer :
       {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n" + ten,
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\na\r\n" + ten + "\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\n\r\n" + ten}) {
    EXPECT_EQ(answered_with(answer, {.max_response_bytes = 10}).value().body, ten);
    EXPECT_THAT(failure(answered_with(answer, {.max_response_bytes = 9}), Kind::too_large), HasSubstr("9"));
    EXPECT_EQ(answered_with(answer, {.max_response_bytes = 9, .truncate = true}).value().body, "012345678");
  }
}

TEST(Client, DoesNotReuseAConnectionWithMoreToCome) {
  std::atomic<int> connections = 0;
  ScriptedPeer peer(2, [&](auto& socket, int) {
    ++connections;
    read_head(socket);
    write_text(socket, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabcde");
    wait_for_close(socket);
  });
  Caller caller;
  for (int i = 0; i < 2; ++i) {
    const auto outcome =
        caller.call({.url = Caller::url(peer.port()), .max_response_bytes = 2, .truncate = true});
    EXPECT_EQ(outcome.value().body, "ab");
  }
  EXPECT_EQ(connections, 2);
}

TEST(Client, DoesNotReuseAConnectionThatSentTooMuch) {
  ScriptedPeer peer(2, [&](auto& socket, int index) {
    read_head(socket);
    write_text(socket, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n" + std::to_string(index) +
                           "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nX");
    wait_for_close(socket);
  });
  Caller caller;
  EXPECT_EQ(caller.get(peer.port()).value().body, "0");
  EXPECT_EQ(caller.get(peer.port()).value().body, "1");
}

TEST(Client, GivesUpWhenTheTimeIsOver) {
  for (const std::string answer :
       {"", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab"}) {
    ScriptedPeer peer(1, [&](auto& socket, int) {
      read_head(socket);
      write_text(socket, answer);
      wait_for_close(socket);
    });
    Caller caller;
    const auto outcome = caller.call({.url = Caller::url(peer.port()), .timeout = 50ms});
    EXPECT_EQ(failure(outcome, Kind::timeout), "no complete response within 50 ms");
    EXPECT_EQ(outcome.error().address, "127.0.0.1:" + std::to_string(peer.port()));
  }
}

TEST(Client, GivesUpOnAServerThatReadsNothing) {
  std::promise<void> given_up;
  ScriptedPeer peer(1, [&](auto&, int) { given_up.get_future().wait(); });
  Caller caller;
  const std::string body(32 << 20, 'b');
  failure(caller.call({.method = "PUT", .url = Caller::url(peer.port()), .body = body, .timeout = 50ms}),
          Kind::timeout);
  given_up.set_value();
}

TEST(Client, SendsABodyLargerThanAnySocketBuffer) {
  ScriptedService service;
  service.on_plan = [](const net::RequestHead&) { return net::BodyPlan{.max_bytes = 64 << 20}; };
  service.on_handle = [](const net::Request& request) -> asio::awaitable<net::Response> {
    co_return text_response(std::to_string(request.body.size()));
  };
  TestServer server(service);
  Caller caller;
  const std::string body(32 << 20, 'b');
  EXPECT_EQ(caller.call({.method = "PUT", .url = Caller::url(server.port()), .body = body}).value().body,
            "33554432");
}

TEST(Client, HearsARefusalThatComesBeforeItHasSentAll) {
  ScriptedService service;
  service.on_plan = [](const net::RequestHead&) { return net::BodyPlan{.max_bytes = 10}; };
  TestServer server(service);
  Caller caller;
  const std::string body(100'000, 'b');
  EXPECT_EQ(caller.call({.method = "PUT", .url = Caller::url(server.port()), .body = body}).value().status,
            413);
}

TEST(Client, SaysWhichAddressRefusedTheConnection) {
  std::uint16_t port = 0;
  {
    const ScriptedPeer gone(0, [](auto&, int) {});
    port = gone.port();
  }
  Caller caller;
  EXPECT_EQ(failure(caller.get(port), Kind::connect),
            "cannot connect to 127.0.0.1:" + std::to_string(port) + ": Connection refused");
}

TEST(Client, TriesTheNextAddressOfAName) {
  // localhost is ::1 and 127.0.0.1 on most machines; the server has the latter only.
  ScriptedService service;
  TestServer server(service);
  Caller caller;
  const auto url = net::parse_url("http://localhost:" + std::to_string(server.port()) + "/").value();
  const auto outcome = caller.call({.url = url});
  ASSERT_TRUE(outcome) << outcome.error().message;
  EXPECT_EQ(outcome->address, "127.0.0.1:" + std::to_string(server.port()));
}

TEST(Client, ConnectsOnlyWhereTheGuardAllows) {
  asio::io_context context{1};
  const auto guard = net::EgressPolicy::make({}, {}, false).value();
  net::Client client(context, guard, {});
  net::Abort abort;
  for (const std::string host : {"127.0.0.1", "localhost", "10.0.0.1", "[::ffff:127.0.0.1]"}) {
    const auto url = net::parse_url("http://" + host + ":1/").value();
    const auto outcome = run_until_done(context, client.send({.url = url}, abort));
    failure(outcome, Kind::egress_forbidden);
  }
}

TEST(Client, SaysThatANameDoesNotResolve) {
  Caller caller;
  const auto outcome = caller.call({.url = net::parse_url("http://name.invalid/").value()});
  ASSERT_FALSE(outcome);
  EXPECT_THAT(outcome.error().kind, testing::AnyOf(Kind::unresolved, Kind::timeout));
  EXPECT_THAT(outcome.error().message, testing::AnyOf(HasSubstr("name.invalid"), HasSubstr("within")));
}

TEST(Client, IsBrokenOffByItsOwner) {
  Caller caller;
  ScriptedPeer peer(1, [&](auto& socket, int) {
    read_head(socket);
    asio::post(caller.context, [&] { caller.abort.request(); });
    wait_for_close(socket);
  });
  failure(caller.get(peer.port()), Kind::aborted);
  failure(caller.get(peer.port()), Kind::aborted);  // and so is one that has not begun
}

TEST(Client, RefusesFieldsThatCouldBreakOutOfTheirLine) {
  Caller caller;
  const auto url = Caller::url(1);
  EXPECT_THAT(failure(caller.call({.url = url, .fields = {{"A", "b\r\nC: d"}}}), Kind::protocol),
              HasSubstr("'A'"));
  EXPECT_THAT(failure(caller.call({.url = url, .fields = {{"A: b", "c"}}}), Kind::protocol),
              HasSubstr("'A: b'"));
  EXPECT_THAT(failure(caller.call({.method = "GET /", .url = url}), Kind::protocol), HasSubstr("method"));
}

TEST(Abort, ActsAtOnceWhenAlreadyRequestedAndOnlyOnce) {
  net::Abort abort;
  int acted = 0;
  abort.on_request([&] { ++acted; });
  abort.request();
  abort.request();
  EXPECT_EQ(acted, 1);
  abort.on_request([&] { ++acted; });
  EXPECT_EQ(acted, 2);
  EXPECT_TRUE(abort.requested());
  net::Abort taken_back;
  taken_back.on_request([&] { ++acted; });
  taken_back.on_request({});
  taken_back.request();
  EXPECT_EQ(acted, 2);
}

}  // namespace
}  // namespace waypost::test
