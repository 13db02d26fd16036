#include "operation/http_call.hpp"

#include <gmock/gmock.h>

namespace waypost::operation {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

const Time kNow = *from_rfc3339("1994-11-06T08:49:00.000Z");

HttpCall call_of(std::string_view payload, std::string_view traceparent = "") {
  const auto document = json::Document::parse(payload);
  return read_call(document->root(), traceparent);
}

std::vector<std::string> shown(const std::vector<net::Field>& fields) {
  std::vector<std::string> shown;
  for (const net::Field& field : fields) shown.push_back(field.name + ": " + field.value);
  return shown;
}

Outcome outcome(const net::ClientResponse& response,
                std::string_view payload = R"({"url":"https://a.example/x?key=s"})") {
  return outcome_of(call_of(payload), response, kNow);
}

std::string result(const net::ClientResponse& response) {
  return std::get<Success>(outcome(response)).body;
}

TEST(ReadCall, SendsAJsonBodyByteForByte) {
  const HttpCall call =
      call_of(R"({"url":"https://a.example","body":{"n": 12345678901234567890, "x":1.50 }})");
  EXPECT_EQ(call.method, "POST") << "a body makes it a POST unless given";
  EXPECT_EQ(call.body, R"({"n": 12345678901234567890, "x":1.50 })");
  EXPECT_THAT(shown(call.fields), ElementsAre("Content-Type: application/json"));
}

TEST(ReadCall, SendsAStringAsTheTextItHolds) {
  const HttpCall call = call_of(R"({"url":"u","body":"a\nb \"é\""})");
  EXPECT_EQ(call.body, "a\nb \"é\"");
  EXPECT_THAT(shown(call.fields), ElementsAre("Content-Type: text/plain; charset=utf-8"));
}

TEST(ReadCall, LeavesTheContentTypeToTheHeaders) {
  const HttpCall call = call_of(
      R"({"url":"u","method":"PUT","body":"a=1","headers":{"content-type":"application/x-www-form-urlencoded"}})");
  EXPECT_EQ(call.method, "PUT");
  EXPECT_THAT(shown(call.fields), ElementsAre("content-type: application/x-www-form-urlencoded"));
}

TEST(ReadCall, GetsWithoutABodyAndTreatsNullAsNone) {
  for (const char* payload : {R"({"url":"u"})", R"({"url":"u","body":null})"}) {
    const HttpCall call = call_of(payload);
    EXPECT_EQ(call.method, "GET");
    EXPECT_EQ(call.body, "");
    EXPECT_THAT(call.fields, IsEmpty());
  }
}

TEST(ReadCall, PassesTheTraceOnUnlessThePayloadHasItsOwn) {
  EXPECT_THAT(shown(call_of(R"({"url":"u"})", "00-a-b-01").fields), ElementsAre("traceparent: 00-a-b-01"));
  EXPECT_THAT(shown(call_of(R"({"url":"u","headers":{"Traceparent":"mine"}})", "00-a-b-01").fields),
              ElementsAre("Traceparent: mine"));
}

TEST(OutcomeOf, GivesJsonAsJsonWhenTheResponseSaysSo) {
  EXPECT_EQ(result({.status = 201,
                    .fields = {{"Content-Type", "application/problem+json; x=y"}},
                    .body = " {\"a\": 1}\n"}),
            R"({"status":201,"headers":{"content-type":"application/problem+json; x=y"},"body":{"a": 1}})");
}

TEST(OutcomeOf, GivesWhatIsNoJsonAsText) {
  EXPECT_EQ(result({.status = 200, .body = "{\"a\": 1}"}),
            R"({"status":200,"headers":{},"body":"{\"a\": 1}"})");
  EXPECT_EQ(result({.status = 200, .fields = {{"Content-Type", "application/json"}}, .body = "{\"a\":"}),
            R"({"status":200,"headers":{"content-type":"application/json"},"body":"{\"a\":"})");
  EXPECT_EQ(result({.status = 204}), R"({"status":204,"headers":{},"body":null})");
}

TEST(OutcomeOf, GivesBytesInBase64) {
  EXPECT_EQ(result({.status = 200, .body = "\xFF\x00\x01"}),
            R"({"status":200,"headers":{},"body_base64":"/w=="})");
  EXPECT_EQ(result({.status = 200, .fields = {{"Content-Encoding", "gzip"}}, .body = "abc"}),
            R"({"status":200,"headers":{"content-encoding":"gzip"},"body_base64":"YWJj"})");
}

TEST(OutcomeOf, JoinsRepeatedHeadersButCookies) {
  EXPECT_EQ(result({.status = 200,
                    .fields = {{"Vary", "a"}, {"Set-Cookie", "x=1"}, {"vary", "b"}, {"set-cookie", "y=2"}}}),
            R"({"status":200,"headers":{"set-cookie":["x=1","y=2"],"vary":"a, b"},"body":null})");
}

TEST(OutcomeOf, RetriesOnlyStatusesThatMayPass) {
  for (int status = 300; status < 600; ++status) {
    const bool passes = status == 408 || status == 425 || status == 429 || status >= 500;
    const auto failure = std::get<Failure>(outcome({.status = status}));
    EXPECT_EQ(failure.code, "http_status");
    EXPECT_EQ(failure.retry, passes) << status;
  }
}

TEST(OutcomeOf, ExpectsTheStatusesItIsGivenInPlaceOf2xx) {
  constexpr std::string_view kPayload = R"({"url":"u","expect_status":[404,503]})";
  EXPECT_TRUE(std::holds_alternative<Success>(outcome({.status = 404}, kPayload)));
  EXPECT_TRUE(std::holds_alternative<Success>(outcome({.status = 503}, kPayload)));
  EXPECT_FALSE(std::get<Failure>(outcome({.status = 200}, kPayload)).retry);
}

TEST(OutcomeOf, HonoursRetryAfterWhereItRetries) {
  const auto asked = [](int status, std::string value) {
    return std::get<Failure>(outcome({.status = status, .fields = {{"retry-after", std::move(value)}}}))
        .retry_after;
  };
  EXPECT_EQ(asked(503, "120"), std::chrono::seconds(120));
  EXPECT_EQ(asked(429, "Sun, 06 Nov 1994 08:49:37 GMT"), std::chrono::seconds(37));
  EXPECT_EQ(asked(429, "soon"), std::nullopt);
  EXPECT_EQ(asked(404, "120"), std::nullopt);
}

TEST(OutcomeOf, SaysWhatWasAnsweredWithoutTheQuery) {
  const auto failure = std::get<Failure>(outcome({.status = 422, .body = "{\"error\":\n\"no image\"}"}));
  EXPECT_EQ(failure.message, "GET https://a.example/x answered 422: {\"error\": \"no image\"}");
  const auto cut = std::get<Failure>(outcome({.status = 500, .body = std::string(199, 'x') + "é"}));
  EXPECT_EQ(cut.message, "GET https://a.example/x answered 500: " + std::string(199, 'x'));
  EXPECT_EQ(std::get<Failure>(outcome({.status = 500, .body = "\xFF\xFF\xFF\xFF\xFF\xFF"})).message,
            "GET https://a.example/x answered 500");
}

TEST(FailureOf, RetriesNetworkFaultsButNeitherForbiddenAddressesNorHugeAnswers) {
  using Kind = net::ClientError::Kind;
  for (const Kind kind :
       {Kind::unresolved, Kind::connect, Kind::tls, Kind::timeout, Kind::protocol, Kind::aborted}) {
    EXPECT_TRUE(failure_of({.kind = kind}).retry) << net::to_string(kind);
  }
  EXPECT_FALSE(failure_of({.kind = Kind::egress_forbidden}).retry);
  const Failure large = failure_of({.kind = Kind::too_large, .message = "m"});
  EXPECT_FALSE(large.retry);
  EXPECT_EQ(large.code, "response_too_large");
  EXPECT_EQ(large.message, "m");
}

}  // namespace
}  // namespace waypost::operation
