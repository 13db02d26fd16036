#include <gmock/gmock.h>

#include "support/app_fixture.hpp"

// The table of §3.1: each field's range at both ends, and one step past each.
namespace waypost::test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

class Validation : public SharedApp<Validation> {
 public:
  /// Nothing here runs, so that what is accepted costs nothing.
  static void configure(app::Config& config) { config.queues["held"].concurrency = 0; }

  static RawResponse submit(Json fields) {
    const Json base{{"type", "echo"}, {"queue", "held"}};
    for (const auto& [name, value] : base.items())
      if (!fields.contains(name)) fields[name] = value;
    return app().post("/v1/jobs", fields.dump());
  }

  static std::vector<std::string> faults(const Json& fields) {
    const auto response = submit(fields);
    if (response.status == 202) return {};
    return faults_of(expect_problem(response, 422, "validation_failed"));
  }
  /// The faults of a job that has but one field, at this pointer.
  static std::vector<std::string> faults_at(const std::string& pointer, const Json& value) {
    Json fields;
    fields[Json::json_pointer(pointer)] = value;
    return faults(fields);
  }
};

std::string rfc3339_in(std::chrono::seconds ahead) {
  return to_rfc3339(std::chrono::floor<Milliseconds>(std::chrono::system_clock::now()) + ahead);
}

TEST_F(Validation, EachNumberIsHeldToItsRangeAtBothEnds) {
  const struct {
    std::string pointer;
    Json in, out;
  } rows[] = {
      {"/priority", {0, 2147483647}, {-1, 2147483648}},
      {"/delay_seconds", {0, 0.5, 31622400}, {-0.001, 31622400.5}},
      {"/max_attempts", {1, 100, 5.0}, {0, 101, -1}},
      {"/timeout_seconds", {1, 86400}, {0, 86401}},
      {"/total_timeout_seconds", {1, 31622400}, {0, -5}},
      {"/retain_seconds", {0, 31536000}, {-1, 31536001}},
      {"/backoff/initial_seconds", {0, 0.25, 86400}, {-1, 86400.5}},
      {"/backoff/factor", {1, 10, 1.5}, {0.99, 10.01}},
      {"/backoff/max_seconds", {0, 86400}, {-1}},
  };
  for (const auto& [pointer, in, out] : rows) {
    for (const auto& value : in)
      EXPECT_THAT(faults_at(pointer, value), IsEmpty()) << pointer << " = " << value;
    for (const auto& value : out)
      EXPECT_THAT(faults_at(pointer, value), ElementsAre("out_of_range @ " + pointer))
          << pointer << " = " << value;
  }
}

TEST_F(Validation, EachFieldIsHeldToItsType) {
  const struct {
    std::string pointer;
    Json wrong;
  } rows[] = {
      {"/type", {5, true, Json::array()}},
      {"/queue", {5, Json::object()}},
      {"/priority", {"5", 1.5, true}},
      {"/delay_seconds", {"5", Json::array()}},
      {"/run_at", {5, true}},
      {"/expires_at", {5}},
      {"/max_attempts", {"5", 2.5, Json::array()}},
      {"/backoff", {5, "fast", Json::array()}},
      {"/backoff/jitter", {1, "true"}},
      {"/timeout_seconds", {"60", 0.5e1 + 0.5}},
      {"/total_timeout_seconds", {"60"}},
      {"/webhook", {"http://example.com/", 5}},
      {"/webhook/url", {5}},
      {"/tags", {"a", Json::array({"a"})}},
      {"/tags/team", {5, nullptr, Json::array()}},
      {"/description", {5}},
      {"/retain_seconds", {"week"}},
  };
  for (const auto& [pointer, wrong] : rows)
    for (const auto& value : wrong)
      EXPECT_THAT(faults_at(pointer, value), Contains("wrong_type @ " + pointer))
          << pointer << " = " << value;
}

TEST_F(Validation, TypeIsRequiredAndMustBeKnown) {
  EXPECT_THAT(faults_of(expect_problem(app().post("/v1/jobs", "{}"), 422, "validation_failed")),
              ElementsAre("required @ /type"));
  const Json problem = expect_problem(submit({{"type", "geocod"}}), 422, "unknown_operation");
  EXPECT_THAT(faults_of(problem), ElementsAre("unknown_operation @ /type"));
  EXPECT_THAT(problem.at("detail").get<std::string>(), testing::HasSubstr("did you mean \"geocode\"?"));
}

TEST_F(Validation, RunAtAndDelayExcludeEachOtherAndReach366DaysAhead) {
  using std::chrono::days;
  EXPECT_THAT(faults({{"run_at", rfc3339_in(days(366) - std::chrono::minutes(1))}}), IsEmpty());
  EXPECT_THAT(faults({{"run_at", rfc3339_in(days(366) + std::chrono::minutes(1))}}),
              ElementsAre("out_of_range @ /run_at"));
  EXPECT_THAT(faults({{"run_at", "2020-01-01T00:00:00Z"}}), IsEmpty());
  EXPECT_THAT(faults({{"run_at", "2026-11-22T20:03:11+01:00"}}), IsEmpty());
  for (const std::string bad :
       {"tomorrow", "2026-11-22", "2026-11-22 19:03:11Z", "2026-13-01T00:00:00Z", "2026-11-22T19:03:11"})
    EXPECT_THAT(faults({{"run_at", bad}}), ElementsAre("malformed @ /run_at")) << bad;
  EXPECT_THAT(faults({{"run_at", rfc3339_in(days(1))}, {"delay_seconds", 5}}),
              ElementsAre("conflict @ /delay_seconds"));
}

TEST_F(Validation, ExpiresAtLiesInTheFutureHoweverFar) {
  EXPECT_THAT(faults({{"expires_at", rfc3339_in(std::chrono::hours(1))}}), IsEmpty());
  EXPECT_THAT(faults({{"expires_at", rfc3339_in(std::chrono::days(800))}}), IsEmpty());
  EXPECT_THAT(faults({{"expires_at", rfc3339_in(std::chrono::seconds(-1))}}),
              ElementsAre("out_of_range @ /expires_at"));
}

TEST_F(Validation, QueueNamesAreShortAndPlain) {
  // What is accepted here runs: it stands in other queues than the held one.
  EXPECT_THAT(faults({{"queue", "Big-1.mail_x"}}), IsEmpty());
  EXPECT_THAT(faults({{"queue", std::string(100, 'q')}}), IsEmpty());
  EXPECT_THAT(faults({{"queue", ""}}), ElementsAre("too_short @ /queue"));
  EXPECT_THAT(faults({{"queue", std::string(101, 'q')}}), ElementsAre("too_long @ /queue"));
  EXPECT_THAT(faults({{"queue", "a b"}}), ElementsAre("malformed @ /queue"));
}

TEST_F(Validation, TagsAreAtMost50OfLimitedLength) {
  const auto tags = [](int count) {
    Json tags = Json::object();
    for (int i = 0; i < count; ++i) tags["t" + std::to_string(i)] = "";
    return Json{{"tags", tags}};
  };
  EXPECT_THAT(faults(tags(50)), IsEmpty());
  EXPECT_THAT(faults(tags(51)), ElementsAre("too_long @ /tags"));
  std::string longest_key, longest_value;
  for (int i = 0; i < 128; ++i) longest_key += "é";
  for (int i = 0; i < 256; ++i) longest_value += "é";
  EXPECT_THAT(faults({{"tags", {{longest_key, longest_value}}}}), IsEmpty());
  EXPECT_THAT(faults({{"tags", {{"k", longest_value + "x"}}}}), ElementsAre("too_long @ /tags/k"));
  EXPECT_THAT(faults({{"tags", {{longest_key + "x", ""}}}}),
              ElementsAre("out_of_range @ /tags/" + longest_key + "x"));
  EXPECT_THAT(faults({{"tags", {{"", "v"}}}}), ElementsAre("out_of_range @ /tags/"));
}

TEST_F(Validation, ADescriptionHasUpTo1000Characters) {
  EXPECT_THAT(faults({{"description", std::string(1000, 'd')}}), IsEmpty());
  EXPECT_THAT(faults({{"description", ""}}), IsEmpty());
  EXPECT_THAT(faults({{"description", nullptr}}), IsEmpty());
  EXPECT_THAT(faults({{"description", std::string(1001, 'd')}}), ElementsAre("too_long @ /description"));
}

TEST_F(Validation, AWebhookIsCheckedFieldByField) {
  const auto webhook = [](Json fields) {
    if (!fields.contains("url")) fields["url"] = "http://127.0.0.1:9/hook";
    return faults({{"webhook", std::move(fields)}});
  };
  const std::string of_24_bytes = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz", of_3_bytes = "whsec_MDEy";
  EXPECT_THAT(webhook({{"events",
                        {"job.started", "job.progress", "job.retrying", "job.awaiting_confirmation",
                         "job.paused", "job.succeeded", "job.partial", "job.failed", "job.cancelled"}},
                       {"secret", of_24_bytes},
                       {"payload", "thin"}}),
              IsEmpty());
  EXPECT_THAT(faults({{"webhook", Json::object()}}), ElementsAre("required @ /webhook/url"));
  EXPECT_THAT(webhook({{"events", Json::array()}}), ElementsAre("too_short @ /webhook/events"));
  EXPECT_THAT(webhook({{"events", {"job.done"}}}), ElementsAre("not_allowed @ /webhook/events/0"));
  EXPECT_THAT(webhook({{"events", {"job.failed", 5}}}), ElementsAre("wrong_type @ /webhook/events/1"));
  EXPECT_THAT(webhook({{"payload", "slim"}}), ElementsAre("not_allowed @ /webhook/payload"));
  EXPECT_THAT(webhook({{"method", "PUT"}}), ElementsAre("unknown_field @ /webhook/method"));
  for (const std::string& bad :
       {std::string("secret"), of_3_bytes, std::string("whsec_not base64!"), of_24_bytes.substr(6)})
    EXPECT_THAT(webhook({{"secret", bad}}), ElementsAre("malformed @ /webhook/secret")) << bad;
}

TEST_F(Validation, TheDefaultsOfTheContractMayBeWrittenOut) {
  EXPECT_THAT(
      faults(Json::parse(
          R"({"priority": 0, "delay_seconds": 0, "run_at": null, "expires_at": null, "max_attempts": 5,
    "backoff": {"initial_seconds": 1, "factor": 2, "max_seconds": 3600, "jitter": true}, "timeout_seconds": 60,
    "total_timeout_seconds": null, "concurrency_key": null, "unique": null, "depends_on": [ ], "webhook": null, "tags": {},
    "on_dependency_failure": "fail", "description": null, "confirmation_required": false, "manifest": null, "map": null, "report": null,
    "failure_threshold": null, "canary": null, "retain_seconds": 604800})")),
      IsEmpty());
}

TEST_F(Validation, APayloadIsCheckedAgainstItsOperation) {
  const struct {
    std::string type;
    Json payload;
    std::vector<std::string> faults;
  } rows[] = {
      {"geocode", Json::object(), {"required @ /payload/address"}},
      {"geocode", {{"adress", "Paris"}}, {"required @ /payload/address", "unknown_field @ /payload/adress"}},
      {"geocode", {{"address", 5}}, {"wrong_type @ /payload/address"}},
      {"geocode", "Paris", {"wrong_type @ /payload"}},
      {"geocode", {"Paris"}, {"wrong_type @ /payload"}},
      {"reverse",
       {{"lat", 91}, {"lng", -181}},
       {"out_of_range @ /payload/lat", "out_of_range @ /payload/lng"}},
      {"reverse", Json::object(), {"required @ /payload/lat", "required @ /payload/lng"}},
      {"reverse", 5, {"wrong_type @ /payload"}},
      {"sleep", Json::object(), {"required @ /payload/seconds"}},
      {"sleep", {{"seconds", -1}}, {"out_of_range @ /payload/seconds"}},
      {"sleep", {{"seconds", "1"}}, {"wrong_type @ /payload/seconds"}},
      {"http", Json::object(), {"required @ /payload/url"}},
      {"http", {{"url", "gopher://x/"}}, {"malformed @ /payload/url"}},
      {"http",
       {{"url", "http://127.0.0.1/"}, {"headers", {{"Host", "x"}}}},
       {"not_allowed @ /payload/headers/Host"}},
      {"http",
       {{"url", "http://127.0.0.1/"}, {"expect_status", {99}}},
       {"out_of_range @ /payload/expect_status/0"}},
      {"http", "http://127.0.0.1/", {"wrong_type @ /payload"}},
  };
  for (const auto& [type, payload, expected] : rows)
    EXPECT_EQ(faults({{"type", type}, {"payload", payload}}), expected) << type << " " << payload;
}

TEST_F(Validation, TheDocumentedDefaultsAreWhatAJobHas) {
  const Json job = json_of(submit(Json::object()));
  EXPECT_EQ(job.at("priority"), 0);
  EXPECT_EQ(job.at("max_attempts"), 5);
  EXPECT_EQ(job.at("payload"), Json::object());
  EXPECT_EQ(job.at("tags"), Json::object());
  for (const std::string none : {"description", "run_at", "expires_at", "started_at", "finished_at", "result",
                                 "error", "state_reason"})
    EXPECT_TRUE(job.at(none).is_null()) << none;
  EXPECT_EQ(json_of(app().post("/v1/jobs", R"({"type":"echo"})")).at("queue"), "default");
}

}  // namespace
}  // namespace waypost::test
