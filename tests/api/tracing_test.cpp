#include <gmock/gmock.h>

#include "support/app_fixture.hpp"
#include "support/exposition.hpp"
#include "support/sink.hpp"

// Traces: request → job → attempt → webhook, as a collector sees them.
namespace waypost::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const std::string trace = "0af7651916cd43dd8448eb211c80319c", caller = "b7ad6b7169203331";

std::string traceparent(const std::string& span, bool sampled = true) {
  return "00-" + trace + "-" + span + (sampled ? "-01" : "-00");
}

class Tracing : public testing::Test {
 protected:
  static Sink::Answer ok(const Sink::Request&) { return {.status = 200}; }
  Sink collector_{ok};
  Sink receiver_{ok};
  TemporaryFolder folder_;
  std::unique_ptr<RunningApp> app_;

  void start(const RunningApp::Adjust& adjust = {}) {
    app_ = std::make_unique<RunningApp>([&](app::Config& config) {
      config.data_dir = folder_.path();
      config.tracing.endpoint = collector_.url("");
      if (adjust) adjust(config);
    });
  }
  std::string submit(const Json& job, const Headers& headers) {
    const auto answer = app_->post("/v1/jobs", job.dump(), headers);
    EXPECT_EQ(answer.status, 202) << answer.body;
    return json_of(answer).at("id");
  }
  Json calling_job() {
    return {{"type", "http"},
            {"payload", {{"url", receiver_.url("/job")}}},
            {"webhook", {{"url", receiver_.url("/hook")}}}};
  }

  /// All spans, once the service has ended and with it what it had to tell.
  std::vector<Json> spans() {
    app_.reset();
    std::vector<Json> spans;
    for (const auto& request : collector_.requests())
      for (const auto& span :
           Json::parse(request.body).at("resourceSpans").at(0).at("scopeSpans").at(0).at("spans"))
        spans.push_back(span);
    return spans;
  }
  static Json named(const std::vector<Json>& spans, const std::string& name) {
    Json found;
    for (const Json& span : spans)
      if (span.at("name") == name) {
        EXPECT_TRUE(found.is_null()) << "two of " << name;
        found = span;
      }
    EXPECT_FALSE(found.is_null()) << "no " << name;
    return found;
  }
  static Json attribute(const Json& span, const std::string& key) {
    for (const Json& attribute : span.at("attributes"))
      if (attribute.at("key") == key) return *attribute.at("value").begin();
    return nullptr;
  }
  void expect_tree(const std::vector<Json>& spans, const std::string& id) {
    const Json request = named(spans, "POST /v1/jobs"), job = named(spans, "job http"),
               attempt = named(spans, "attempt http"), webhook = named(spans, "webhook");
    for (const Json& span : {request, job, attempt, webhook}) {
      EXPECT_EQ(span.at("traceId"), trace);
      EXPECT_EQ(span.at("traceState"), "vendor=1");
      EXPECT_LE(std::stoull(span.at("startTimeUnixNano").get<std::string>()),
                std::stoull(span.at("endTimeUnixNano").get<std::string>()));
    }
    EXPECT_EQ(request.at("parentSpanId"), caller);
    EXPECT_EQ(job.at("parentSpanId"), request.at("spanId"));
    EXPECT_EQ(attempt.at("parentSpanId"), job.at("spanId"));
    EXPECT_EQ(webhook.at("parentSpanId"), attempt.at("spanId"));
    EXPECT_EQ(request.at("kind"), 2);
    EXPECT_EQ(attribute(request, "http.response.status_code"), "202");
    EXPECT_EQ(attribute(request, "http.route"), "/v1/jobs");
    EXPECT_EQ(attribute(job, "waypost.job.id"), id);
    EXPECT_EQ(attribute(job, "waypost.job.state"), "succeeded");
    EXPECT_EQ(attribute(attempt, "waypost.attempt.outcome"), "succeeded");
    EXPECT_EQ(attribute(webhook, "http.response.status_code"), "200");
    // What is called learns where it stands in the trace.
    for (const auto& received : receiver_.requests()) {
      const Json& cause = received.target == "/job" ? attempt : webhook;
      EXPECT_EQ(received.field("traceparent"), traceparent(cause.at("spanId"))) << received.target;
      EXPECT_EQ(received.field("tracestate"), "vendor=1");
    }
  }
};

TEST_F(Tracing, FollowsARequestThroughItsJobItsAttemptAndItsWebhook) {
  start();
  const std::string id =
      submit(calling_job(), {{"traceparent", traceparent(caller)}, {"tracestate", "vendor=1"}});
  receiver_.wait_for(2);
  expect_tree(spans(), id);
}

TEST_F(Tracing, FollowsAJobAcrossARestart) {
  start([](app::Config& config) { config.queues["default"].concurrency = 0; });
  const std::string id =
      submit(calling_job(), {{"traceparent", traceparent(caller)}, {"tracestate", "vendor=1"}});
  EXPECT_THAT(spans().size(), 1u) << "only the request has ended";
  start();
  receiver_.wait_for(2);
  expect_tree(spans(), id);
}

TEST_F(Tracing, TellsOfEachAttemptAndWhatItFailedOf) {
  start();
  const Json job{{"type", "http"},
                 {"payload", {{"url", "http://127.0.0.1:1/"}}},
                 {"max_attempts", 2},
                 {"backoff", {{"initial_seconds", 0}}}};
  app_->ended(submit(job, {{"traceparent", traceparent(caller)}}));
  const auto told = spans();
  const Json whole = named(told, "job http");
  EXPECT_EQ(whole.at("status").at("code"), 2);
  std::set<std::string> ids;
  for (const Json& span : told) {
    if (span.at("traceId") != trace) continue;  // of our own reading
    EXPECT_TRUE(ids.insert(span.at("spanId")).second);
    if (span.at("name") != "attempt http") continue;
    EXPECT_EQ(span.at("parentSpanId"), whole.at("spanId"));
    EXPECT_EQ(attribute(span, "error.type"), "connect_failed");
  }
  EXPECT_EQ(ids.size(), 4u) << "request, job, two attempts";
}

TEST_F(Tracing, BeginsATraceWhereTheClientHasNone) {
  start();
  app_->ended(submit({{"type", "echo"}}, {}));
  const auto told = spans();
  const Json request = named(told, "POST /v1/jobs"), job = named(told, "job echo");
  EXPECT_FALSE(request.contains("parentSpanId"));
  EXPECT_EQ(request.at("traceId"), job.at("traceId"));
  EXPECT_EQ(job.at("parentSpanId"), request.at("spanId"));
}

TEST_F(Tracing, TellsNothingOfWhatTheCallerDoesNotSample) {
  start();
  submit(calling_job(), {{"traceparent", traceparent(caller, false)}});
  for (const auto& received : receiver_.wait_for(2))
    EXPECT_TRUE(received.field("traceparent").starts_with("00-" + trace + "-")) << "but passes it on";
  for (const Json& span : spans()) EXPECT_NE(span.at("traceId"), trace);
}

TEST_F(Tracing, OfARatioOfNothingOnlyWhatCallersSampleIsTold) {
  start([](app::Config& config) { config.tracing.sample_ratio = 0; });
  app_->get("/v1/geocode?q=Paris");
  app_->get("/v1/geocode?q=Paris&key=AIzaSecret", {{"traceparent", traceparent(caller)}});
  const auto told = spans();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].at("name"), "GET /v1/geocode");
  EXPECT_EQ(attribute(told[0], "url.query"), "q=Paris&key=[removed]");
}

TEST_F(Tracing, ATracestateOfAMalformedTraceparentIsDropped) {
  start();
  submit(calling_job(), {{"traceparent", "00-xyz"}, {"tracestate", "vendor=1"}});
  for (const auto& received : receiver_.wait_for(2)) EXPECT_EQ(received.field("tracestate"), "");
}

TEST_F(Tracing, IsCounted) {
  start();
  app_->get("/livez");
  const auto exported = [&] {
    return value_of(read_exposition(app_->get("/metrics").body), "waypost_trace_spans_total",
                    {{"outcome", "exported"}});
  };
  collector_.wait_for(1);
  while (exported() == 0) {
  }
}

TEST_F(Tracing, IsOffUnlessACollectorIsNamedAndThenContextIsPassedOnAsItCame) {
  start([](app::Config& config) { config.tracing.endpoint.reset(); });
  submit(calling_job(), {{"traceparent", traceparent(caller)}, {"tracestate", "vendor=1"}});
  for (const auto& received : receiver_.wait_for(2)) {
    EXPECT_EQ(received.field("traceparent"), traceparent(caller));
    EXPECT_EQ(received.field("tracestate"), "vendor=1");
  }
  app_.reset();
  EXPECT_THAT(collector_.requests(), IsEmpty());
}

}  // namespace
}  // namespace waypost::test
