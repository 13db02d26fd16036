#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/content_coding.hpp"
#include "support/net_raw_client.hpp"
#include "support/net_test_server.hpp"

namespace waypost::test {
namespace {

using testing::StartsWith;

const std::string get = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

std::string post(std::string_view body, const std::string& fields = "") {
  return "POST /p HTTP/1.1\r\nHost: x\r\n" + fields + "Content-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + std::string(body);
}

struct Fixture : testing::Test {
  ScriptedService service;
  TestServer server{service};
};
using ServerPipelining = Fixture;
using ServerExpect = Fixture;
using ServerGzip = Fixture;

TEST_F(ServerPipelining, AnswersInOrder) {
  RawClient client(server.port());
  std::string requests;
  for (int i = 0; i < 200; ++i) requests += "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: x\r\n\r\n";
  client.send(requests);
  for (int i = 0; i < 200; ++i) EXPECT_EQ(client.receive().body, "GET /" + std::to_string(i));
}

TEST_F(ServerPipelining, FindsTheNextRequestBehindEachKindOfBody) {
  RawClient client(server.port());
  client.send(post("one") +
              "POST /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\ntwo\r\n0\r\n\r\n" +
              post("") + get);
  EXPECT_EQ(client.receive().body, "POST /p one");
  EXPECT_EQ(client.receive().body, "POST /c two");
  EXPECT_EQ(client.receive().body, "POST /p");
  EXPECT_EQ(client.receive().body, "GET /");
}

TEST_F(ServerPipelining, AnswersWhatStandsBeforeAMalformedRequest) {
  RawClient client(server.port());
  client.send(get + "NONSENSE\r\n\r\n" + get);
  EXPECT_EQ(client.receive().status, 200);
  EXPECT_EQ(client.receive().status, 400);
  EXPECT_TRUE(client.closed_by_peer());
}

TEST_F(ServerExpect, SaysContinueBeforeTheBodyIsSent) {
  RawClient client(server.port());
  client.send("POST /p HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_EQ(client.receive().head, "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("hi");
  EXPECT_EQ(client.receive().body, "POST /p hi");
  client.send(get);
  EXPECT_EQ(client.receive().body, "GET /");
}

TEST_F(ServerExpect, SaysNothingWhenTheBodyIsThereAlready) {
  EXPECT_EQ(exchange(server.port(), post("hi", "Expect: 100-continue\r\n")).status, 200);
}

TEST_F(ServerExpect, AnswersAtOnceAndClosesWhenItWillNotTakeTheBody) {
  service.on_plan = [](const net::RequestHead&) { return net::BodyPlan{.max_bytes = 1}; };
  RawClient client(server.port());
  client.send("POST /p HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  const auto response = client.receive();
  EXPECT_EQ(response.status, 413);
  EXPECT_EQ(response.field("connection"), "close");
}

TEST_F(ServerGzip, InflatesABody) {
  EXPECT_EQ(exchange(server.port(), post(net::gzip("hello"), "Content-Encoding: gzip\r\n")).body,
            "POST /p hello");
}

TEST_F(ServerGzip, InflatesALargeBodyOffTheIoThread) {
  std::string noise;
  std::uint32_t state = 1;
  for (int i = 0; i < 300'000; ++i)
    noise += static_cast<char>('a' + (state = state * 1664525 + 1013904223) % 26);
  const auto zipped = net::gzip(noise);
  ASSERT_GT(zipped.size(), net::max_inline_bytes);
  EXPECT_EQ(exchange(server.port(), post(zipped, "Content-Encoding: gzip\r\n")).body, "POST /p " + noise);
}

TEST_F(ServerGzip, LimitsTheInflatedBytes) {
  service.on_plan = [](const net::RequestHead&) { return net::BodyPlan{.max_bytes = 1'000'000}; };
  const auto status = [&](std::size_t size) {
    return exchange(server.port(), post(net::gzip(std::string(size, 'a')), "Content-Encoding: gzip\r\n"))
        .status;
  };
  EXPECT_EQ(status(1'000'000), 200);
  EXPECT_EQ(status(1'000'001), 413);
  EXPECT_EQ(status(500'000'000), 413);
}

TEST_F(ServerGzip, RefusesWhatIsNotGzip) {
  const auto zipped = net::gzip("hello, hello, hello");
  for (const auto& body :
       {std::string("plain"), zipped.substr(0, zipped.size() - 1), zipped + "x", std::string()}) {
    const auto response = exchange(server.port(), post(body, "Content-Encoding: gzip\r\n"));
    EXPECT_EQ(response.status, 400) << body.size();
    EXPECT_THAT(response.body, StartsWith("malformed_request: "));
  }
}

TEST_F(ServerGzip, RefusesOtherCodingsAndSaysWhichItTakes) {
  for (const std::string coding : {"br", "gzip, gzip", "deflate", "gzip, br"}) {
    const auto response = exchange(server.port(), post("x", "Content-Encoding: " + coding + "\r\n"));
    EXPECT_EQ(response.status, 415) << coding;
    EXPECT_EQ(response.field("accept-encoding"), "gzip");
  }
  EXPECT_EQ(exchange(server.port(), post("x", "Content-Encoding: identity\r\n")).status, 200);
}

struct GzipResponses : Fixture {
  GzipResponses() {
    service.on_handle = [this](const net::Request&) -> asio::awaitable<net::Response> {
      auto response = text_response(text);
      change(response);
      co_return response;
    };
  }
  RawResponse ask(const std::string& accept, const std::string& method = "GET") {
    RawClient client(server.port());
    client.send(method + " / HTTP/1.1\r\nHost: x\r\nAccept-Encoding: " + accept + "\r\n\r\n");
    return client.receive(method == "HEAD");
  }
  std::string inflated(const RawResponse& response) {
    std::string out;
    EXPECT_TRUE(net::gunzip(response.body, 1 << 24, out));
    return out;
  }
  std::string text = std::string(2000, 'a');
  std::function<void(net::Response&)> change = [](net::Response&) {};
};

TEST_F(GzipResponses, AreSentToClientsThatAcceptThem) {
  const auto response = ask("br, gzip");
  EXPECT_EQ(response.field("content-encoding"), "gzip");
  EXPECT_EQ(response.field("vary"), "Accept-Encoding");
  EXPECT_LT(response.body.size(), 200u);
  EXPECT_EQ(inflated(response), text);
}

TEST_F(GzipResponses, AreMadeOffTheIoThreadWhenLarge) {
  text = std::string(1'000'000, 'b');
  EXPECT_EQ(inflated(ask("gzip")), text);
}

TEST_F(GzipResponses, VaryEvenWhenSentPlain) {
  const auto response = ask("identity");
  EXPECT_EQ(response.body, text);
  EXPECT_EQ(response.field("vary"), "Accept-Encoding");
}

TEST_F(GzipResponses, HaveTheSameHeadForHead) {
  const auto get_response = ask("gzip");
  const auto head = ask("gzip", "HEAD");
  EXPECT_EQ(head.field("content-length"), std::to_string(get_response.body.size()));
  EXPECT_EQ(head.field("content-encoding"), "gzip");
}

TEST_F(GzipResponses, CarryAWeakEtag) {
  change = [](net::Response& response) { response.fields.push_back({"ETag", "\"7\""}); };
  EXPECT_EQ(ask("gzip").field("etag"), "W/\"7\"");
  EXPECT_EQ(ask("identity").field("etag"), "\"7\"");
}

TEST_F(GzipResponses, AreNotMadeOfWhatIsSmallUnfitOrForbidden) {
  const std::vector<std::function<void(net::Response&)>> changes{
      [](net::Response& response) { response.body.resize(1024); },
      [](net::Response& response) { response.content_type = "image/png"; },
      [](net::Response& response) { response.compress = false; },
      [](net::Response& response) { response.status = 206; },
      [](net::Response& response) { response.fields.push_back({"Content-Encoding", "br"}); },
  };
  for (std::size_t i = 0; i < changes.size(); ++i) {
    change = changes[i];
    const auto response = ask("gzip");
    EXPECT_NE(response.field("content-encoding"), "gzip") << i;
    EXPECT_FALSE(response.has("vary")) << i;
    EXPECT_EQ(response.body, text.substr(0, i == 0 ? 1024 : 2000)) << i;
  }
}

TEST_F(GzipResponses, CanBeStreamed) {
  change = [](net::Response& response) {
    response.body.clear();
    response.stream =
        std::make_unique<PieceSource>(std::vector<std::string>{"first ", std::string(200'000, 'c'), " last"});
  };
  const auto response = ask("gzip");
  EXPECT_TRUE(response.chunked);
  EXPECT_EQ(response.field("content-encoding"), "gzip");
  EXPECT_EQ(inflated(response), "first " + std::string(200'000, 'c') + " last");
}

struct StreamedRequests : Fixture {
  StreamedRequests() {
    service.on_plan = [](const net::RequestHead& head) {
      return net::BodyPlan{.max_bytes = 10'000'000, .stream = head.method == "POST"};
    };
    service.on_handle = [this](const net::Request& request) -> asio::awaitable<net::Response> {
      if (request.stream == nullptr) co_return text_response("no stream");
      if (request.head.path == "/ignore") co_return text_response("ignored");
      std::size_t total = 0;
      while (true) {
        const auto piece = co_await request.stream->read();
        if (!piece) {
          auto response = text_response(std::string(describe(piece.error().code).name));
          response.status = describe(piece.error().code).status;
          co_return response;
        }
        if (piece->empty()) break;
        total += piece->size();
        largest = std::max(largest, piece->size());
      }
      co_return text_response(std::to_string(total));
    };
  }
  std::size_t largest = 0;
};

TEST_F(StreamedRequests, AreHandedOverPieceByPiece) {
  RawClient client(server.port());
  client.send(post(std::string(5'000'000, 'x')) + get);
  EXPECT_EQ(client.receive().body, "5000000");
  EXPECT_EQ(client.receive().body, "no stream");
  EXPECT_LE(largest, 128u * 1024u);
}

TEST_F(StreamedRequests, MayBeChunked) {
  RawClient client(server.port());
  std::string body;
  for (int i = 0; i < 1000; ++i) body += "400\r\n" + std::string(1024, 'y') + "\r\n";
  client.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + body + "0\r\n\r\n" + get);
  EXPECT_EQ(client.receive().body, "1024000");
  EXPECT_EQ(client.receive().body, "no stream");
}

TEST_F(StreamedRequests, KeepTheirEncoding) {
  const auto zipped = net::gzip(std::string(10'000, 'z'));
  EXPECT_EQ(exchange(server.port(), post(zipped, "Content-Encoding: gzip\r\n")).body,
            std::to_string(zipped.size()));
}

TEST_F(StreamedRequests, AreRefusedByTheirLengthBeforeContinue) {
  RawClient client(server.port());
  client.send("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 10000001\r\n\r\n");
  EXPECT_EQ(client.receive().status, 413);
}

TEST_F(StreamedRequests, FailWhenTheyGrowTooLong) {
  RawClient client(server.port());
  client.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
  std::string chunk = "186a0\r\n" + std::string(100'000, 'y') + "\r\n";
  for (int i = 0; i < 101; ++i) client.send(chunk);
  const auto response = client.receive();
  EXPECT_EQ(response.status, 413);
  EXPECT_EQ(response.body, "payload_too_large");
  EXPECT_EQ(response.field("connection"), "close");
}

TEST_F(StreamedRequests, SayContinueOnlyWhenTheyAreRead) {
  RawClient reading(server.port());
  reading.send("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_EQ(reading.receive().status, 100);
  reading.send("ab");
  EXPECT_EQ(reading.receive().body, "2");
  RawClient ignored(server.port());
  ignored.send("POST /ignore HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_EQ(ignored.receive().body, "ignored");
  EXPECT_TRUE(ignored.closed_by_peer());
}

TEST_F(StreamedRequests, LeaveTheConnectionUsableWhenWhatWasNotReadHasArrived) {
  RawClient client(server.port());
  client.send("POST /ignore HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc" + get);
  EXPECT_EQ(client.receive().body, "ignored");
  EXPECT_EQ(client.receive().body, "no stream");
}

TEST_F(StreamedRequests, CloseTheConnectionWhenWhatWasNotReadIsStillToCome) {
  RawClient client(server.port());
  client.send("POST /ignore HTTP/1.1\r\nHost: x\r\nContent-Length: 3000000\r\n\r\nabc");
  const auto response = client.receive();
  EXPECT_EQ(response.body, "ignored");
  EXPECT_EQ(response.field("connection"), "close");
}

struct StreamedResponses : Fixture {
  StreamedResponses() {
    service.on_handle = [this](const net::Request&) -> asio::awaitable<net::Response> {
      net::Response response;
      response.content_type = "application/octet-stream";
      response.stream = std::make_unique<PieceSource>(pieces, fails);
      response.stream_length = length;
      co_return response;
    };
  }
  std::vector<std::string> pieces{"ab", std::string(100'000, 'c'), "d"};
  std::string whole = "ab" + std::string(100'000, 'c') + "d";
  std::optional<std::uint64_t> length;
  bool fails = false;
};

TEST_F(StreamedResponses, AreChunkedWithoutALength) {
  RawClient client(server.port());
  client.send(get + get);
  for (int i = 0; i < 2; ++i) {
    const auto response = client.receive();
    EXPECT_TRUE(response.chunked);
    EXPECT_FALSE(response.has("content-length"));
    EXPECT_EQ(response.body, whole);
  }
}

TEST_F(StreamedResponses, CarryTheirLengthWhenItIsKnown) {
  length = whole.size();
  const auto response = exchange(server.port(), get);
  EXPECT_FALSE(response.chunked);
  EXPECT_EQ(response.body, whole);
}

TEST_F(StreamedResponses, EndWithTheConnectionForHttp10) {
  RawClient client(server.port());
  client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  const auto response = client.receive();
  EXPECT_FALSE(response.chunked);
  EXPECT_EQ(response.field("connection"), "close");
  EXPECT_EQ(response.body, whole);
}

TEST_F(StreamedResponses, AreCutWhenTheirSourceFails) {
  fails = true;
  EXPECT_FALSE(exchange(server.port(), get).complete);
}

TEST_F(StreamedResponses, AreCutWhenTheyAreNotAsLongAsAnnounced) {
  length = whole.size() + 1;
  EXPECT_FALSE(exchange(server.port(), get).complete);
  length = whole.size() - 1;
  RawClient client(server.port());
  client.send(get + get);
  EXPECT_EQ(client.receive().body, whole.substr(0, whole.size() - 1));
  EXPECT_TRUE(client.closed_by_peer());
}

TEST_F(StreamedResponses, AreNotProducedForHead) {
  RawClient client(server.port());
  client.send("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(client.receive(true).field("transfer-encoding"), "chunked");
  client.send(get);
  EXPECT_EQ(client.receive().body, whole);
}

}  // namespace
}  // namespace waypost::test
