#include <gmock/gmock.h>

#include "support/app_fixture.hpp"
#include "support/gzip.hpp"

// §1 of the contract: what holds for every request.
namespace waypost::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::string_view missing_job = "/v1/jobs/job_01ARZ3NDEKTSV4RRFFQ69G5FAV";

class Conventions : public SharedApp<Conventions> {
 public:
  static void configure(app::Config& config) { config.queues["held"].concurrency = 0; }
  static RawResponse submit_text(std::string_view body, Headers headers = {}) {
    return app().post("/v1/jobs", body, std::move(headers));
  }
};

std::string nested(std::size_t levels) {
  return R"({"type":"echo","payload":)" + std::string(levels - 1, '[') + std::string(levels - 1, ']') + "}";
}

TEST_F(Conventions, ABodyThatIsNoIJsonIsInvalidJsonWithItsPlace) {
  const struct {
    std::string body;
    int line, column;
  } cases[] = {
      {"", 1, 1},
      {"{\"type\": \"echo\",\n  \"queue\" }", 2, 11},
      {R"({"type":"echo","type":"echo"})", 1, 23},
      {R"({"type":"echo","typ\u0065":"echo"})", 1, 28},
      {R"({"type":"echo"} x)", 1, 17},
      {R"({"type":"\ud800"})", 1, 10},
      {"{\"type\":\"\xff\"}", 1, 10},
      {R"({"type":"echo","payload":01})", 1, 26},
      {R"({"type":"echo",})", 1, 16},
      {R"({'type':"echo"})", 1, 2},
      {R"({"type":"echo","payload":NaN})", 1, 26},
      {nested(65), 1, 89},
  };
  for (const auto& [body, line, column] : cases) {
    SCOPED_TRACE(body);
    const Json problem = expect_problem(submit_text(body), 400, "invalid_json");
    EXPECT_EQ(problem.value("line", 0), line) << problem;
    EXPECT_EQ(problem.value("column", 0), column) << problem;
  }
}

TEST_F(Conventions, JsonMayNest64LevelsDeep) {
  EXPECT_EQ(submit_text(nested(64)).status, 202);
}

TEST_F(Conventions, APayloadIsHandedOnByteForByte) {
  const std::string payload =
      R"({ "big": 123456789012345678901234567890, "real": 1.10e+2, "text": "\u00e9/\/" })";
  const auto response = submit_text(R"({"type":"echo","payload":)" + payload + "}", {{"Prefer", "wait=20"}});
  ASSERT_EQ(response.status, 200) << response.body;
  EXPECT_THAT(response.body, HasSubstr("\"payload\":" + payload));
  EXPECT_THAT(response.body, HasSubstr("\"result\":" + payload));
  EXPECT_EQ(app().get(json_of(response).at("links").at("result").get<std::string>()).body, payload);
}

TEST_F(Conventions, ANullPayloadIsAPayloadToo) {
  const auto response = submit_text(R"({"type":"echo","payload":null})", {{"Prefer", "wait=20"}});
  ASSERT_EQ(response.status, 200) << response.body;
  EXPECT_TRUE(json_of(response).at("payload").is_null()) << response.body;
}

TEST_F(Conventions, AJsonBodyNeedsItsContentType) {
  const std::string job = R"({"type":"echo"})";
  const auto post = [&](const Headers& headers) { return app().call("POST", "/v1/jobs", headers, job); };
  for (const std::string type :
       {"application/json", "application/json; charset=utf-8", "Application/JSON;charset=\"UTF-8\""})
    EXPECT_EQ(post({{"Content-Type", type}}).status, 202) << type;
  for (const std::string type : {"text/plain", "application/x-www-form-urlencoded",
                                 "application/json; charset=latin1", "application/xml"})
    expect_problem(post({{"Content-Type", type}}), 415, "unsupported_media_type");
  expect_problem(post({}), 415, "unsupported_media_type");
}

TEST_F(Conventions, EveryFaultOfABodyIsReportedWithItsPointer) {
  const Json problem = expect_problem(
      submit_text(
          R"({"type":"echo","max_attempts":0,"queue":7,"bakoff":{},"backoff":{"factor":11,"initial":1},"tags":{"a/b":5}})"),
      422, "validation_failed");
  EXPECT_THAT(faults_of(problem),
              ElementsAre("out_of_range @ /backoff/factor", "out_of_range @ /max_attempts",
                          "unknown_field @ /backoff/initial", "unknown_field @ /bakoff",
                          "wrong_type @ /queue", "wrong_type @ /tags/a~1b"));
  EXPECT_EQ(problem.at("detail"), "6 fields are not valid");
  EXPECT_THAT(problem.dump(), HasSubstr("did you mean \\\"backoff\\\"?"));
}

TEST_F(Conventions, ABodyThatIsNoObjectIsAFaultOfTheWholeBody) {
  for (const std::string body : {"[]", "7", "null", "\"echo\""}) {
    SCOPED_TRACE(body);
    EXPECT_THAT(faults_of(expect_problem(submit_text(body), 422, "validation_failed")),
                ElementsAre("wrong_type @ "));
  }
}

TEST_F(Conventions, UnknownQueryParametersAreRefusedEverywhere) {
  for (const std::string& path :
       std::vector<std::string>{"/v1/jobs", "/v1/stats", "/v1/operations", "/v1/queues",
                                "/v1/geocode?q=Paris", std::string(missing_job),
                                std::string(missing_job) + "/result", std::string(missing_job) + "/attempts",
                                std::string(missing_job) + "/report", "/v1/reverse?lat=1&lng=2"}) {
    SCOPED_TRACE(path);
    const Json problem = expect_problem(app().get(path + (path.contains('?') ? "&" : "?") + "colour=red"),
                                        400, "invalid_parameter");
    ASSERT_EQ(problem.value("errors", Json::array()).size(), 1u) << problem;
    EXPECT_EQ(problem["errors"][0].value("parameter", ""), "colour");
  }
  EXPECT_THAT(faults_of(expect_problem(app().post("/v1/jobs?colour=red", R"({"type":"echo"})"), 400,
                                       "invalid_parameter")),
              ElementsAre("unknown_parameter @ colour"));
}

TEST_F(Conventions, AQueryThatIsNotPercentEncodedUtf8IsRefused) {
  for (const std::string query : {"queue=%zz", "queue=%", "queue=%ff", "%c3=1"}) {
    SCOPED_TRACE(query);
    expect_problem(app().get("/v1/jobs?" + query), 400, "invalid_parameter");
  }
}

TEST_F(Conventions, AClientsRequestIdIsEchoedAndAnUnusableOneReplaced) {
  EXPECT_EQ(app().get("/healthz", {{"X-Request-Id", "abc-123_~!"}}).field("x-request-id"), "abc-123_~!");
  const std::string longest(128, 'x');
  EXPECT_EQ(app().get("/healthz", {{"X-Request-Id", longest}}).field("x-request-id"), longest);
  for (const std::string& bad : {longest + "x", std::string("a b"), std::string("caf\xc3\xa9")}) {
    const std::string given = app().get("/healthz", {{"X-Request-Id", bad}}).field("x-request-id");
    EXPECT_FALSE(given.empty());
    EXPECT_NE(given, bad);
  }
  const auto first = app().get("/healthz").field("x-request-id"),
             second = app().get("/healthz").field("x-request-id");
  EXPECT_FALSE(first.empty());
  EXPECT_NE(first, second);
  EXPECT_EQ(
      expect_problem(app().get("/nowhere", {{"X-Request-Id", "mine"}}), 404, "not_found").at("request_id"),
      "mine");
}

TEST_F(Conventions, HeadAnswersAsGetWithoutABody) {
  for (const std::string path : {"/healthz", "/readyz", "/v1/operations", "/v1/jobs", "/v1/geocode?q=Paris",
                                 "/maps/api/geocode/json?address=Paris"}) {
    SCOPED_TRACE(path);
    RawClient client(app().port());
    client.send(request_text("HEAD", path));
    const auto head = client.receive(true);
    EXPECT_EQ(head.status, 200);
    // Had a body followed, the next response on the connection would not be read.
    client.send(request_text("GET", path));
    const auto get = client.receive();
    EXPECT_EQ(get.status, 200);
    EXPECT_EQ(head.field("content-length"), get.field("content-length"));
    EXPECT_EQ(head.field("content-type"), get.field("content-type"));
  }
}

TEST_F(Conventions, OptionsTellsTheMethodsOfAPath) {
  const struct {
    std::string path, allow;
  } cases[] = {{"/v1/jobs", "POST, GET, HEAD, OPTIONS"},
               {std::string(missing_job), "GET, HEAD, DELETE, OPTIONS"},
               {std::string(missing_job) + "/cancel", "POST, OPTIONS"},
               {"/v1/stats", "GET, HEAD, OPTIONS"}};
  for (const auto& [path, allow] : cases) {
    const auto response = app().call("OPTIONS", path);
    EXPECT_EQ(response.status, 204) << path;
    EXPECT_EQ(response.field("allow"), allow) << path;
  }
  EXPECT_EQ(app().call("OPTIONS", "*").status, 204);
  expect_problem(app().call("OPTIONS", "/nowhere"), 404, "not_found");
}

TEST_F(Conventions, AMethodThatAPathDoesNotHaveIs405WithAllow) {
  const struct {
    std::string method, path, allow;
  } cases[] = {{"PUT", "/v1/jobs", "POST, GET, HEAD, OPTIONS"},
               {"POST", "/v1/stats", "GET, HEAD, OPTIONS"},
               {"GET", std::string(missing_job) + "/cancel", "POST, OPTIONS"},
               {"BREW", "/healthz", "GET, HEAD, OPTIONS"}};
  for (const auto& [method, path, allow] : cases) {
    SCOPED_TRACE(method + " " + path);
    const auto response = app().call(method, path);
    expect_problem(response, 405, "method_not_allowed");
    EXPECT_EQ(response.field("allow"), allow);
  }
}

TEST_F(Conventions, WhatIsNotThereIs404) {
  for (const std::string path :
       {"/", "/v1", "/v1/job", "/v1/jobs/", "/v1/jobs/x", "/v1/jobs/job_",
        "/v1/jobs/man_01ARZ3NDEKTSV4RRFFQ69G5FAV", "/healthz/", "/V1/jobs", missing_job.data()}) {
    SCOPED_TRACE(path);
    expect_problem(app().get(path), 404, "not_found");
  }
  for (const std::string action : {"cancel", "retry"})
    expect_problem(app().post(std::string(missing_job) + "/" + action), 404, "not_found");
  for (const std::string part : {"result", "attempts", "report"})
    expect_problem(app().get(std::string(missing_job) + "/" + part), 404, "not_found");
}

TEST_F(Conventions, AcceptRulesOutWhatARouteDoesNotHave) {
  for (const std::string accept :
       {"text/html", "application/json;q=0", "application/xml, text/*", "application/json;q=0, */*"})
    expect_problem(app().get("/v1/stats", {{"Accept", accept}}), 406, "not_acceptable");
  for (const std::string accept :
       {"application/json", "*/*", "application/*", "text/html, */*;q=0.1", "APPLICATION/JSON", ""})
    EXPECT_EQ(app().get("/v1/stats", {{"Accept", accept}}).status, 200) << accept;
  EXPECT_EQ(app().get("/v1/geocode?q=Paris", {{"Accept", "application/json"}}).status, 200);
  EXPECT_EQ(app().get("/v1/geocode?q=Paris", {{"Accept", "application/geo+json"}}).status, 200);
}

TEST_F(Conventions, ARequestBodyMayBeGzipped) {
  const auto response =
      app().call("POST", "/v1/jobs", {{"Content-Type", "application/json"}, {"Content-Encoding", "gzip"}},
                 gzip(R"({"type":"echo","payload":"zipped"})"));
  ASSERT_EQ(response.status, 202) << response.body;
  EXPECT_EQ(json_of(response).at("payload"), "zipped");
  expect_problem(
      app().call("POST", "/v1/jobs", {{"Content-Type", "application/json"}, {"Content-Encoding", "gzip"}},
                 R"({"type":"echo"})"),
      400, "malformed_request");
  expect_problem(
      app().call("POST", "/v1/jobs", {{"Content-Type", "application/json"}, {"Content-Encoding", "br"}},
                 R"({"type":"echo"})"),
      415, "unsupported_media_type");
}

TEST_F(Conventions, AResponseOver1KiBIsGzippedWhenThatIsAccepted) {
  const auto plain = app().get("/v1/operations");
  EXPECT_FALSE(plain.has("content-encoding"));
  ASSERT_GT(plain.body.size(), 1024u);
  const auto zipped = app().get("/v1/operations", {{"Accept-Encoding", "br, gzip"}});
  EXPECT_EQ(zipped.field("content-encoding"), "gzip");
  EXPECT_THAT(zipped.field("vary"), HasSubstr("Accept-Encoding"));
  EXPECT_EQ(gunzip(zipped.body), plain.body);
  EXPECT_FALSE(app().get("/v1/operations", {{"Accept-Encoding", "gzip;q=0"}}).has("content-encoding"));
  EXPECT_FALSE(app().get("/healthz", {{"Accept-Encoding", "gzip"}}).has("content-encoding"));
}

TEST_F(Conventions, IdsAreSortableAndTimesAreUtcWithMilliseconds) {
  const std::string first = app().submit({{"type", "echo"}}), second = app().submit({{"type", "echo"}});
  EXPECT_TRUE(first.starts_with("job_"));
  EXPECT_EQ(first.size(), 30u);
  EXPECT_LT(first, second);
  EXPECT_THAT(app().job(first).at("created_at").get<std::string>(),
              testing::MatchesRegex(
                  "20[0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9]\\.[0-9][0-9][0-9]Z"));
}

TEST_F(Conventions, ConnectionsAreKeptAndRequestsMayBePipelined) {
  RawClient client(app().port());
  client.send(request_text("GET", "/healthz", {{"X-Request-Id", "one"}}) +
              request_text("GET", "/v1/stats", {{"X-Request-Id", "two"}}) +
              request_text("GET", "/nowhere", {{"X-Request-Id", "three"}}));
  for (const std::string id : {"one", "two", "three"}) EXPECT_EQ(client.receive().field("x-request-id"), id);
}

}  // namespace
}  // namespace waypost::test
