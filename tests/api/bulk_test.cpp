#include <gmock/gmock.h>

#include "support/app_fixture.hpp"
#include "support/gzip.hpp"
#include "support/sink.hpp"

// §3.3, many jobs at once.
namespace waypost::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class Bulk : public SharedApp<Bulk> {
 public:
  static void configure(app::Config& config) {
    config.queues["held"].concurrency = 0;
    config.server.max_bulk_bytes = 4 << 20;
  }
  static RawResponse bulk(std::string_view body, Headers headers = {}) {
    return app().post("/v1/jobs/bulk", body, std::move(headers));
  }
  static RawResponse lines(std::string_view body, Headers headers = {}) {
    headers.emplace_back("Content-Type", "application/x-ndjson");
    return app().call("POST", "/v1/jobs/bulk", headers, body);
  }
  static RawResponse change(const std::string& what, const Json& filter) {
    return app().post("/v1/jobs/" + what, Json{{"filter", filter}}.dump());
  }
  static std::string job(const std::string& test) {
    return R"({"type":"echo","queue":"held","tags":{"test":")" + test + "\"}}";
  }
  static std::size_t count(const std::string& test) {
    return json_of(app().get("/v1/jobs?limit=1000&tag.test=" + test)).at("data").size();
  }
};

TEST_F(Bulk, AcceptsJobsAsOneDocument) {
  const auto response =
      bulk(R"({"jobs":[{"type":"echo","payload":1},{"type":"echo","payload":2},{"type":"sleep"}]})");
  // `sleep` needs seconds: none is accepted.
  EXPECT_THAT(faults_of(expect_problem(response, 422, "validation_failed")),
              ElementsAre("required @ /jobs/2/payload/seconds"));
  const auto accepted = bulk(R"({"jobs":[{"type":"echo","payload":1},{"type":"echo","payload":2}]})");
  ASSERT_EQ(accepted.status, 202) << accepted.body;
  const Json ids = json_of(accepted).at("ids");
  ASSERT_EQ(ids.size(), 2u);
  EXPECT_EQ(app().ended(ids[0]).at("result"), 1);
  EXPECT_EQ(app().ended(ids[1]).at("result"), 2);
}

TEST_F(Bulk, AcceptsJobsAsLines) {
  const auto accepted = lines("{\"type\":\"echo\",\"payload\":1}\r\n\n{\"type\":\"echo\",\"payload\":2}");
  ASSERT_EQ(accepted.status, 202) << accepted.body;
  const Json ids = json_of(accepted).at("ids");
  ASSERT_EQ(ids.size(), 2u);
  EXPECT_EQ(app().ended(ids[1]).at("result"), 2);
  const auto zipped = lines(gzip("{\"type\":\"echo\"}\n"), {{"Content-Encoding", "gzip"}});
  EXPECT_EQ(zipped.status, 202) << zipped.body;
}

TEST_F(Bulk, TakesTenThousandJobsAndNotOneMore) {
  std::string body;
  for (int i = 0; i < 10000; ++i)
    body += R"({"type":"echo","queue":"held"})"
            "\n";
  const auto accepted = lines(body);
  ASSERT_EQ(accepted.status, 202) << accepted.body;
  EXPECT_EQ(json_of(accepted).at("ids").size(), 10000u);
  const auto response = lines(body + R"({"type":"echo"})");
  EXPECT_THAT(faults_of(expect_problem(response, 422, "validation_failed")), ElementsAre("too_long @ /jobs"));
  const auto changed = change("cancel", {{"queue", "held"}, {"state", "queued"}});
  EXPECT_GE(json_of(changed).at("changed"), 10000);
}

TEST_F(Bulk, NamesEveryFaultAndAcceptsNothing) {
  const std::string good = job("faults");
  const std::string bad = R"({"type":"nope","colour":"red","tags":{"test":"faults"}})";
  const auto expected = ElementsAre("unknown_field @ /jobs/1/colour", "unknown_operation @ /jobs/1/type",
                                    "wrong_type @ /jobs/2", "wrong_type @ /jobs/3/type");
  const auto document = bulk("{\"jobs\":[" + good + "," + bad + ",7,{\"type\":7}]}");
  EXPECT_THAT(faults_of(expect_problem(document, 422, "validation_failed")), expected);
  const auto text = lines(good + "\n" + bad + "\n7\n{\"type\":7}\n");
  EXPECT_THAT(faults_of(expect_problem(text, 422, "validation_failed")), expected);
  EXPECT_EQ(count("faults"), 0u);
}

TEST_F(Bulk, StopsToNameFaultsAtAThousand) {
  std::string body;
  for (int i = 0; i < 3000; ++i) body += "7\n";
  const Json problem = expect_problem(lines(body), 422, "validation_failed");
  EXPECT_EQ(problem.at("errors").size(), 1000u);
}

TEST_F(Bulk, RefusesWhatIsNoListOfJobs) {
  EXPECT_THAT(faults_of(expect_problem(bulk("{}"), 422, "validation_failed")),
              ElementsAre("required @ /jobs"));
  EXPECT_THAT(faults_of(expect_problem(bulk(R"({"jobs":[]})"), 422, "validation_failed")),
              ElementsAre("too_short @ /jobs"));
  EXPECT_THAT(faults_of(expect_problem(lines("\n\n"), 422, "validation_failed")),
              ElementsAre("too_short @ /jobs"));
  EXPECT_THAT(faults_of(expect_problem(bulk(R"({"jobs":[{"type":"echo","manifest":{"rows":[{"a":1}]}}]})"),
                                       422, "validation_failed")),
              ElementsAre("not_allowed @ /jobs/0/manifest"));
  EXPECT_THAT(faults_of(expect_problem(bulk("[]"), 422, "validation_failed")), ElementsAre("wrong_type @ "));
  EXPECT_THAT(
      faults_of(expect_problem(bulk(R"({"jobs":[{"type":"echo"}],"x":1})"), 422, "validation_failed")),
      ElementsAre("unknown_field @ /x"));
  expect_problem(app().call("POST", "/v1/jobs/bulk", {{"Content-Type", "text/csv"}}, "a\n1\n"), 415,
                 "unsupported_media_type");
  const Json broken = expect_problem(lines("{\"type\":\"echo\"}\n{\"type\":\n"), 400, "invalid_json");
  EXPECT_EQ(broken.at("line"), 2);
  EXPECT_THAT(broken.at("detail").get<std::string>(), HasSubstr("line 2 of the body"));
}

TEST_F(Bulk, HasALimitOfBytesOfItsOwn) {
  const std::string pad(3 << 20, 'p');
  EXPECT_EQ(bulk(R"({"jobs":[{"type":"echo","queue":"held","payload":")" + pad + "\"}]}").status, 202);
  expect_problem(bulk(R"({"jobs":[{"type":"echo","payload":")" + pad + pad + "\"}]}"), 413,
                 "payload_too_large");
}

TEST_F(Bulk, JudgesWhereEachJobCalls) {
  const auto response = bulk(
      R"({"jobs":[{"type":"echo"},{"type":"http","payload":{"url":"http://169.254.169.254/x"}},
          {"type":"echo","webhook":{"url":"http://10.0.0.1/"}}]})");
  EXPECT_THAT(
      faults_of(expect_problem(response, 422, "egress_forbidden")),
      ElementsAre("egress_forbidden @ /jobs/1/payload/url", "egress_forbidden @ /jobs/2/webhook/url"));
  const auto named = bulk(R"({"jobs":[{"type":"echo","webhook":{"url":"http://localhost:1/"}}]})");
  EXPECT_EQ(named.status,
            app().post("/v1/jobs", R"({"type":"echo","webhook":{"url":"http://localhost:1/"}})").status);
}

TEST_F(Bulk, IsAnsweredTheSameUnderOneIdempotencyKey) {
  const std::string body = "{\"jobs\":[" + job("key") + "," + job("key") + "]}";
  const auto first = bulk(body, {{"Idempotency-Key", "bulk-1"}});
  const auto again = bulk(body, {{"Idempotency-Key", "bulk-1"}});
  EXPECT_EQ(first.status, 202);
  EXPECT_EQ(again.status, 202);
  EXPECT_EQ(again.body, first.body);
  EXPECT_EQ(again.field("idempotency-replayed"), "true");
  EXPECT_EQ(count("key"), 2u);
  expect_problem(bulk("{\"jobs\":[" + job("key") + "]}", {{"Idempotency-Key", "bulk-1"}}), 422,
                 "idempotency_key_reused");
}

TEST_F(Bulk, JobsAreCancelledAndRetriedByFilter) {
  std::string body;
  for (int i = 0; i < 450; ++i) body += job("steps") + "\n";
  ASSERT_EQ(lines(body).status, 202);
  EXPECT_EQ(json_of(change("cancel", {{"tags", {{"test", "steps"}}}, {"state", {"queued", "scheduled"}}})),
            (Json{{"matched", 450}, {"changed", 450}}));
  EXPECT_EQ(json_of(change("cancel", {{"tags", {{"test", "steps"}}}})),
            (Json{{"matched", 450}, {"changed", 0}}))
      << "what is cancelled already";
  EXPECT_EQ(json_of(change("retry", {{"tags", {{"test", "steps"}}}, {"type", "echo"}, {"queue", {"held"}}})),
            (Json{{"matched", 450}, {"changed", 450}}));
  EXPECT_EQ(json_of(app().get("/v1/jobs?state=queued&tag.test=steps&limit=1000")).at("data").size(), 450u);
  EXPECT_EQ(json_of(change("cancel", {{"created_before", "2000-01-01T00:00:00Z"}})),
            (Json{{"matched", 0}, {"changed", 0}}));
}

TEST_F(Bulk, AFilterIsReadStrictly) {
  const auto faults = [](const std::string& body) {
    return faults_of(expect_problem(app().post("/v1/jobs/cancel", body), 422, "validation_failed"));
  };
  EXPECT_THAT(faults("{}"), ElementsAre("required @ /filter"));
  EXPECT_THAT(faults(R"({"filter":{}})"), ElementsAre("required @ /filter"));
  EXPECT_THAT(faults(R"({"filter":{"tags":{}}})"), ElementsAre("required @ /filter"));
  EXPECT_THAT(faults(R"({"filter":{"state":null}})"), ElementsAre("required @ /filter"));
  EXPECT_THAT(faults(R"({"filter":{"state":[]}})"), ElementsAre("too_short @ /filter/state"));
  EXPECT_THAT(
      faults(
          R"({"filter":{"state":"done","type":[7],"queue":7,"tags":{"a":1},"created_after":"now","x":1}})"),
      ElementsAre("malformed @ /filter/created_after", "not_allowed @ /filter/state",
                  "unknown_field @ /filter/x", "wrong_type @ /filter/queue", "wrong_type @ /filter/tags/a",
                  "wrong_type @ /filter/type/0"));
  EXPECT_THAT(faults(R"({"filter":{"state":"queued"},"limit":5})"), ElementsAre("unknown_field @ /limit"));
  expect_problem(app().call("POST", "/v1/jobs/retry"), 415, "unsupported_media_type");
}

}  // namespace
}  // namespace waypost::test
