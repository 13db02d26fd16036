#include <gmock/gmock.h>

#include "support/app_fixture.hpp"
#include "support/sink.hpp"

// §8: the end.
namespace waypost::test {
namespace {

class Drain : public testing::Test {
 protected:
  static void configure(app::Config& config) { config.queues["held"].concurrency = 0; }
  /// A connection whose request's head the service has read, for it has asked for the body.
  std::unique_ptr<RawClient> begin(std::string_view method, std::string_view target,
                                   std::size_t length) const {
    auto client = std::make_unique<RawClient>(app_.port());
    client->send(std::string(method) + " " + std::string(target) +
                 " HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: " +
                 std::to_string(length) + "\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_EQ(client->receive().status, 100);
    return client;
  }
  RunningApp app_{configure};
};

TEST_F(Drain, AnswersWaitingRequestsAndRefusesNewJobs) {
  const std::string job = R"({"type":"echo","queue":"held"})";
  const std::string id = app_.submit(Json::parse(job));
  const std::string etag = app_.get("/v1/jobs/" + id).field("etag");
  const auto submission = begin("POST", "/v1/jobs", job.size());
  const auto readiness = begin("GET", "/readyz", 2);
  RawClient poll(app_.port()), waiting(app_.port());
  waiting.send(
      request_text("POST", "/v1/jobs", {{"Content-Type", "application/json"}, {"Prefer", "wait=60"}}, job));
  poll.send(request_text("GET", "/v1/jobs/" + id + "?wait=60", {{"If-None-Match", etag}}));
  // The waiting submission is under way once its job is there.
  while (json_of(app_.get("/v1/stats")).at("jobs").at("by_state").at("queued") < 2) {
  }
  app_.stop();

  const auto waited = waiting.receive();
  EXPECT_EQ(waited.status, 202);
  EXPECT_EQ(json_of(waited).at("state"), "queued");
  const auto polled = poll.receive();
  EXPECT_EQ(polled.status, 304);

  submission->send(job);
  const auto refused = submission->receive();
  expect_problem(refused, 503, "draining");
  EXPECT_TRUE(refused.has("retry-after"));
  EXPECT_EQ(refused.field("connection"), "close");
  readiness->send("{}");
  const auto not_ready = readiness->receive();
  EXPECT_EQ(not_ready.status, 503);
  EXPECT_NE(json_of(not_ready).at("checks").at("draining"), "ok");

  EXPECT_EQ(app_.join(), 0);
  EXPECT_THROW(RawClient{app_.port()}, std::runtime_error);
}

TEST_F(Drain, LetsARunningJobEndAndTellsOfItAfterTheRestart) {
  Sink sink([](const Sink::Request& request) { return Sink::Answer{.hold = request.target == "/job"}; });
  const std::string id = app_.submit({{"type", "http"},
                                      {"payload", {{"url", sink.url("/job")}}},
                                      {"webhook", {{"url", sink.url("/hook")}}}});
  sink.wait_for(1);
  RawClient idle(app_.port());
  idle.send(request_text("GET", "/healthz"));
  ASSERT_EQ(idle.receive().status, 200);
  app_.stop();
  EXPECT_TRUE(idle.closed_by_peer());
  sink.release();
  EXPECT_EQ(app_.join(), 0);
  const RunningApp again([this](app::Config& config) { config.data_dir = app_.data_dir(); });
  EXPECT_EQ(again.job(id).at("state"), "succeeded");
  EXPECT_EQ(again.job(id).at("attempt"), 1);
  EXPECT_EQ(sink.wait_for(2).back().target, "/hook");
}

}  // namespace
}  // namespace waypost::test
