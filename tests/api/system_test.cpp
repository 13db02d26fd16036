#include <gmock/gmock.h>

#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "support/app_fixture.hpp"
#include "support/sink.hpp"

// §8: health, readiness, metrics and the end.
namespace waypost::test {
namespace {

using testing::HasSubstr;

class System : public SharedApp<System> {
 public:
  static std::string metrics() { return app().get("/metrics").body; }
  /// The value of one time series.
  static double value(const std::string& series) {
    std::istringstream lines(metrics());
    for (std::string line; std::getline(lines, line);)
      if (line.starts_with(series + " ")) return std::stod(line.substr(series.size()));
    ADD_FAILURE() << "there is no " << series;
    return -1;
  }
};

TEST_F(System, IsHealthyAndReadyOnceItServes) {
  const auto health = app().get("/healthz");
  EXPECT_EQ(health.status, 200);
  EXPECT_EQ(json_of(health).at("status"), "ok");
  const auto ready = app().get("/readyz");
  EXPECT_EQ(ready.status, 200);
  EXPECT_EQ(json_of(ready), (Json{{"status", "ready"},
                                  {"checks", {{"store", "ok"}, {"gazetteer", "ok"}, {"draining", "ok"}}}}));
}

TEST_F(System, HealthIsAnsweredWhateverTheClientAccepts) {
  EXPECT_EQ(app().get("/healthz", {{"Accept", "text/plain"}}).status, 200);
}

TEST_F(System, MetricsKeepToThePrometheusTextFormat) {
  app().ended(app().submit({{"type", "echo"}}));
  const auto response = app().get("/metrics");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.field("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  ASSERT_TRUE(response.body.ends_with("\n"));
  const std::regex sample(
      R"(([a-zA-Z_:][a-zA-Z0-9_:]*)(\{([a-zA-Z_][a-zA-Z0-9_]*="([^"\\]|\\.)*",?)*\})? (NaN|[-+]?Inf|[-+0-9.eE]+))");
  const std::regex comment(R"(# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+))");
  std::istringstream lines(response.body);
  std::string family, type;
  std::set<std::string> families, series;
  for (std::string line; std::getline(lines, line);) {
    std::smatch match;
    if (std::regex_match(line, match, comment)) {
      family = match[2];
      if (match[1] == "TYPE") {
        type = match[3];
        EXPECT_TRUE(families.insert(family).second) << "twice: " << line;
        EXPECT_TRUE(family.starts_with("waypost_") || family.starts_with("process_")) << family;
        EXPECT_EQ(type == "counter", family.ends_with("_total")) << line;
      }
      continue;
    }
    ASSERT_TRUE(std::regex_match(line, match, sample)) << line;
    const std::string name = match[1];
    EXPECT_TRUE(name == family || (type == "histogram" && name.starts_with(family + "_"))) << line;
    EXPECT_TRUE(series.insert(name + match[2].str()).second) << "twice: " << line;
  }
  EXPECT_GT(families.size(), 15u);
}

TEST_F(System, PromtoolFindsNoFaultWithTheMetrics) {
  if (std::system("command -v promtool >/dev/null") != 0) GTEST_SKIP() << "promtool is not installed";
  const auto file = app().data_dir() / "metrics.txt";
  std::ofstream(file) << metrics();
  EXPECT_EQ(std::system(("promtool check metrics < " + file.string()).c_str()), 0);
}

TEST_F(System, MetricsCountRequestsAndJobs) {
  const std::string found = R"(waypost_http_requests_total{method="GET",route="/v1/jobs/{id}",status="2xx"})";
  const std::string missing =
      R"(waypost_http_requests_total{method="GET",route="/v1/jobs/{id}",status="4xx"})";
  const std::string id = app().submit({{"type", "echo"}});
  app().ended(id);
  const double found_before = value(found), missing_before = value(missing);
  const double submitted = value("waypost_jobs_submitted_total"),
               succeeded = value(R"(waypost_jobs_ended_total{state="succeeded"})");
  // One connection: a response is counted before the next request on it is read.
  RawClient client(app().port());
  for (const std::string& target :
       {"/v1/jobs/" + id, std::string("/v1/jobs/none"), std::string("/healthz")}) {
    client.send(request_text("GET", target));
    client.receive();
  }
  EXPECT_EQ(value(found), found_before + 1);
  EXPECT_EQ(value(missing), missing_before + 1);
  app().ended(app().submit({{"type", "echo"}}));
  EXPECT_EQ(value("waypost_jobs_submitted_total"), submitted + 1);
  EXPECT_EQ(value(R"(waypost_jobs_ended_total{state="succeeded"})"), succeeded + 1);
  EXPECT_EQ(value(R"(waypost_jobs{queue="default",state="succeeded"})"), succeeded + 1);
  EXPECT_GT(value("waypost_gazetteer_places"), 20'000);
  EXPECT_GT(value("waypost_store_commits_total"), 0);
}

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
