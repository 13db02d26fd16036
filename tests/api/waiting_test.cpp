#include <gmock/gmock.h>

#include "support/app_fixture.hpp"
#include "support/sink.hpp"

// §1, Sync or async: Prefer: wait, long polls, entity tags.
namespace waypost::test {
namespace {

class Waiting : public SharedApp<Waiting> {
 public:
  static void configure(app::Config& config) { config.queues["held"].concurrency = 0; }
  static RawResponse submit(const std::string& preference,
                            std::string_view job = R"({"type":"echo","payload":"done"})") {
    return app().post("/v1/jobs", job, {{"Prefer", preference}});
  }
};

TEST_F(Waiting, ASubmissionIsAnsweredAtOnceWithLocationAndRetryAfter) {
  const auto response = app().post("/v1/jobs", R"({"type":"echo"})");
  ASSERT_EQ(response.status, 202);
  const Json job = json_of(response);
  EXPECT_EQ(response.field("location"), "/v1/jobs/" + job.at("id").get<std::string>());
  EXPECT_EQ(job.at("links").at("self"), response.field("location"));
  EXPECT_EQ(response.field("retry-after"), "1");
  EXPECT_EQ(response.field("content-type"), "application/json");
  EXPECT_FALSE(response.has("preference-applied"));
  EXPECT_EQ(app().get(response.field("location")).status, 200);
}

TEST_F(Waiting, APreferredWaitAnswersWithTheFinishedJob) {
  const auto response = submit("wait=20");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.field("preference-applied"), "wait=20");
  const Json job = json_of(response);
  EXPECT_EQ(job.at("state"), "succeeded");
  EXPECT_EQ(job.at("result"), "done");
  EXPECT_EQ(job.at("links").at("self"), response.field("location"));
}

TEST_F(Waiting, AJobThatEndsBadlyInTimeIsAnAnswerTooNotAnError) {
  const auto response =
      submit("wait=20", R"({"type":"sleep","payload":{"seconds":0},"expires_at":null,"tags":{"a":"b"}})");
  EXPECT_EQ(response.status, 200);
  Sink sink([](const Sink::Request&) { return Sink::Answer{.status = 404}; });
  const auto failed = submit("wait=20", Json{{"type", "http"}, {"payload", {{"url", sink.url()}}}}.dump());
  EXPECT_EQ(failed.status, 200);
  EXPECT_EQ(json_of(failed).at("state"), "failed");
}

TEST_F(Waiting, AWaitThatIsOverAnswers202) {
  const auto response = submit("wait=1", R"({"type":"echo","queue":"held"})");
  EXPECT_EQ(response.status, 202);
  EXPECT_EQ(response.field("preference-applied"), "wait=1");
  EXPECT_EQ(response.field("retry-after"), "1");
  EXPECT_EQ(json_of(response).at("state"), "queued");
}

TEST_F(Waiting, AWaitOf0IsNoWait) {
  const auto response = submit("wait=0", R"({"type":"echo","queue":"held"})");
  EXPECT_EQ(response.status, 202);
  EXPECT_EQ(response.field("preference-applied"), "wait=0");
}

TEST_F(Waiting, AWaitOver60CountsAs60AndSaysSo) {
  for (const std::string asked : {"wait=61", "wait=99999999999999999999"})
    EXPECT_EQ(submit(asked).field("preference-applied"), "wait=60") << asked;
  EXPECT_EQ(submit("wait=60").field("preference-applied"), "wait=60");
}

TEST_F(Waiting, APreferenceThatCannotBeUnderstoodIsIgnored) {
  for (const std::string preference :
       {"wait", "wait=", "wait=soon", "wait=-1", "respond-async", "wait=1.5"}) {
    const auto response = submit(preference);
    EXPECT_EQ(response.status, 202) << preference;
    EXPECT_FALSE(response.has("preference-applied")) << preference;
  }
  EXPECT_EQ(submit("respond-async, wait=\"20\"; foo=bar").field("preference-applied"), "wait=20");
}

TEST_F(Waiting, AJobHasAnEntityTagThatChangesWithIt) {
  const std::string id = app().submit({{"type", "echo"}, {"queue", "held"}});
  const auto queued = app().get("/v1/jobs/" + id);
  ASSERT_TRUE(queued.has("etag"));
  EXPECT_EQ(queued.field("retry-after"), "1");
  for (const std::string& match : {queued.field("etag"), "W/" + queued.field("etag"),
                                   "\"x\", " + queued.field("etag"), std::string("*")}) {
    const auto unchanged = app().get("/v1/jobs/" + id, {{"If-None-Match", match}});
    EXPECT_EQ(unchanged.status, 304) << match;
    EXPECT_EQ(unchanged.field("etag"), queued.field("etag"));
    EXPECT_TRUE(unchanged.body.empty());
  }
  EXPECT_EQ(app().get("/v1/jobs/" + id, {{"If-None-Match", "\"other\""}}).status, 200);
  ASSERT_EQ(app().post("/v1/jobs/" + id + "/cancel").status, 200);
  const auto cancelled = app().get("/v1/jobs/" + id, {{"If-None-Match", queued.field("etag")}});
  EXPECT_EQ(cancelled.status, 200);
  EXPECT_NE(cancelled.field("etag"), queued.field("etag"));
  EXPECT_FALSE(cancelled.has("retry-after"));
}

TEST_F(Waiting, ALongPollIsHeldUntilTheJobChanges) {
  const std::string id = app().submit({{"type", "echo"}, {"queue", "held"}});
  const std::string etag = app().get("/v1/jobs/" + id).field("etag");
  RawClient by_parameter(app().port()), by_preference(app().port());
  by_parameter.send(request_text("GET", "/v1/jobs/" + id + "?wait=15", {{"If-None-Match", etag}}));
  by_preference.send(request_text("GET", "/v1/jobs/" + id, {{"If-None-Match", etag}, {"Prefer", "wait=15"}}));
  ASSERT_EQ(app().post("/v1/jobs/" + id + "/cancel").status, 200);
  for (RawClient* client : {&by_parameter, &by_preference}) {
    const auto response = client->receive();
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(json_of(response).at("state"), "cancelled");
    EXPECT_EQ(response.field("preference-applied"), "wait=15");
  }
}

TEST_F(Waiting, ALongPollWithoutAKnownTagWaitsForTheEnd) {
  const std::string id = app().submit({{"type", "echo"}, {"payload", 5}});
  const auto response = app().get("/v1/jobs/" + id + "?wait=15");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(json_of(response).at("state"), "succeeded");
}

TEST_F(Waiting, ALongPollThatKnowsAnOlderStateIsAnsweredAtOnce) {
  const std::string id = app().submit({{"type", "echo"}, {"queue", "held"}});
  const std::string etag = app().get("/v1/jobs/" + id).field("etag");
  ASSERT_EQ(app().post("/v1/jobs/" + id + "/cancel").status, 200);
  EXPECT_EQ(app().get("/v1/jobs/" + id + "?wait=60", {{"If-None-Match", etag}}).status, 200);
}

TEST_F(Waiting, AnUnusableWaitParameterIsRefused) {
  const std::string id = app().submit({{"type", "echo"}, {"queue", "held"}});
  for (const std::string wait : {"-1", "soon", "1.5", ""})
    EXPECT_THAT(
        faults_of(expect_problem(app().get("/v1/jobs/" + id + "?wait=" + wait), 400, "invalid_parameter"))
            .front(),
        testing::EndsWith("@ wait"));
  expect_problem(app().get("/v1/jobs/" + id + "?wait=1&wait=2"), 400, "invalid_parameter");
}

/// Moves the clock a second at a time until there is an answer: how many seconds that took.
int seconds_until(ManualClock& clock, std::future<RawResponse>& answer) {
  int seconds = 0;
  while (answer.wait_for(std::chrono::milliseconds(5)) != std::future_status::ready) {
    clock.advance(Seconds{1});
    ++seconds;
  }
  return seconds;
}

TEST(WaitingAndTime, ALongPollEndsWith304WhenTheTimeIsUp) {
  ManualClock clock;
  RunningApp app(clock, [](app::Config& config) { config.queues["held"].concurrency = 0; });
  const std::string id = app.submit({{"type", "echo"}, {"queue", "held"}});
  const std::string etag = app.get("/v1/jobs/" + id).field("etag");
  auto answer = std::async(std::launch::async,
                           [&] { return app.get("/v1/jobs/" + id + "?wait=30", {{"If-None-Match", etag}}); });
  EXPECT_GE(seconds_until(clock, answer), 30);
  const auto response = answer.get();
  EXPECT_EQ(response.status, 304);
  EXPECT_EQ(response.field("etag"), etag);
  EXPECT_EQ(response.field("preference-applied"), "wait=30");
}

TEST(WaitingAndTime, AWaitOver60IsOverAfter60) {
  ManualClock clock;
  RunningApp app(clock, [](app::Config& config) { config.queues["held"].concurrency = 0; });
  auto answer = std::async(std::launch::async, [&] {
    return app.post("/v1/jobs", R"({"type":"echo","queue":"held"})", {{"Prefer", "wait=100000"}});
  });
  const int seconds = seconds_until(clock, answer);
  EXPECT_GE(seconds, 60);
  EXPECT_LT(seconds, 100'000);
  const auto response = answer.get();
  EXPECT_EQ(response.status, 202);
  EXPECT_EQ(response.field("preference-applied"), "wait=60");
}

}  // namespace
}  // namespace waypost::test
