#include <gmock/gmock.h>

#include "support/app_fixture.hpp"
#include "support/sink.hpp"

// §3.1 and §3.2: delays, expiry, retries, time-outs and retention, at the test's own time.
namespace waypost::test {
namespace {

using std::chrono::hours;
using testing::ElementsAre;

class JobsAndTime : public testing::Test {
 protected:
  static void configure(app::Config& config) { config.queues["held"].concurrency = 0; }
  std::string at(Milliseconds from_now) const { return to_rfc3339(clock_.now() + from_now); }
  Json attempts(const std::string& id) const {
    return json_of(app_.get("/v1/jobs/" + id + "/attempts")).at("data");
  }
  std::vector<std::string> outcomes(const std::string& id) const {
    std::vector<std::string> outcomes;
    for (const auto& attempt : attempts(id)) outcomes.push_back(attempt.at("outcome"));
    return outcomes;
  }
  std::string call(const std::string& url, Json fields) const {
    fields["type"] = "http";
    fields["payload"]["url"] = url;
    return app_.submit(fields);
  }

  ManualClock clock_;
  RunningApp app_{clock_, configure};
};

TEST_F(JobsAndTime, ADelayedJobWaitsUntilItsTimeHasCome) {
  const std::string id = app_.submit({{"type", "echo"}, {"delay_seconds", 10}});
  const Json job = app_.job(id);
  EXPECT_EQ(job.at("state"), "scheduled");
  EXPECT_EQ(job.at("run_at"), at(Seconds{10}));
  clock_.advance(Milliseconds{9'999});
  EXPECT_EQ(app_.job(id).at("state"), "scheduled");
  clock_.advance(Milliseconds{1});
  const Json done = app_.ended(id);
  EXPECT_EQ(done.at("state"), "succeeded");
  EXPECT_EQ(done.at("started_at"), at({}));
}

TEST_F(JobsAndTime, RunAtIsATimeAndOneThatIsPastMeansNow) {
  const std::string later = app_.submit({{"type", "echo"}, {"run_at", at(hours(1))}});
  EXPECT_EQ(app_.ended(app_.submit({{"type", "echo"}, {"run_at", at(-hours(1))}})).at("state"), "succeeded");
  EXPECT_EQ(app_.job(later).at("state"), "scheduled");
  clock_.advance(hours(1));
  EXPECT_EQ(app_.ended(later).at("state"), "succeeded");
}

TEST_F(JobsAndTime, AJobThatDoesNotStartInTimeExpires) {
  const std::string id = app_.submit({{"type", "echo"}, {"queue", "held"}, {"expires_at", at(Seconds{60})}});
  EXPECT_EQ(app_.job(id).at("expires_at"), at(Seconds{60}));
  clock_.advance(Seconds{60});
  const Json job = app_.ended(id);
  EXPECT_EQ(job.at("state"), "failed");
  EXPECT_EQ(job.at("error").at("code"), "expired");
  EXPECT_FALSE(job.at("state_reason").is_null());
  EXPECT_THAT(outcomes(id), ElementsAre());
}

TEST_F(JobsAndTime, AScheduledJobExpiresToo) {
  const std::string id =
      app_.submit({{"type", "echo"}, {"delay_seconds", 120}, {"expires_at", at(Seconds{60})}});
  clock_.advance(Seconds{60});
  EXPECT_EQ(app_.ended(id).at("error").at("code"), "expired");
}

TEST_F(JobsAndTime, FailedAttemptsAreRepeatedWithGrowingWaits) {
  Sink sink([](const Sink::Request&) { return Sink::Answer{.status = 500}; });
  const std::string id =
      call(sink.url(),
           {{"max_attempts", 4},
            {"backoff", {{"initial_seconds", 10}, {"factor", 3}, {"max_seconds", 60}, {"jitter", false}}}});
  std::size_t calls = 0;
  for (const int wait : {10, 30, 60}) {
    sink.wait_for(++calls);
    const Json job = app_.until_state(id, "scheduled");
    EXPECT_EQ(job.at("run_at"), at(Seconds{wait}));
    EXPECT_EQ(job.at("attempt"), calls);
    EXPECT_EQ(job.at("error").at("attempt"), calls);
    clock_.advance(Seconds{wait});
  }
  const Json job = app_.ended(id);
  EXPECT_EQ(job.at("state"), "failed");
  EXPECT_EQ(job.at("attempt"), 4);
  EXPECT_EQ(sink.wait_for(4).size(), 4u);
  EXPECT_THAT(outcomes(id), ElementsAre("failed", "failed", "failed", "failed"));
}

TEST_F(JobsAndTime, JitterSpreadsTheSecondHalfOfAWait) {
  Sink sink([](const Sink::Request&) { return Sink::Answer{.status = 500}; });
  const std::string id = call(sink.url(), {{"backoff", {{"initial_seconds", 100}}}});
  const std::string run_at = app_.until_state(id, "scheduled").at("run_at");
  EXPECT_GE(run_at, at(Seconds{50}));
  EXPECT_LE(run_at, at(Seconds{100}));
}

TEST_F(JobsAndTime, RetryAfterOfTheTargetIsHonoured) {
  Sink sink(
      [](const Sink::Request&) { return Sink::Answer{.status = 429, .fields = {{"Retry-After", "120"}}}; });
  const std::string id = call(sink.url(), {{"backoff", {{"initial_seconds", 1}, {"jitter", false}}}});
  EXPECT_EQ(app_.until_state(id, "scheduled").at("run_at"), at(Seconds{120}));
}

TEST_F(JobsAndTime, AnAttemptThatTakesTooLongIsTimedOutAndRepeated) {
  Sink sink([](const Sink::Request&) { return Sink::Answer{.hold = true}; });
  const std::string id = call(sink.url(), {{"timeout_seconds", 5},
                                           {"max_attempts", 2},
                                           {"backoff", {{"initial_seconds", 10}, {"jitter", false}}}});
  sink.wait_for(1);
  clock_.advance(Seconds{5});
  const Json waiting = app_.until_state(id, "scheduled");
  EXPECT_EQ(waiting.at("error").at("code"), "timed_out");
  clock_.advance(Seconds{10});
  sink.wait_for(2);
  clock_.advance(Seconds{5});
  const Json job = app_.ended(id);
  EXPECT_EQ(job.at("state"), "failed");
  EXPECT_EQ(job.at("error").at("code"), "timed_out");
  EXPECT_THAT(outcomes(id), ElementsAre("timed_out", "timed_out"));
}

TEST_F(JobsAndTime, TotalTimeoutBoundsAllAttemptsWithTheirWaits) {
  Sink sink([](const Sink::Request&) { return Sink::Answer{.status = 500}; });
  const std::string id =
      call(sink.url(), {{"total_timeout_seconds", 25},
                        {"max_attempts", 100},
                        {"backoff", {{"initial_seconds", 10}, {"factor", 1}, {"jitter", false}}}});
  for (std::size_t calls = 1; calls <= 2; ++calls) {
    sink.wait_for(calls);
    app_.until_state(id, "scheduled");
    clock_.advance(Seconds{10});
  }
  const Json job = app_.ended(id);  // the third attempt is at 20 s, and a fourth would be too late
  EXPECT_EQ(job.at("state"), "failed");
  EXPECT_EQ(job.at("attempt"), 3);
}

TEST_F(JobsAndTime, TotalTimeoutEndsAnAttemptThatStillRuns) {
  Sink sink([](const Sink::Request&) { return Sink::Answer{.hold = true}; });
  const std::string id = call(sink.url(), {{"total_timeout_seconds", 25}, {"timeout_seconds", 60}});
  sink.wait_for(1);
  clock_.advance(Seconds{25});
  EXPECT_EQ(app_.ended(id).at("state"), "failed");
  EXPECT_THAT(outcomes(id), ElementsAre("timed_out"));
}

TEST_F(JobsAndTime, AnEndedJobIsForgottenWhenItsTimeIsOver) {
  const std::string id = app_.submit({{"type", "echo"}, {"retain_seconds", 100}});
  app_.ended(id);
  const std::string etag = app_.get("/v1/jobs/" + id).field("etag");
  clock_.advance(Seconds{99});
  EXPECT_EQ(app_.get("/v1/jobs/" + id).status, 200);
  clock_.advance(Seconds{61});  // swept within a minute
  expect_problem(app_.get("/v1/jobs/" + id + "?wait=15", {{"If-None-Match", etag}}), 404, "not_found");
  EXPECT_EQ(json_of(app_.get("/v1/jobs")).at("data").size(), 0u);
  EXPECT_EQ(json_of(app_.get("/v1/stats")).at("jobs").at("by_state").at("succeeded"), 0);
}

TEST_F(JobsAndTime, AJobThatDoesNotSayIsKeptForTheConfiguredTime) {
  const std::string id = app_.submit({{"type", "echo"}});
  app_.ended(id);
  const std::string etag = app_.get("/v1/jobs/" + id).field("etag");
  clock_.advance(hours(7 * 24) - Seconds{1});
  EXPECT_EQ(app_.get("/v1/jobs/" + id).status, 200);
  clock_.advance(Seconds{61});
  expect_problem(app_.get("/v1/jobs/" + id + "?wait=15", {{"If-None-Match", etag}}), 404, "not_found");
}

TEST_F(JobsAndTime, TheOldestQueuedJobTellsHowLongItWaits) {
  app_.submit({{"type", "echo"}, {"queue", "held"}});
  EXPECT_EQ(json_of(app_.get("/v1/stats")).at("jobs").at("oldest_queued_seconds"), 0);
  clock_.advance(Milliseconds{1'500});
  EXPECT_EQ(json_of(app_.get("/v1/stats")).at("jobs").at("oldest_queued_seconds"), 1.5);
}

}  // namespace
}  // namespace waypost::test
