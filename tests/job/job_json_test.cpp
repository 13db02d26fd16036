#include "waypost/job/job_json.hpp"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "job/life.hpp"

namespace waypost::job {
namespace {

using namespace std::chrono_literals;
using test::batch_of;
using test::Life;
using test::plain;
using test::start;
using testing::ElementsAre;
using testing::HasSubstr;

std::string text_of(const Job& job, Time now = start) {
  std::string out;
  waypost::json::Writer writer(out);
  write(writer, job, now);
  return out;
}
nlohmann::json shown(const Job& job, Time now = start) {
  return nlohmann::json::parse(text_of(job, now));
}

std::vector<std::string> keys_of(const nlohmann::json& object) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : object.items()) keys.push_back(key);
  return keys;
}

/// Every field of a Spec that `pack` must carry, each away from its default.
Spec full() {
  return {.run_at = start + 1h,
          .expires_at = start + 2h,
          .max_attempts = 17,
          .backoff = {0.25, 1.5, 99.75, false},
          .timeout = 7s,
          .total_timeout = 70s,
          .webhook = Webhook{.url = "https://example.com/hook?a=\"b\"",
                             .events = {Notice::started, Notice::progress, Notice::cancelled},
                             .secret = "whsec_c2VjcmV0",
                             .thin = true},
          .tags = {{"team", "maps"}, {"größe", "zwölf \"Zoll\""}, {"empty", ""}},
          .description = "two\nlines and \\ a slash",
          .retain = 1s,
          .traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
          .batch = Batch{.manifest = "man_01",
                         .rows = 9'007'199'254'740'993,
                         .chunks = 12,
                         .map = R"({"address":"{street}, {city}"})",
                         .report_scope = "failed",
                         .report_format = "ndjson"}};
}

// Between a spec and the store

TEST(Pack, KeepsEveryField) {
  Spec read;
  unpack(pack(full()), read);
  EXPECT_EQ(read, full());
}

TEST(Pack, KeepsEachFieldByItself) {
  const std::vector<std::function<void(Spec&)>> changes = {
      [](Spec& s) { s.run_at = full().run_at; },
      [](Spec& s) { s.expires_at = full().expires_at; },
      [](Spec& s) { s.max_attempts = 1; },
      [](Spec& s) { s.backoff.initial_seconds = 0.1; },
      [](Spec& s) { s.backoff.factor = 10; },
      [](Spec& s) { s.backoff.max_seconds = 86400; },
      [](Spec& s) { s.backoff.jitter = false; },
      [](Spec& s) { s.timeout = 86400s; },
      [](Spec& s) { s.total_timeout = 1s; },
      [](Spec& s) { s.webhook = Webhook{.url = "http://a/"}; },
      [](Spec& s) { s.webhook = Webhook{.url = "http://a/", .events = {}}; },
      [](Spec& s) { s.tags = {{"a", "b"}}; },
      [](Spec& s) { s.description = ""; },
      [](Spec& s) { s.retain = 0s; },
      [](Spec& s) { s.traceparent = "00-x"; },
      [](Spec& s) { s.batch = Batch{}; },
  };
  for (std::size_t i = 0; i < changes.size(); ++i) {
    Spec spec, read;
    changes[i](spec);
    unpack(pack(spec), read);
    EXPECT_EQ(read, spec) << i << ": " << pack(spec);
    EXPECT_NE(pack(spec), "{}") << i;
  }
}

TEST(Pack, TakesTwoBytesForTheDefaults) {
  EXPECT_EQ(pack(Spec{.type = "echo", .queue = "q", .priority = 9}), "{}");
  Spec read;
  unpack("{}", read);
  EXPECT_EQ(read, Spec{});
}

TEST(PackError, KeepsEveryField) {
  const JobError error{"bad_thing", "quoted \"text\" and ümlaut", 12, start + 5ms};
  const JobError read = unpack_error(pack(error));
  EXPECT_EQ(read.code, error.code);
  EXPECT_EQ(read.message, error.message);
  EXPECT_EQ(read.attempt, 12);
  EXPECT_EQ(read.at, error.at);
}

// To clients

TEST(JobJson, HasTheFieldsOfTheContract) {
  EXPECT_THAT(keys_of(shown(Life().job())),
              testing::UnorderedElementsAre(
                  "id", "type", "state", "queue", "priority", "payload", "attempt", "max_attempts",
                  "progress", "result", "error", "tags", "description", "created_at", "run_at", "started_at",
                  "finished_at", "updated_at", "expires_at", "state_reason", "links"));
}

TEST(JobJson, ShowsAFreshJob) {
  Spec spec = plain();
  spec.tags = {{"team", "maps"}};
  spec.priority = 2'147'483'647;
  const Life life(spec);
  const auto job = shown(life.job());
  EXPECT_EQ(job["id"], life.job().id());
  EXPECT_THAT(std::string(job["id"]), testing::StartsWith("job_"));
  EXPECT_EQ(job["type"], "echo");
  EXPECT_EQ(job["state"], "queued");
  EXPECT_EQ(job["queue"], "default");
  EXPECT_EQ(job["priority"], 2'147'483'647);
  EXPECT_EQ(job["attempt"], 0);
  EXPECT_EQ(job["max_attempts"], 5);
  EXPECT_EQ(job["tags"], (nlohmann::json{{"team", "maps"}}));
  EXPECT_EQ(job["created_at"], "2027-01-15T08:00:00.000Z");
  for (const char* name : {"result", "error", "description", "run_at", "started_at", "finished_at",
                           "expires_at", "state_reason"})
    EXPECT_TRUE(job[name].is_null()) << name;
}

TEST(JobJson, LinksToWhatBelongsToIt) {
  const Life plain_job, batch(batch_of(3));
  const std::string self = "/v1/jobs/" + plain_job.job().id();
  auto links = shown(plain_job.job())["links"];
  EXPECT_THAT(keys_of(links),
              testing::UnorderedElementsAre("self", "result", "attempts", "events", "report"));
  EXPECT_EQ(links["self"], self);
  EXPECT_EQ(links["result"], self + "/result");
  EXPECT_EQ(links["attempts"], self + "/attempts");
  EXPECT_TRUE(links["report"].is_null());
  EXPECT_EQ(shown(batch.job())["links"]["report"], self + "/report");
}

TEST(JobJson, HandsOnThePayloadByteForByte) {
  const std::string payload =
      "{ \"big\":123456789012345678901234567890,\"e\":1E400, \"f\":1.0,\t\"u\":\"\\u00e9\" }";
  const Job job = create(test::some_ulid, plain(), payload, start);
  EXPECT_THAT(text_of(job), HasSubstr("\"payload\":" + payload + ","));
}

TEST(JobJson, ShowsAResultOfJsonUpToSixtyFourKibibytes) {
  Life life;
  life.lease();
  Job job = life.succeed().job;
  EXPECT_EQ(shown(job)["result"], 42);
  job.result = "\"" + std::string(max_inline_result - 2, 'x') + "\"";
  EXPECT_EQ(shown(job)["result"].get<std::string>().size(), 65534u);
  job.result = "\"" + std::string(max_inline_result - 1, 'x') + "\"";
  EXPECT_TRUE(shown(job)["result"].is_null());
  job.result = "a,b";
  job.result_type = "text/csv";
  EXPECT_TRUE(shown(job)["result"].is_null());
}

TEST(JobJson, ShowsTheErrorAndWhyTheJobIsWhereItIs) {
  Life life;
  life.lease();
  life.pass(250ms);
  const auto job = shown(life.fail().job);
  EXPECT_EQ(job["state"], "scheduled");
  EXPECT_EQ(job["error"], (nlohmann::json{{"code", "upstream"},
                                          {"message", "it said no"},
                                          {"attempt", 1},
                                          {"at", "2027-01-15T08:00:00.250Z"}}));
  EXPECT_EQ(job["run_at"], "2027-01-15T08:00:01.250Z");
  EXPECT_THAT(std::string(job["state_reason"]), HasSubstr("attempt 1 failed (upstream)"));
}

TEST(JobJson, ShowsTheTimesOfALife) {
  Spec spec = plain();
  spec.run_at = start + 1s;
  spec.expires_at = start + 1h;
  Life life(spec);
  EXPECT_EQ(shown(life.job())["run_at"], "2027-01-15T08:00:01.000Z");
  life.wake();
  life.lease();
  life.pass(2s);
  const auto job = shown(life.succeed().job);
  EXPECT_EQ(job["run_at"], "2027-01-15T08:00:01.000Z") << "what was asked for stays readable";
  EXPECT_EQ(job["started_at"], "2027-01-15T08:00:01.000Z");
  EXPECT_EQ(job["finished_at"], "2027-01-15T08:00:03.000Z");
  EXPECT_EQ(job["updated_at"], "2027-01-15T08:00:03.000Z");
  EXPECT_EQ(job["expires_at"], "2027-01-15T09:00:00.000Z");
}

// Progress

TEST(JobJson, CountsAPlainJobAsOneTask) {
  Life life;
  const auto fields = testing::UnorderedElementsAre("total", "succeeded", "failed", "percent", "message",
                                                    "rate_per_second", "eta_seconds");
  auto progress = shown(life.job())["progress"];
  EXPECT_THAT(keys_of(progress), fields);
  EXPECT_EQ(progress["total"], 1);
  EXPECT_EQ(progress["percent"], 0);
  life.lease();
  progress = shown(life.succeed().job)["progress"];
  EXPECT_EQ(progress["succeeded"], 1);
  EXPECT_EQ(progress["percent"], 100);
  for (const char* name : {"message", "rate_per_second", "eta_seconds"})
    EXPECT_TRUE(progress[name].is_null()) << name;

  Life failing;
  failing.lease();
  FailAttempt failure = failing.failure();
  failure.retry = false;
  progress = shown(failing.apply(failure).job)["progress"];
  EXPECT_EQ(progress["failed"], 1);
  EXPECT_EQ(progress["succeeded"], 0);
}

TEST(JobJson, EstimatesWhenABatchWillEnd) {
  Life life(batch_of(300));
  EXPECT_TRUE(shown(life.job())["progress"]["eta_seconds"].is_null());
  life.lease();
  life.apply(Advance{.fence = 1, .succeeded = 99, .failed = 1});
  auto progress = shown(life.job(), start + 10s)["progress"];
  EXPECT_EQ(progress["total"], 300);
  EXPECT_EQ(progress["succeeded"], 99);
  EXPECT_EQ(progress["failed"], 1);
  EXPECT_EQ(progress["percent"], 33.3) << "rounded down: it must not say 100 before the end";
  EXPECT_EQ(progress["rate_per_second"], 10);
  EXPECT_EQ(progress["eta_seconds"], 20);
}

TEST(JobJson, KeepsTheFinalProgressOfAnEndedBatch) {
  Life life(batch_of(3));
  life.lease();
  life.apply(Advance{.fence = 1, .succeeded = 2, .failed = 1});
  life.pass(2s);
  life.apply(FinishBatch{.fence = 1});
  const auto progress = shown(life.job(), start + 1h)["progress"];
  EXPECT_EQ(progress["percent"], 100);
  EXPECT_EQ(progress["rate_per_second"], 1.5) << "of its run, not of the time since";
  EXPECT_TRUE(progress["eta_seconds"].is_null());
}

// Attempts and webhooks

TEST(AttemptJson, HasTheFieldsOfTheContract) {
  std::string out;
  waypost::json::Writer writer(out);
  write(writer, Attempt{.number = 3,
                        .started_at = start,
                        .finished_at = start + 1500ms,
                        .worker = "host-1",
                        .outcome = Outcome::timed_out,
                        .error = JobError{"timeout", "it took too long", 3, start + 1500ms}});
  EXPECT_EQ(nlohmann::json::parse(out),
            nlohmann::json::parse(R"({"attempt":3,"started_at":"2027-01-15T08:00:00.000Z",
    "finished_at":"2027-01-15T08:00:01.500Z","duration_ms":1500,"worker":"host-1","outcome":"timed_out",
    "error":{"code":"timeout","message":"it took too long","attempt":3,"at":"2027-01-15T08:00:01.500Z"}})"));
}

TEST(OutcomeNames, AreThoseOfTheContract) {
  std::vector<std::string> names;
  for (int i = 0; i < 6; ++i) names.emplace_back(to_string(static_cast<Outcome>(i)));
  EXPECT_THAT(names,
              ElementsAre("succeeded", "failed", "timed_out", "worker_lost", "cancelled", "interrupted"));
}

TEST(NoticeNames, AreThoseOfTheContractAndReadBack) {
  constexpr std::array names = {"job.started",  "job.progress",  "job.retrying", "job.awaiting_confirmation",
                                "job.paused",   "job.succeeded", "job.partial",  "job.failed",
                                "job.cancelled"};
  for (std::size_t i = 0; i < names.size(); ++i) {
    EXPECT_EQ(to_string(static_cast<Notice>(i)), names[i]);
    EXPECT_EQ(parse_notice(names[i]), static_cast<Notice>(i));
  }
  EXPECT_EQ(parse_notice("succeeded"), std::nullopt);
  EXPECT_THAT(default_notices(),
              ElementsAre(Notice::succeeded, Notice::partial, Notice::failed, Notice::cancelled));
}

TEST(NotificationBody, CarriesTheWholeJob) {
  Life life(test::with_webhook());
  life.lease();
  const Decision decision = life.succeed();
  const auto body = nlohmann::json::parse(notification_body(decision.job, *decision.notice, start));
  EXPECT_EQ(body["type"], "job.succeeded");
  EXPECT_EQ(body["timestamp"], "2027-01-15T08:00:00.000Z");
  EXPECT_EQ(body["data"]["sequence"], decision.job.version);
  EXPECT_EQ(body["data"]["job"], shown(decision.job));
}

TEST(NotificationBody, IsThinWhenThatWasAskedFor) {
  const Life life(test::with_webhook());
  const auto body =
      nlohmann::json::parse(notification_body(life.job(), Notice::started, start, Detail::thin));
  EXPECT_EQ(body["data"]["job"],
            (nlohmann::json{{"id", life.job().id()}, {"type", "echo"}, {"state", "queued"}}));
}

TEST(JobJson, NeverShowsTheWebhookSecret) {
  Spec spec = full();
  spec.type = "echo";
  EXPECT_THAT(text_of(create(test::some_ulid, spec, "{}", start)), testing::Not(HasSubstr("whsec_")));
}

}  // namespace
}  // namespace waypost::job
