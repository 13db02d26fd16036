#include <gmock/gmock.h>

#include "support/app_fixture.hpp"
#include "support/sink.hpp"

// §3.4: each operation, as a job.
namespace waypost::test {
namespace {

using testing::HasSubstr;

class Operations : public SharedApp<Operations> {
 public:
  static Json run(const std::string& type, const Json& payload) {
    return app().ended(app().submit({{"type", type}, {"payload", payload}, {"max_attempts", 1}}));
  }
  /// An `http` job answered like this.
  static Json call(Sink::Answer reply, Json payload = Json::object()) {
    Sink sink([&reply](const Sink::Request&) { return reply; });
    payload["url"] = sink.url();
    return run("http", payload);
  }
};

TEST_F(Operations, EchoReturnsItsPayload) {
  for (const Json& payload : {Json("text"), Json(5), Json{{"a", {1, 2}}}, Json(false)})
    EXPECT_EQ(run("echo", payload).at("result"), payload);
}

TEST_F(Operations, SleepTakesFractionsOfASecond) {
  EXPECT_EQ(run("sleep", {{"seconds", 0.01}}).at("result"), (Json{{"seconds", 0.01}}));
}

TEST_F(Operations, GeocodeAnswersAsTheLookupDoes) {
  const Json job = run("geocode", {{"address", "Reykjavík"}, {"language", "en"}});
  EXPECT_EQ(job.at("state"), "succeeded");
  EXPECT_EQ(job.at("result"), json_of(app().get("/maps/api/geocode/json?address=Reykjavik&language=en")));
  EXPECT_EQ(job.at("result").at("status"), "OK");
}

TEST_F(Operations, GeocodeTakesComponentsAndFindingNothingIsASuccess) {
  const Json found = run("geocode", {{"components", "locality:Toledo|country:ES"}});
  EXPECT_EQ(found.at("result").at("results").at(0).at("formatted_address"), "Toledo, Spain");
  const Json nothing = run("geocode", {{"address", "qqqqqqqq"}});
  EXPECT_EQ(nothing.at("state"), "succeeded");
  EXPECT_EQ(nothing.at("result"), (Json{{"results", Json::array()}, {"status", "ZERO_RESULTS"}}));
}

TEST_F(Operations, ReverseFindsWhereAPointLies) {
  const Json job = run("reverse", {{"lat", 48.8566}, {"lng", 2.3522}, {"result_type", "locality"}});
  EXPECT_EQ(job.at("result").at("results").at(0).at("formatted_address"), "Paris, France");
}

TEST_F(Operations, HttpSendsWhatItIsToldTo) {
  Sink sink([](const Sink::Request&) {
    return Sink::Answer{.status = 201,
                        .fields = {{"Content-Type", "application/json"}, {"X-Trace", "t"}},
                        .body = R"({"n": 123456789012345678901})"};
  });
  const std::string id = app().submit({{"type", "http"},
                                       {"payload",
                                        {{"method", "PUT"},
                                         {"url", sink.url("/a?b=c")},
                                         {"headers", {{"X-Mine", "yes"}}},
                                         {"body", {{"image", 7}}}}}});
  const Json job = app().ended(id);
  const Sink::Request request = sink.wait_for(1).front();
  EXPECT_EQ(request.method, "PUT");
  EXPECT_EQ(request.target, "/a?b=c");
  EXPECT_EQ(request.field("host"), "127.0.0.1:" + std::to_string(sink.port()));
  EXPECT_EQ(request.field("x-mine"), "yes");
  EXPECT_EQ(request.field("content-type"), "application/json");
  EXPECT_EQ(request.body, R"({"image":7})");
  EXPECT_EQ(job.at("state"), "succeeded");
  EXPECT_EQ(job.at("result").at("status"), 201);
  EXPECT_EQ(job.at("result").at("headers").at("x-trace"), "t");
  EXPECT_THAT(app().get("/v1/jobs/" + id + "/result").body,
              HasSubstr(R"("body":{"n": 123456789012345678901})"));
}

TEST_F(Operations, HttpResultsAreJsonTextOrBase64) {
  EXPECT_EQ(call({.status = 200, .fields = {{"Content-Type", "text/plain"}}, .body = "caf\xc3\xa9"})
                .at("result")
                .at("body"),
            "café");
  EXPECT_EQ(
      call({.status = 200, .fields = {{"Content-Type", "application/octet-stream"}}, .body = "\xff\xfe"})
          .at("result")
          .at("body_base64"),
      "//4=");
  EXPECT_EQ(call({.status = 200, .fields = {{"Content-Type", "application/problem+json"}}, .body = "[1]"})
                .at("result")
                .at("body"),
            Json::array({1}));
}

TEST_F(Operations, HttpFailsAtOnceOnWhatAnotherAttemptWouldNotMend) {
  for (const int status : {400, 404, 301}) {
    Sink sink([status](const Sink::Request&) { return Sink::Answer{.status = status}; });
    const Json job = app().ended(
        app().submit({{"type", "http"}, {"payload", {{"url", sink.url()}}}, {"max_attempts", 5}}));
    EXPECT_EQ(job.at("state"), "failed") << status;
    EXPECT_EQ(job.at("attempt"), 1) << status;
    EXPECT_THAT(job.at("error").at("message").get<std::string>(), HasSubstr(std::to_string(status)));
  }
}

TEST_F(Operations, HttpRetriesWhatMayPass) {
  for (const int status : {408, 425, 429, 500, 503}) {
    std::atomic<int> calls = 0;
    Sink sink([&](const Sink::Request&) { return Sink::Answer{.status = ++calls == 1 ? status : 200}; });
    const Json job = app().ended(app().submit({{"type", "http"},
                                               {"payload", {{"url", sink.url()}}},
                                               {"max_attempts", 2},
                                               {"backoff", {{"initial_seconds", 0}}}}));
    EXPECT_EQ(job.at("state"), "succeeded") << status;
    EXPECT_EQ(job.at("attempt"), 2) << status;
  }
}

TEST_F(Operations, ExpectStatusReplacesWhatSucceeds) {
  EXPECT_EQ(call({.status = 404}, {{"expect_status", {404, 410}}}).at("state"), "succeeded");
  EXPECT_EQ(call({.status = 200}, {{"expect_status", {404}}}).at("state"), "failed");
}

TEST_F(Operations, AResponseOver1MiBFailsTheAttempt) {
  EXPECT_EQ(call({.status = 200, .body = std::string(1 << 20, 'x')}).at("state"), "succeeded");
  EXPECT_EQ(call({.status = 200, .body = std::string((1 << 20) + 1, 'x')}).at("error").at("code"),
            "response_too_large");
}

TEST_F(Operations, ATargetThatRefusesConnectionsIsRetriedAndThenFails) {
  std::uint16_t port = 0;
  {
    const Sink gone;
    port = gone.port();
  }
  const Json job =
      app().ended(app().submit({{"type", "http"},
                                {"payload", {{"url", "http://127.0.0.1:" + std::to_string(port)}}},
                                {"max_attempts", 2},
                                {"backoff", {{"initial_seconds", 0}}}}));
  EXPECT_EQ(job.at("attempt"), 2);
  EXPECT_EQ(job.at("error").at("code"), "connect_failed");
}

TEST_F(Operations, TraceparentIsPassedOnToHttpTargets) {
  Sink sink;
  const std::string trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  const auto response =
      app().post("/v1/jobs", Json{{"type", "http"}, {"payload", {{"url", sink.url()}}}}.dump(),
                 {{"traceparent", trace}});
  ASSERT_EQ(response.status, 202);
  EXPECT_EQ(sink.wait_for(1).front().field("traceparent").substr(0, 35), trace.substr(0, 35));
}

}  // namespace
}  // namespace waypost::test
