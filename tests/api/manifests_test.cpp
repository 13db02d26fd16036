#include <gmock/gmock.h>

#include "support/app_fixture.hpp"
#include "support/gzip.hpp"
#include "waypost/base/text.hpp"

// §3.5: manifests by themselves, and jobs over them.
namespace waypost::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

/// `printf 'address\nParis\nRome\n' | sha256sum`
constexpr std::string_view two_cities = "address\nParis\nRome\n";
constexpr std::string_view two_cities_etag =
    "d5e01d52154b4f67db2a54579cdac23ab58be87d5a2d1b1f2e353b4c9107f317";

class Manifests : public SharedApp<Manifests> {
 public:
  static void configure(app::Config& config) { config.queues["held"].concurrency = 0; }

  static RawResponse upload(std::string_view csv, Headers headers = {}) {
    return app().post_csv("/v1/manifests", csv, std::move(headers));
  }
  static std::string stored(std::string_view csv = two_cities) {
    const auto response = upload(csv);
    if (response.status != 201) throw std::runtime_error(response.body);
    return json_of(response).at("id");
  }
  static RawResponse post(const Json& job) { return app().post("/v1/jobs", job.dump()); }
  static Json geocode_over(const Json& manifest) { return {{"type", "geocode"}, {"manifest", manifest}}; }
  static std::string report(const std::string& id) { return app().get("/v1/jobs/" + id + "/report").body; }
  static std::size_t files() {
    return static_cast<std::size_t>(
        std::distance(std::filesystem::directory_iterator(app().data_dir() / "manifests"),
                      std::filesystem::directory_iterator()));
  }
};

TEST_F(Manifests, AnUploadIsDescribedAndFoundAgain) {
  const auto response = upload(two_cities);
  ASSERT_EQ(response.status, 201) << response.body;
  const Json manifest = json_of(response);
  const std::string id = manifest.at("id");
  EXPECT_TRUE(id.starts_with("man_"));
  EXPECT_EQ(response.field("location"), "/v1/manifests/" + id);
  EXPECT_EQ(manifest.at("rows"), 2);
  EXPECT_EQ(manifest.at("bytes"), two_cities.size());
  EXPECT_EQ(manifest.at("etag"), two_cities_etag);
  EXPECT_EQ(manifest.at("columns"), Json::array({"address"}));
  const auto found = app().get("/v1/manifests/" + id);
  EXPECT_EQ(found.status, 200);
  EXPECT_EQ(json_of(found), manifest);
  EXPECT_EQ(found.field("etag"), "\"" + std::string(two_cities_etag) + "\"");
  const Json list = json_of(app().get("/v1/manifests?limit=1"));
  EXPECT_EQ(list.at("data").at(0), manifest);
}

TEST_F(Manifests, GzipAndNdjsonAreMeasuredInflated) {
  const Json zipped = json_of(upload(gzip(std::string(two_cities))));
  EXPECT_EQ(zipped.at("bytes"), two_cities.size());
  EXPECT_EQ(zipped.at("etag"), two_cities_etag);
  const auto response = app().call("POST", "/v1/manifests", {{"Content-Type", "application/x-ndjson"}},
                                   "{\"b\":1}\n{\"a\":2,\"b\":3}\n");
  const Json lines = json_of(response);
  EXPECT_EQ(lines.at("rows"), 2);
  EXPECT_EQ(lines.at("columns"), Json::array({"b", "a"}));
}

TEST_F(Manifests, AListTurnsItsPages) {
  const std::string first = stored(), second = stored();
  const auto page = app().get("/v1/manifests?limit=1");
  const Json body = json_of(page);
  EXPECT_EQ(body.at("data").at(0).at("id"), second);
  EXPECT_THAT(page.field("link"), HasSubstr("rel=\"next\""));
  const Json next =
      json_of(app().get("/v1/manifests?limit=1&cursor=" + body.at("next_cursor").get<std::string>()));
  EXPECT_EQ(next.at("data").at(0).at("id"), first);
  EXPECT_THAT(faults_of(expect_problem(app().get("/v1/manifests?limit=0&cursor=x&color=red"), 400,
                                       "invalid_parameter")),
              SizeIs(3));
}

TEST_F(Manifests, ARepeatedUploadUnderAKeyIsTheFirstOne) {
  const Headers key{{"Idempotency-Key", "manifest-1"}};
  const auto first = upload(two_cities, key);
  const std::size_t before = files();
  const auto again = upload(two_cities, key);
  EXPECT_EQ(again.status, 201);
  EXPECT_EQ(again.body, first.body);
  EXPECT_EQ(again.field("idempotency-replayed"), "true");
  EXPECT_EQ(files(), before);
  expect_problem(upload("address\nOslo\n", key), 422, "idempotency_key_reused");
  EXPECT_EQ(files(), before);
}

TEST_F(Manifests, WhatIsNoManifestIsRefusedAndLeavesNoFile) {
  const std::size_t before = files();
  expect_problem(app().post("/v1/manifests", "{}"), 415, "unsupported_media_type");
  expect_problem(upload("address\n"), 422, "empty_manifest");
  const Json unclosed = expect_problem(upload("a,b\n1,\"2\n"), 422, "malformed_manifest");
  EXPECT_EQ(unclosed.at("line"), 2);
  EXPECT_EQ(unclosed.at("column"), 3);
  expect_problem(app().post_csv("/v1/manifests?name=x", "a\n1\n"), 400, "invalid_parameter");
  EXPECT_EQ(files(), before);
}

TEST_F(Manifests, AJobRunsOverAStoredManifest) {
  const std::string id = stored();
  for (int run = 0; run < 2; ++run) {
    const auto response = post(geocode_over({{"id", id}}));
    ASSERT_EQ(response.status, 202) << response.body;
    const std::string job = json_of(response).at("id");
    EXPECT_EQ(app().ended(job).at("state"), "succeeded");
    const auto whole = report(job);
    const auto lines = text::split(whole, '\n');
    ASSERT_THAT(lines, SizeIs(4));
    EXPECT_THAT(std::string(lines[1]), HasSubstr("Paris, France"));
    EXPECT_THAT(std::string(lines[2]), HasSubstr("Rome, Italy"));
  }
}

TEST_F(Manifests, AJobBringsItsRowsInline) {
  const auto response = post({{"type", "echo"},
                              {"report", {{"format", "json"}}},
                              {"manifest", {{"rows", {{{"n", 1}}, {{"n", 2}, {"deep", {{"x", {1, 2}}}}}}}}}});
  ASSERT_EQ(response.status, 202) << response.body;
  const std::string id = json_of(response).at("id");
  EXPECT_EQ(app().ended(id).at("progress").at("succeeded"), 2);
  const Json rows = Json::parse(report(id));
  ASSERT_THAT(rows, SizeIs(2));
  EXPECT_EQ(rows[1].at("result"), (Json{{"n", 2}, {"deep", {{"x", {1, 2}}}}}));
}

TEST_F(Manifests, InlineRowsKeepTheirBytesWhateverTheirLines) {
  const std::string id = json_of(app().post("/v1/jobs",
                                            "{\"type\":\"echo\",\"manifest\":{\"rows\":[{\"big\":\n"
                                            "12345678901234567890123,\r\n \"s\":\"a\\nb\"}]}}"))
                             .at("id");
  app().ended(id);
  EXPECT_THAT(report(id), HasSubstr("12345678901234567890123"));
  EXPECT_THAT(text::split(report(id), '\n'), SizeIs(2)) << "one line for one row";
}

TEST_F(Manifests, AMapAndAReportMayStandInTheBody) {
  Json job = geocode_over({{"id", stored("town,land\nToledo,Spain\nX,Y,Z\n")}});
  job["map"] = {{"address", "{town}, {land}"}};
  job["report"] = {{"scope", "failed"}, {"format", "ndjson"}};
  const auto response = post(job);
  ASSERT_EQ(response.status, 202) << response.body;
  const std::string id = json_of(response).at("id");
  EXPECT_EQ(app().ended(id).at("state"), "partial");
  EXPECT_EQ(Json::parse(report(id)).at("error").at("code"), "malformed_row");
}

TEST_F(Manifests, WhatDoesNotFitIsRefusedWithItsPointer) {
  const std::string id = stored();
  const std::size_t before = files();
  const auto faults = [](const Json& job) {
    return faults_of(expect_problem(post(job), 422, "validation_failed"));
  };
  Json mapped = geocode_over({{"id", id}});
  mapped["map"] = {{"address", "{city}"}};
  EXPECT_THAT(faults(mapped), ElementsAre("unknown_column @ /map/address"));
  mapped["manifest"] = {{"rows", {{{"town", "Paris"}}}}};
  EXPECT_THAT(faults(mapped), ElementsAre("unknown_column @ /map/address"));
  EXPECT_THAT(faults(geocode_over({{"id", id}, {"rows", Json::array()}})),
              ElementsAre("required @ /manifest"));
  EXPECT_THAT(faults(geocode_over(Json::object())), ElementsAre("required @ /manifest"));
  EXPECT_THAT(faults(geocode_over({{"rows", {1, Json::object()}}, {"color", 1}})),
              ElementsAre("unknown_field @ /manifest/color", "wrong_type @ /manifest/rows/0"));
  Json with_payload = geocode_over({{"id", id}});
  with_payload["payload"] = {{"address", "Rome"}};
  EXPECT_THAT(faults(with_payload), ElementsAre("conflict @ /payload"));
  EXPECT_THAT(faults({{"type", "echo"}, {"map", {{"a", "b"}}}, {"report", {{"scope", "all"}}}}),
              ElementsAre("conflict @ /map", "conflict @ /report"));
  expect_problem(post(geocode_over({{"rows", Json::array()}})), 422, "empty_manifest");
  EXPECT_EQ(files(), before);
}

TEST_F(Manifests, AnUnknownManifestIsNamed) {
  for (const std::string id : {"man_01ARZ3NDEKTSV4RRFFQ69G5FAV", "man_x", "job_01ARZ3NDEKTSV4RRFFQ69G5FAV"}) {
    const Json problem = expect_problem(post(geocode_over({{"id", id}})), 422, "unknown_manifest");
    EXPECT_THAT(faults_of(problem), ElementsAre("unknown_manifest @ /manifest/id"));
    expect_problem(app().get("/v1/manifests/" + id), 404, "not_found");
    expect_problem(app().call("DELETE", "/v1/manifests/" + id), 404, "not_found");
  }
}

TEST_F(Manifests, OneThatALiveJobUsesIsNotDeletedAndOneThatEndedStillReports) {
  const std::string id = stored();
  Json job = geocode_over({{"id", id}});
  job["queue"] = "held";
  const std::string held = json_of(post(job)).at("id");
  const Json refused = expect_problem(app().call("DELETE", "/v1/manifests/" + id), 409, "conflict");
  EXPECT_THAT(refused.at("detail").get<std::string>(), HasSubstr(held));
  app().post("/v1/jobs/" + held + "/cancel", "");
  EXPECT_EQ(app().call("DELETE", "/v1/manifests/" + id).status, 204);
  expect_problem(app().get("/v1/manifests/" + id), 404, "not_found");
  expect_problem(post(geocode_over({{"id", id}})), 422, "unknown_manifest");
  EXPECT_THAT(report(held), HasSubstr("Paris,1,not_run"));
}

TEST(ManifestLife, IsForgottenWithItsFilesWhenItsTimeIsOver) {
  ManualClock clock;
  RunningApp app(clock, [](app::Config& config) { config.retention.jobs = Seconds{60}; });
  const auto files = [&] {
    return std::distance(std::filesystem::directory_iterator(app.data_dir() / "manifests"),
                         std::filesystem::directory_iterator());
  };
  const std::string id = json_of(app.post_csv("/v1/manifests", two_cities)).at("id");
  EXPECT_EQ(app.get("/v1/manifests/" + id).status, 200);
  EXPECT_EQ(files(), 2);
  clock.advance(Seconds{61});
  while (app.get("/v1/manifests/" + id).status != 404 || files() != 0) std::this_thread::yield();
}

}  // namespace
}  // namespace waypost::test
