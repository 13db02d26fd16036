#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/net_raw_client.hpp"
#include "support/net_test_server.hpp"

namespace waypost::test {
namespace {

using namespace std::string_literals;
using testing::HasSubstr;
using testing::StartsWith;

struct Fixture : testing::Test {
  ScriptedService service;
  TestServer server{service};
};
using ServerFraming = Fixture;

TEST_F(ServerFraming, AnswersAGetWithLengthDateAndRequestId) {
  const auto response = exchange(server.port(), "GET /a/b?c=d HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(response.head, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_EQ(response.body, "GET /a/b?c=d");
  EXPECT_EQ(response.field("content-type"), "text/plain");
  EXPECT_THAT(response.field("date"),
              testing::MatchesRegex("[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} .{8} GMT"));
  EXPECT_EQ(response.field("x-request-id").size(), 32u);
  EXPECT_FALSE(response.has("connection"));
}

TEST_F(ServerFraming, MakesEachRequestAnIdOfItsOwn) {
  RawClient client(server.port());
  client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  const auto first = client.receive().field("x-request-id");
  client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_NE(client.receive().field("x-request-id"), first);
}

TEST_F(ServerFraming, EchoesAUsableRequestIdAndReplacesAnyOther) {
  const auto id_for = [&](const std::string& id) {
    return exchange(server.port(), "GET / HTTP/1.1\r\nHost: x\r\nX-Request-Id: " + id + "\r\n\r\n")
        .field("x-request-id");
  };
  EXPECT_EQ(id_for("client-17"), "client-17");
  EXPECT_EQ(id_for(std::string(128, 'r')), std::string(128, 'r'));
  EXPECT_EQ(id_for(std::string(129, 'r')).size(), 32u);
  EXPECT_EQ(id_for("two words").size(), 32u);
  EXPECT_EQ(id_for("\xc3\xa9").size(), 32u);
}

TEST_F(ServerFraming, TakesTheTargetInEachOfItsForms) {
  const auto body_for = [&](const std::string& line) {
    return exchange(server.port(), line + " HTTP/1.1\r\nHost: x\r\n\r\n").body;
  };
  EXPECT_EQ(body_for("GET http://example.com/a?b"), "GET /a?b");
  EXPECT_EQ(body_for("GET HTTPS://example.com:8443?b"), "GET /?b");
  EXPECT_EQ(body_for("GET http://[::1]:80"), "GET /");
  EXPECT_EQ(body_for("OPTIONS *"), "OPTIONS *");
  EXPECT_EQ(body_for("GET /a|b?c=d|e"), "GET /a|b?c=d|e");
  EXPECT_EQ(body_for("GET /caf\xc3\xa9"), "GET /caf\xc3\xa9");
  EXPECT_EQ(body_for("BREW /pot"), "BREW /pot");
}

TEST_F(ServerFraming, SkipsEmptyLinesBeforeARequest) {
  EXPECT_EQ(exchange(server.port(), "\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n").body, "GET /");
}

TEST_F(ServerFraming, ReadsAHeadThatArrivesByteByByte) {
  RawClient client(server.port());
  for (const char c : std::string("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi"))
    client.send({&c, 1});
  EXPECT_EQ(client.receive().body, "POST /a hi");
}

TEST_F(ServerFraming, ReadsChunkedBodiesHoweverTheyAreCut) {
  const std::string head = "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(
      exchange(server.port(), head + "3\r\nabc\r\nA;ext=\"1\"\r\n0123456789\r\n0\r\nTrailer: t\r\n\r\n").body,
      "POST /a abc0123456789");
  EXPECT_EQ(exchange(server.port(), head + "0\r\n\r\n").body, "POST /a");
  RawClient client(server.port());
  for (const char c : head + "3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n") client.send({&c, 1});
  EXPECT_EQ(client.receive().body, "POST /a abcd");
}

TEST_F(ServerFraming, RefusesBrokenChunks) {
  const std::string head = "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const std::string body :
       {"x\r\n", "3\r\nabcd\r\n", "3 x\nabc", "-1\r\n", "\r\n", "3\nabc\r\n0\r\n\r\n", "1000000000000000\r\n",
        "0\r\nA: b\n\r\n", "3;\x01\r\nabc\r\n0\r\n\r\n"}) {
    EXPECT_EQ(exchange(server.port(), head + body).status, 400) << body;
  }
}

TEST_F(ServerFraming, SendsNoBodyForHeadButTheLengthOfTheGet) {
  RawClient client(server.port());
  client.send("HEAD /abc HTTP/1.1\r\nHost: x\r\n\r\n");
  const auto head = client.receive(true);
  EXPECT_EQ(head.field("content-length"), "9");  // "HEAD /abc"
  client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(client.receive().body, "GET /");
}

TEST_F(ServerFraming, SendsNeitherBodyNorLengthWith204And304) {
  for (const int status : {204, 304}) {
    service.on_handle = [status](const net::Request&) -> asio::awaitable<net::Response> {
      auto response = text_response("must not be seen");
      response.status = status;
      co_return response;
    };
    RawClient client(server.port());
    client.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    const auto response = client.receive();
    EXPECT_EQ(response.status, status);
    EXPECT_FALSE(response.has("content-length"));
    EXPECT_FALSE(response.has("content-type"));
    EXPECT_TRUE(client.closed_by_peer());
  }
}

TEST_F(ServerFraming, ClosesAfterTheResponseWhenAskedTo) {
  RawClient client(server.port());
  client.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: foo, Close\r\n\r\n");
  EXPECT_EQ(client.receive().field("connection"), "close");
  EXPECT_TRUE(client.closed_by_peer());
}

TEST_F(ServerFraming, KeepsAnHttp10ConnectionOnlyWhenAskedTo) {
  RawClient once(server.port());
  once.send("GET / HTTP/1.0\r\n\r\n");
  EXPECT_EQ(once.receive().field("connection"), "close");
  EXPECT_TRUE(once.closed_by_peer());
  RawClient kept(server.port());
  kept.send("GET /1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_EQ(kept.receive().field("connection"), "keep-alive");
  kept.send("GET /2 HTTP/1.0\r\n\r\n");
  EXPECT_EQ(kept.receive().body, "GET /2");
}

TEST_F(ServerFraming, AnswersAClientThatHasClosedItsSendingSide) {
  RawClient client(server.port());
  client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  client.shutdown_send();
  EXPECT_EQ(client.receive().body, "GET /");
  EXPECT_TRUE(client.closed_by_peer());
}

TEST_F(ServerFraming, AnswersAnExceptionWith500AndServesOn) {
  service.on_handle = [](const net::Request& request) -> asio::awaitable<net::Response> {
    if (request.head.path == "/throw") throw std::runtime_error("secret detail");
    co_return text_response("fine");
  };
  RawClient client(server.port());
  client.send("GET /throw HTTP/1.1\r\nHost: x\r\n\r\n");
  const auto response = client.receive();
  EXPECT_EQ(response.status, 500);
  EXPECT_THAT(response.body, testing::Not(HasSubstr("secret")));
  client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(client.receive().body, "fine");
}

TEST_F(ServerFraming, LetsNoFieldValueEndTheHead) {
  service.on_handle = [](const net::Request&) -> asio::awaitable<net::Response> {
    auto response = text_response("x");
    response.fields.push_back({"Location", "/a\r\nSet-Cookie: b\n"});
    co_return response;
  };
  const auto response = exchange(server.port(), "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(response.field("location"), "/a  Set-Cookie: b ");
  EXPECT_FALSE(response.has("set-cookie"));
}

TEST_F(ServerFraming, PassesOnAValidTraceparentOnly) {
  service.on_handle = [](const net::Request& request) -> asio::awaitable<net::Response> {
    co_return text_response(std::string(request.head.traceparent));
  };
  const auto seen = [&](const std::string& value) {
    return exchange(server.port(), "GET / HTTP/1.1\r\nHost: x\r\ntraceparent: " + value + "\r\n\r\n").body;
  };
  const std::string good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  EXPECT_EQ(seen(good), good);
  EXPECT_EQ(seen("01" + good.substr(2) + "-more"), "01" + good.substr(2) + "-more");
  EXPECT_EQ(seen(good + "-more"), "");
  EXPECT_EQ(seen("ff" + good.substr(2)), "");
  EXPECT_EQ(seen("00-00000000000000000000000000000000-00f067aa0ba902b7-01"), "");
  EXPECT_EQ(seen("00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01"), "");
  EXPECT_EQ(seen("00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01"), "");
  EXPECT_EQ(seen(good.substr(0, 54)), "");
}

TEST_F(ServerFraming, TellsTheServiceOfEachResponse) {
  RawClient client(server.port());
  client.send("GET /seen HTTP/1.1\r\nHost: x\r\n\r\n");
  const auto response = client.receive();
  client.send("BAD\r\n\r\n");
  client.receive();
  EXPECT_TRUE(client.closed_by_peer());
  const auto finished = service.all_finished();
  ASSERT_EQ(finished.size(), 2u);
  EXPECT_EQ(finished[0].path, "/seen");
  EXPECT_EQ(finished[0].status, 200);
  EXPECT_EQ(finished[0].bytes, response.head.size() + response.body.size());
  EXPECT_EQ(finished[1].status, 400);
}

}  // namespace
}  // namespace waypost::test
