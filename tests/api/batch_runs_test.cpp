#include <gmock/gmock.h>

#include "support/app_fixture.hpp"
#include "support/sink.hpp"
#include "waypost/base/text.hpp"

// §3.5: how a batch runs: rows that wait, retries, thresholds, canaries, steering, manifests by URL.
namespace waypost::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

constexpr std::string_view cities = "address\nParis\nRome\n";
/// `printf 'address\nParis\nRome\n' | sha256sum`
constexpr std::string_view cities_etag = "d5e01d52154b4f67db2a54579cdac23ab58be87d5a2d1b1f2e353b4c9107f317";

class BatchRuns : public SharedApp<BatchRuns> {
 public:
  static std::string post(const Json& job) {
    const auto response = app().post("/v1/jobs", job.dump());
    if (response.status != 202) throw std::runtime_error(response.body);
    return json_of(response).at("id");
  }
  /// An `http` batch of `count` rows that call `sink` at /1, /2 and so on.
  static Json calls(const Sink& sink, int count) {
    Json rows = Json::array();
    for (int row = 1; row <= count; ++row) rows.push_back({{"url", sink.url("/" + std::to_string(row))}});
    return {{"type", "http"},
            {"manifest", {{"rows", rows}}},
            {"backoff", {{"initial_seconds", 0.01}, {"factor", 1}}}};
  }
  /// The rows of an NDJSON report.
  static std::vector<Json> report(const std::string& id) {
    std::vector<Json> rows;
    const auto report = app().get("/v1/jobs/" + id + "/report").body;
    for (const auto line : text::split(report, '\n'))
      if (!line.empty()) rows.push_back(Json::parse(line));
    return rows;
  }
  static RawResponse steer(const std::string& id, const std::string& what,
                           const Json& body = Json::object()) {
    return app().post("/v1/jobs/" + id + "/" + what, body.dump());
  }
  static std::size_t count(const std::vector<Json>& rows, std::string_view status) {
    return static_cast<std::size_t>(
        std::ranges::count_if(rows, [&](const Json& row) { return row.at("status") == status; }));
  }
  /// How often each path was called.
  static std::map<std::string, int> times(Sink& sink) {
    std::map<std::string, int> seen;
    for (const auto& request : sink.requests()) ++seen[request.path];
    return seen;
  }
};

int number_of(const Sink::Request& request) {
  return std::stoi(request.path.substr(1));
}

TEST_F(BatchRuns, RowsThatCallAreReportedInOrderAndSentOnce) {
  Sink sink([](const Sink::Request& request) {
    return Sink::Answer{.status = 200,
                        .fields = {{"Content-Type", "application/json"}},
                        .body = "{\"path\":\"" + request.path + "\"}"};
  });
  const std::string id = post(calls(sink, 1000));
  const Json job = app().ended(id);
  EXPECT_EQ(job.at("state"), "succeeded");
  EXPECT_EQ(job.at("progress").at("succeeded"), 1000);
  EXPECT_GT(job.at("progress").at("rate_per_second").get<double>(), 0);
  const auto rows = report(id);
  ASSERT_THAT(rows, SizeIs(1000));
  for (int row = 1; row <= 1000; ++row) {
    const Json& line = rows[static_cast<std::size_t>(row) - 1];
    ASSERT_EQ(line.at("row"), row);
    ASSERT_EQ(line.at("result").at("body").at("path"), "/" + std::to_string(row));
  }
  for (const auto& [path, seen] : times(sink)) EXPECT_EQ(seen, 1) << path;
}

TEST_F(BatchRuns, RowsRunAtOnce) {
  Sink sink([](const Sink::Request&) { return Sink::Answer{.status = 200, .hold = true}; });
  const std::string id = post(calls(sink, 60));
  sink.wait_for(60);
  sink.release();
  EXPECT_EQ(app().ended(id).at("state"), "succeeded");
}

TEST_F(BatchRuns, ARowThatFailsIsTriedAgainWithoutItsNeighbours) {
  std::atomic<int> refused = 0;
  Sink sink([&](const Sink::Request& request) {
    const bool busy = number_of(request) % 10 == 0 && refused.fetch_add(1) < 10;
    return Sink::Answer{.status = busy ? 503 : 200};
  });
  const std::string id = post(calls(sink, 50));
  EXPECT_EQ(app().ended(id).at("state"), "succeeded");
  int again = 0;
  for (const Json& row : report(id)) again += row.at("attempts").get<int>() - 1;
  EXPECT_EQ(again, 10);
  for (const auto& [path, seen] : times(sink))
    if (std::stoi(path.substr(1)) % 10 != 0) EXPECT_EQ(seen, 1) << path;
}

TEST_F(BatchRuns, ARowFailsForGoodAfterItsLastAttempt) {
  Sink sink([](const Sink::Request& request) {
    return Sink::Answer{.status = number_of(request) == 2 ? 500 : 200};
  });
  Json batch = calls(sink, 3);
  batch["max_attempts"] = 3;
  const std::string id = post(batch);
  EXPECT_EQ(app().ended(id).at("state"), "partial");
  const auto rows = report(id);
  EXPECT_EQ(rows[1].at("status"), "failed");
  EXPECT_EQ(rows[1].at("attempts"), 3);
  EXPECT_EQ(rows[1].at("error").at("code"), "http_status");
  EXPECT_EQ(times(sink).at("/2"), 3);
}

TEST_F(BatchRuns, OnlyFailedRowsRunAgainWhenThatIsAsked) {
  std::atomic<bool> mended = false;
  Sink sink([&](const Sink::Request& request) {
    const int number = number_of(request);
    return Sink::Answer{.status = number == 7 || (number % 4 == 0 && !mended) ? 404 : 200};
  });
  const std::string id = post(calls(sink, 250));
  Json job = app().ended(id);
  EXPECT_EQ(job.at("state"), "partial");
  EXPECT_EQ(job.at("progress").at("failed"), 63);
  mended = true;
  ASSERT_EQ(steer(id, "retry", {{"rows", "failed"}}).status, 200);
  job = app().ended(id);
  EXPECT_EQ(job.at("state"), "partial");
  EXPECT_EQ(job.at("progress").at("succeeded"), 249);
  EXPECT_EQ(job.at("progress").at("failed"), 1);
  const auto rows = report(id);
  ASSERT_THAT(rows, SizeIs(250));
  for (std::size_t row = 1; row <= 250; ++row) {
    const bool again = row % 4 == 0 || row == 7;
    EXPECT_EQ(rows[row - 1].at("row"), row);
    EXPECT_EQ(rows[row - 1].at("status"), row == 7 ? "failed" : "succeeded");
    EXPECT_EQ(rows[row - 1].at("attempts"), again ? 2 : 1);
    EXPECT_EQ(times(sink).at("/" + std::to_string(row)), again ? 2 : 1);
  }
  ASSERT_EQ(steer(id, "retry", {{"rows", "failed"}}).status, 200);
  EXPECT_EQ(app().ended(id).at("progress").at("failed"), 1);
  expect_problem(steer(id, "retry", {{"rows", "some"}}), 422, "validation_failed");
  EXPECT_THAT(faults_of(expect_problem(steer(id, "retry", {{"row", 1}}), 422, "validation_failed")),
              ElementsAre("unknown_field @ /row"));
}

TEST_F(BatchRuns, ThereMustBeFailedRowsToRunThemAgain) {
  const std::string plain = post({{"type", "echo"}});
  app().ended(plain);
  expect_problem(steer(plain, "retry", {{"rows", "failed"}}), 409, "conflict");
  const std::string fine = post({{"type", "echo"}, {"manifest", {{"rows", {{{"n", 1}}}}}}});
  app().ended(fine);
  expect_problem(steer(fine, "retry", {{"rows", "failed"}}), 409, "conflict");
}

TEST_F(BatchRuns, PastItsThresholdABatchFailsAndSaysWhy) {
  Json rows = Json::array();
  for (int i = 0; i < 5000; ++i) rows.push_back({{"lat", 91}, {"lng", 0}});
  const std::string id = post({{"type", "reverse"},
                               {"manifest", {{"rows", rows}}},
                               {"failure_threshold", {{"ratio", 0.5}, {"after_tasks", 100}}}});
  const Json job = app().ended(id);
  EXPECT_EQ(job.at("state"), "failed");
  EXPECT_EQ(job.at("error").at("code"), "failure_threshold");
  EXPECT_THAT(job.at("state_reason").get<std::string>(), HasSubstr("more than the 50 %"));
  const auto lines = report(id);
  ASSERT_THAT(lines, SizeIs(5000));
  EXPECT_GE(count(lines, "failed"), 100u);
  EXPECT_LT(count(lines, "failed"), 1000u) << "it stops between rows and not after whole chunks";
  EXPECT_EQ(count(lines, "failed"), job.at("progress").at("failed"));
  EXPECT_EQ(count(lines, "failed") + count(lines, "not_run"), 5000u);
}

TEST_F(BatchRuns, WithinItsThresholdABatchEndsPartial) {
  const std::string id =
      post({{"type", "reverse"},
            {"manifest", {{"rows", {{{"lat", 91}, {"lng", 0}}, {{"lat", 1}, {"lng", 0}}}}}},
            {"failure_threshold", {{"ratio", 0.5}}}});
  EXPECT_EQ(app().ended(id).at("state"), "partial");
}

TEST_F(BatchRuns, PastItsThresholdABatchMayPauseAndGoOnWhenItIsResumed) {
  Json rows = Json::array();
  for (int i = 0; i < 4000; ++i) rows.push_back({{"lat", i < 3000 ? 91 : 1}, {"lng", 0}});
  const std::string id =
      post({{"type", "reverse"},
            {"manifest", {{"rows", rows}}},
            {"failure_threshold", {{"ratio", 0.5}, {"after_tasks", 100}, {"action", "pause"}}}});
  const Json paused = app().until_state(id, "paused");
  EXPECT_THAT(paused.at("state_reason").get<std::string>(), HasSubstr("failure_threshold"));
  // What had failed by then is judged and not again.
  for (Json job = paused; job.at("state") == "paused";) {
    ASSERT_EQ(steer(id, "resume").status, 200);
    job = app().until(
        id, [](const Json& now) { return now.at("state") == "paused" || !now.at("finished_at").is_null(); });
  }
  const Json job = app().ended(id);
  EXPECT_EQ(job.at("state"), "partial");
  EXPECT_EQ(job.at("progress").at("failed"), 3000);
  EXPECT_EQ(job.at("progress").at("succeeded"), 1000);
}

TEST_F(BatchRuns, ACanaryRunsItsRowsAndAsksBeforeTheRest) {
  Sink sink([](const Sink::Request& request) {
    return Sink::Answer{.status = number_of(request) == 3 ? 404 : 200};
  });
  Json batch = calls(sink, 230);
  batch["canary"] = {{"rows", 130}};
  const std::string id = post(batch);
  const Json asked = app().until_state(id, "awaiting_confirmation");
  EXPECT_EQ(asked.at("progress").at("succeeded"), 129);
  EXPECT_EQ(asked.at("progress").at("failed"), 1);
  EXPECT_EQ(asked.at("progress").at("total"), 230);
  EXPECT_TRUE(asked.at("progress").at("eta_seconds").is_number()) << asked;
  EXPECT_FALSE(asked.at("state_reason").is_null());
  EXPECT_THAT(sink.requests(), SizeIs(130));
  ASSERT_EQ(steer(id, "confirm").status, 200);
  EXPECT_EQ(app().ended(id).at("progress").at("succeeded"), 229);
  EXPECT_THAT(report(id), SizeIs(230));
  for (const auto& [path, seen] : times(sink)) EXPECT_EQ(seen, 1) << path;
}

TEST_F(BatchRuns, ACancelledCanaryReportsWhatItDid) {
  const std::string id = post({{"type", "echo"},
                               {"manifest", {{"rows", {{{"n", 1}}, {{"n", 2}}, {{"n", 3}}}}}},
                               {"canary", {{"rows", 2}}}});
  app().until_state(id, "awaiting_confirmation");
  ASSERT_EQ(steer(id, "cancel").status, 200);
  const auto rows = report(id);
  EXPECT_EQ(rows[1].at("status"), "succeeded");
  EXPECT_EQ(rows[2].at("status"), "not_run");
}

TEST_F(BatchRuns, ThresholdAndCanaryMayStandInTheQueryAndAreChecked) {
  const auto response = app().post_csv(
      "/v1/jobs?type=echo&canary.rows=1&failure_threshold.ratio=0.25&failure_threshold.after_tasks=5&"
      "failure_threshold.action=pause",
      "a\n1\n2\n");
  ASSERT_EQ(response.status, 202) << response.body;
  app().until_state(json_of(response).at("id"), "awaiting_confirmation");
  EXPECT_THAT(faults_of(expect_problem(
                  app().post_csv("/v1/jobs?type=echo&canary.rows=0&canary.size=1&failure_threshold.ratio=2&"
                                 "failure_threshold.action=stop",
                                 "a\n1\n"),
                  422, "validation_failed")),
              ElementsAre("not_allowed @ failure_threshold.action", "out_of_range @ canary.rows",
                          "out_of_range @ failure_threshold.ratio", "unknown_field @ canary.size"));
  EXPECT_THAT(faults_of(expect_problem(
                  app().post("/v1/jobs", R"({"type":"echo","canary":{"rows":1},"failure_threshold":{}})"),
                  422, "validation_failed")),
              ElementsAre("conflict @ /canary", "conflict @ /failure_threshold",
                          "required @ /failure_threshold/ratio"));
}

TEST_F(BatchRuns, PausedMidwayItStartsNoMoreRowsAndSendsNoneTwiceWhenItGoesOn) {
  Sink sink([](const Sink::Request& request) {
    return Sink::Answer{.status = 200, .hold = number_of(request) > 100};
  });
  const std::string id = post(calls(sink, 600));
  sink.wait_for(110);
  ASSERT_EQ(steer(id, "pause").status, 200);
  sink.release();
  const Json paused = app().until_state(id, "paused");
  const std::size_t sent = sink.requests().size();
  EXPECT_EQ(paused.at("progress").at("succeeded"), sent) << "what was under way has ended and counts";
  EXPECT_LT(sent, 600u);
  ASSERT_EQ(steer(id, "resume").status, 200);
  EXPECT_EQ(app().ended(id).at("progress").at("succeeded"), 600);
  for (const auto& [path, seen] : times(sink)) EXPECT_EQ(seen, 1) << path;
}

TEST_F(BatchRuns, CancelledMidwayItsCallsAreDroppedAndItsReportIsExact) {
  Sink sink([](const Sink::Request& request) {
    return Sink::Answer{.status = 200, .hold = number_of(request) % 2 == 0};
  });
  const std::string id = post(calls(sink, 300));
  sink.wait_for(100);
  ASSERT_EQ(steer(id, "cancel").status, 200);
  const Json job = app().ended(id);
  EXPECT_EQ(job.at("state"), "cancelled");
  const auto rows = report(id);
  ASSERT_THAT(rows, SizeIs(300));
  EXPECT_EQ(count(rows, "succeeded"), job.at("progress").at("succeeded"));
  EXPECT_EQ(count(rows, "succeeded") + count(rows, "not_run"), 300u);
  for (const Json& row : rows)
    if (row.at("status") == "succeeded") EXPECT_EQ(row.at("row").get<int>() % 2, 1);
}

TEST_F(BatchRuns, EveryOperationRunsOverRows) {
  const auto ends_well = [](const Json& job) { return app().ended(post(job)).at("state") == "succeeded"; };
  EXPECT_TRUE(
      ends_well({{"type", "sleep"}, {"manifest", {{"rows", {{{"seconds", 0.001}}, {{"seconds", 0}}}}}}}));
  EXPECT_TRUE(ends_well({{"type", "echo"}, {"manifest", {{"rows", {{{"n", 1}}}}}}}));
  EXPECT_TRUE(ends_well({{"type", "reverse"}, {"manifest", {{"rows", {{{"lat", 48.85}, {"lng", 2.35}}}}}}}));
  EXPECT_TRUE(ends_well({{"type", "geocode"}, {"manifest", {{"rows", {{{"address", "Paris"}}}}}}}));
}

TEST_F(BatchRuns, AManifestIsFetchedFromItsAddress) {
  Sink sink([](const Sink::Request&) {
    return Sink::Answer{.status = 200, .fields = {{"Content-Type", "text/csv"}}, .body = std::string(cities)};
  });
  const auto accepted = app().post(
      "/v1/jobs",
      Json{{"type", "geocode"}, {"manifest", {{"url", sink.url("/m")}, {"etag", cities_etag}}}}.dump());
  ASSERT_EQ(accepted.status, 202) << accepted.body;
  EXPECT_EQ(json_of(accepted).at("state"), "preparing");
  const std::string id = json_of(accepted).at("id");
  const Json job = app().ended(id);
  EXPECT_EQ(job.at("state"), "succeeded");
  EXPECT_EQ(job.at("progress").at("total"), 2);
  EXPECT_THAT(app().get("/v1/jobs/" + id + "/report").body, HasSubstr("Paris, France"));
}

TEST_F(BatchRuns, AManifestThatCannotBeHadFailsItsJobWithTheReasonAndLeavesNoFile) {
  Sink sink([](const Sink::Request& request) {
    if (request.path == "/gone") return Sink::Answer{.status = 404};
    const std::string body = request.path == "/open" ? "a\n\"1\n" : std::string(cities);
    return Sink::Answer{.status = 200, .fields = {{"Content-Type", "text/csv"}}, .body = body};
  });
  const auto files = [] {
    return std::distance(std::filesystem::directory_iterator(app().data_dir() / "manifests"),
                         std::filesystem::directory_iterator());
  };
  const auto before = files();
  const auto error = [&](const Json& manifest, const Json& map = Json::object()) {
    const Json job = app().ended(post({{"type", "geocode"}, {"manifest", manifest}, {"map", map}}));
    EXPECT_EQ(job.at("state"), "failed");
    expect_problem(app().get(job.at("links").at("report").get<std::string>()), 404, "not_found");
    return job.at("error");
  };
  EXPECT_EQ(error({{"url", sink.url("/m")}, {"etag", std::string(64, '0')}}).at("code"), "etag_mismatch");
  const Json malformed = error({{"url", sink.url("/open")}});
  EXPECT_EQ(malformed.at("code"), "malformed_manifest");
  EXPECT_THAT(malformed.at("message").get<std::string>(), HasSubstr("line 2, column 1"));
  EXPECT_EQ(error({{"url", sink.url("/gone")}}).at("code"), "http_status");
  EXPECT_EQ(error({{"url", sink.url("/m")}}, {{"address", "{town}"}}).at("code"), "validation_failed");
  EXPECT_EQ(files(), before);
}

TEST_F(BatchRuns, AFetchIsTriedAgainAndARetryFetchesAnew) {
  std::atomic<int> refusals = 2;
  Sink sink([&](const Sink::Request&) {
    if (refusals-- > 0) return Sink::Answer{.status = 503};
    return Sink::Answer{.status = 200, .fields = {{"Content-Type", "text/csv"}}, .body = std::string(cities)};
  });
  Json batch{
      {"type", "geocode"}, {"manifest", {{"url", sink.url("/m")}}}, {"backoff", {{"initial_seconds", 0.01}}}};
  EXPECT_EQ(app().ended(post(batch)).at("state"), "succeeded");
  refusals = 1;
  batch["max_attempts"] = 1;
  const std::string id = post(batch);
  EXPECT_EQ(app().ended(id).at("state"), "failed");
  ASSERT_EQ(steer(id, "retry").status, 200);
  EXPECT_EQ(app().ended(id).at("state"), "succeeded");
}

TEST_F(BatchRuns, AJobIsCancelledWhileItsManifestIsFetched) {
  Sink sink([](const Sink::Request&) { return Sink::Answer{.status = 200, .hold = true}; });
  const std::string id = post({{"type", "geocode"}, {"manifest", {{"url", sink.url("/m")}}}});
  sink.wait_for(1);
  ASSERT_EQ(steer(id, "cancel").status, 200);
  EXPECT_EQ(app().ended(id).at("state"), "cancelled");
}

TEST_F(BatchRuns, ConfirmationIsAskedForOnceTheManifestIsThere) {
  Sink sink([](const Sink::Request&) {
    return Sink::Answer{.status = 200, .fields = {{"Content-Type", "text/csv"}}, .body = std::string(cities)};
  });
  const std::string id =
      post({{"type", "geocode"}, {"manifest", {{"url", sink.url("/m")}}}, {"confirmation_required", true}});
  EXPECT_EQ(app().until_state(id, "awaiting_confirmation").at("progress").at("total"), 2);
  ASSERT_EQ(steer(id, "confirm").status, 200);
  EXPECT_EQ(app().ended(id).at("state"), "succeeded");
}

TEST_F(BatchRuns, AManifestsAddressIsJudged) {
  for (const std::string url : {"http://10.0.0.1/m", "http://169.254.169.254/m"})
    EXPECT_THAT(faults_of(expect_problem(
                    app().post("/v1/jobs", Json{{"type", "echo"}, {"manifest", {{"url", url}}}}.dump()), 422,
                    "egress_forbidden")),
                ElementsAre("egress_forbidden @ /manifest/url"));
  EXPECT_THAT(
      faults_of(expect_problem(
          app().post("/v1/jobs", R"({"type":"echo","manifest":{"url":"ftp://example.com/","etag":"abc"}})"),
          422, "validation_failed")),
      ElementsAre("malformed @ /manifest/etag", "malformed @ /manifest/url"));
}

}  // namespace
}  // namespace waypost::test
