#include <gmock/gmock.h>

#include "support/app_fixture.hpp"
#include "support/gzip.hpp"
#include "support/sink.hpp"
#include "waypost/base/text.hpp"

// §3.5: a manifest goes in with one request, a report comes out.
namespace waypost::test {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;
using Rows = std::vector<std::vector<std::string>>;

/// Reads CSV as RFC 4180 has it, by other code than the service's.
Rows read_csv(const std::string& text) {
  Rows rows;
  std::vector<std::string> row(1);
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted && c == '"' && i + 1 < text.size() && text[i + 1] == '"')
      row.back() += text[++i];
    else if (c == '"')
      quoted = !quoted;
    else if (quoted)
      row.back() += c;
    else if (c == ',')
      row.emplace_back();
    else if (c == '\n')
      rows.push_back(std::exchange(row, std::vector<std::string>(1)));
    else if (c != '\r')
      row.back() += c;
  }
  return rows;
}

const std::vector<std::string> geocode_columns{
    "row",           "status",       "attempts",       "error_code",
    "error_message", "duration_ms",  "geocode_status", "formatted_address",
    "lat",           "lng",          "location_type",  "place_id",
    "types",         "partial_match"};

std::vector<std::string> joined(std::vector<std::string> first, const std::vector<std::string>& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

class Batches : public SharedApp<Batches> {
 public:
  static void configure(app::Config& config) { config.queues["held"].concurrency = 0; }

  /// The id of a batch over this CSV.
  static std::string start(const std::string& query, const std::string& csv) {
    const auto response = app().post_csv("/v1/jobs?" + query, csv);
    if (response.status != 202) throw std::runtime_error(response.body);
    return json_of(response).at("id");
  }
  static RawResponse report(const std::string& id, const Headers& headers = {}) {
    return app().get("/v1/jobs/" + id + "/report", headers);
  }
  static Rows ended_report(const std::string& id) {
    app().ended(id);
    return read_csv(report(id).body);
  }
};

TEST_F(Batches, ACsvOfAddressesBecomesAGeocodedCsv) {
  const auto response =
      app().post_csv("/v1/jobs?type=geocode", "id,address\n7,\"Toledo, Spain\"\n8,qqqqqq\n9,Reykjavík\n");
  ASSERT_EQ(response.status, 202) << response.body;
  EXPECT_TRUE(response.has("location"));
  const std::string id = json_of(response).at("id");
  const Json job = app().ended(id);
  EXPECT_EQ(job.at("state"), "succeeded");
  const Json& progress = job.at("progress");
  EXPECT_EQ(progress.at("total"), 3);
  EXPECT_EQ(progress.at("succeeded"), 3);
  EXPECT_EQ(progress.at("failed"), 0);
  EXPECT_EQ(progress.at("percent"), 100);
  EXPECT_TRUE(progress.at("eta_seconds").is_null());
  EXPECT_EQ(job.at("links").at("report"), "/v1/jobs/" + id + "/report");

  const auto answer = report(id);
  EXPECT_EQ(answer.status, 200);
  EXPECT_TRUE(answer.field("content-type").starts_with("text/csv")) << answer.field("content-type");
  const Rows rows = read_csv(answer.body);
  ASSERT_THAT(rows, SizeIs(4));
  EXPECT_EQ(rows[0], joined({"id", "address"}, geocode_columns));
  EXPECT_THAT(rows, Each(SizeIs(16)));
  EXPECT_THAT(std::vector(rows[1].begin(), rows[1].begin() + 5),
              ElementsAre("7", "Toledo, Spain", "1", "succeeded", "1"));
  EXPECT_EQ(rows[1][8], "OK");
  EXPECT_EQ(rows[1][9], "Toledo, Spain");
  EXPECT_EQ(rows[1][12], "APPROXIMATE");
  EXPECT_EQ(rows[1][14], "locality|political");
  EXPECT_EQ(rows[1][15], "false");
  EXPECT_EQ(rows[2][8], "ZERO_RESULTS");
  EXPECT_EQ(rows[2][3], "succeeded");
  EXPECT_THAT(rows[3][9], HasSubstr("Reykjav"));
}

TEST_F(Batches, RowsStayInInputOrderAcrossChunks) {
  std::string csv = "n\n";
  for (int i = 1; i <= 5000; ++i) csv += std::to_string(i) + "\n";
  const std::string id = start("type=echo", csv);
  const Rows rows = ended_report(id);
  ASSERT_THAT(rows, SizeIs(5001));
  EXPECT_THAT(rows[0], ElementsAre("n", "row", "status", "attempts", "error_code", "error_message",
                                   "duration_ms", "result"));
  for (std::size_t i = 1; i < rows.size(); ++i) {
    ASSERT_EQ(rows[i][0], std::to_string(i));
    ASSERT_EQ(rows[i][1], std::to_string(i));
    ASSERT_EQ(Json::parse(rows[i][7]).at("n"), std::to_string(i));
  }
  EXPECT_EQ(app().job(id).at("progress").at("succeeded"), 5000);
}

TEST_F(Batches, AMalformedRowFailsAloneAndTheBatchEndsPartial) {
  const std::string id = start("type=geocode", "id,address\n1,Paris\n2\n3,Berlin,too,many\n4,Rome\n");
  const Json job = app().ended(id);
  EXPECT_EQ(job.at("state"), "partial");
  EXPECT_EQ(job.at("progress").at("succeeded"), 2);
  EXPECT_EQ(job.at("progress").at("failed"), 2);
  EXPECT_EQ(job.at("error").at("code"), "rows_failed");
  const Rows rows = ended_report(id);
  ASSERT_THAT(rows, SizeIs(5));
  EXPECT_THAT(rows, Each(SizeIs(16)));
  for (const std::size_t bad : {2u, 3u}) {
    EXPECT_EQ(rows[bad][3], "failed");
    EXPECT_EQ(rows[bad][5], "malformed_row");
    EXPECT_FALSE(rows[bad][6].empty());
    EXPECT_TRUE(rows[bad][8].empty());
  }
  EXPECT_EQ(rows[4][3], "succeeded");
}

TEST_F(Batches, ABatchFailsWhenEveryRowDoes) {
  const std::string id = start("type=reverse", "lat,lng\n91,0\nnorth,east\n");
  EXPECT_EQ(app().ended(id).at("state"), "failed");
  const Rows rows = ended_report(id);
  ASSERT_THAT(rows, SizeIs(3));
  EXPECT_EQ(rows[1][5], "validation_failed");
}

TEST_F(Batches, ReverseBatchesTakeTheirPointsByName) {
  const Rows rows = ended_report(start("type=reverse", "lng,lat\n2.3522,48.8566\n"));
  ASSERT_THAT(rows, SizeIs(2));
  EXPECT_EQ(rows[0], joined({"lng", "lat"}, joined({geocode_columns.begin(), geocode_columns.begin() + 8},
                                                   {"result_lat", "result_lng", "location_type", "place_id",
                                                    "types", "partial_match"})));
  EXPECT_THAT(rows[1][9], HasSubstr("Paris"));
}

TEST_F(Batches, OurColumnsGiveWayToThoseOfTheInput) {
  const Rows rows = ended_report(start("type=echo", "status,row\nmine,5\n"));
  ASSERT_THAT(rows, SizeIs(2));
  EXPECT_THAT(rows[0], ElementsAre("status", "row", "result_row", "result_status", "attempts", "error_code",
                                   "error_message", "duration_ms", "result"));
  EXPECT_THAT(std::vector(rows[1].begin(), rows[1].begin() + 5),
              ElementsAre("mine", "5", "1", "succeeded", "1"));
}

TEST_F(Batches, AMapBuildsFieldsFromColumns) {
  const std::string map = "map.address=" + text::percent_encode("{town}, {land}") + "&map.language=fr";
  const Rows rows = ended_report(start("type=geocode&" + map, "town,land\nToledo,Spain\n"));
  ASSERT_THAT(rows, SizeIs(2));
  EXPECT_EQ(rows[1][8], "OK");
  EXPECT_THAT(rows[1][9], HasSubstr("Espagne"));
}

TEST_F(Batches, AMapThatDoesNotFitIsRefusedWithItsParameter) {
  const auto faults = [](const std::string& query) {
    return faults_of(expect_problem(app().post_csv("/v1/jobs?type=geocode&" + query, "town\nToledo\n"), 422,
                                    "validation_failed"));
  };
  EXPECT_THAT(faults("map.address=%7Bcity%7D"), ElementsAre("unknown_column @ map.address"));
  EXPECT_THAT(faults("map.address=%7Btown"), ElementsAre("malformed_template @ map.address"));
  EXPECT_THAT(faults("map.address=%7Btown%7D&map.colour=red"), ElementsAre("unknown_field @ map.colour"));
  EXPECT_THAT(faults("priority=0"), ElementsAre("required @ map"));
}

TEST_F(Batches, EveryFieldOfAJobMayStandInTheQuery) {
  const auto response = app().post_csv(
      "/v1/"
      "jobs?type=echo&queue=held&priority=7&max_attempts=3&backoff.initial_seconds=5&backoff.jitter=false&"
      "timeout_seconds=9&"
      "tag.team=maps&description=two%20words&retain_seconds=60&webhook.url=http%3A%2F%2F127.0.0.1%3A9%2F&"
      "webhook.events=job.failed,job.partial&"
      "report.scope=failed&report.format=ndjson&run_at=2020-01-01T00:00:00Z",
      "a\n1\n");
  ASSERT_EQ(response.status, 202) << response.body;
  const Json job = json_of(response);
  EXPECT_EQ(job.at("queue"), "held");
  EXPECT_EQ(job.at("priority"), 7);
  EXPECT_EQ(job.at("max_attempts"), 3);
  EXPECT_EQ(job.at("tags"), (Json{{"team", "maps"}}));
  EXPECT_EQ(job.at("description"), "two words");
  EXPECT_EQ(job.at("progress").at("total"), 1);
}

TEST_F(Batches, FaultsInTheQueryAreReportedAllAtOnceAs422WithParameters) {
  const auto faults = [](const std::string& query) {
    return faults_of(expect_problem(app().post_csv("/v1/jobs?" + query, "a\n1\n"), 422, "validation_failed"));
  };
  EXPECT_THAT(
      faults("type=echo&colour=red&priority=high&backoff.factor=99&webhook.events=job.done&report.scope=some&"
             "report.format=xml&report.size=1"),
      ElementsAre("not_allowed @ report.format", "not_allowed @ report.scope", "not_allowed @ webhook.events",
                  "out_of_range @ backoff.factor", "required @ webhook.url", "unknown_field @ colour",
                  "unknown_field @ report.size", "wrong_type @ priority"));
  EXPECT_THAT(faults("priority=1"), ElementsAre("required @ type"));
  EXPECT_THAT(faults("type=echo&priority=1&priority=2"), ElementsAre("repeated @ priority"));
  EXPECT_THAT(faults("type=echo&payload=1"), ElementsAre("unknown_field @ payload"));
  EXPECT_THAT(faults("type=echo&tag.=x"), ElementsAre("out_of_range @ tag."));
  expect_problem(app().post_csv("/v1/jobs?type=geocod", "a\n1\n"), 422, "unknown_operation");
  const Json forbidden = expect_problem(
      app().post_csv("/v1/jobs?type=echo&webhook.url=http://10.0.0.1/", "a\n1\n"), 422, "egress_forbidden");
  EXPECT_THAT(faults_of(forbidden), ElementsAre("egress_forbidden @ webhook.url"));
}

TEST_F(Batches, AManifestWithoutRowsIsRefused) {
  for (const std::string csv : {"", "address\n", "address", "\xef\xbb\xbf"}) {
    const auto response = app().post_csv("/v1/jobs?type=geocode", csv);
    SCOPED_TRACE(csv);
    expect_problem(response, 422, "empty_manifest");
  }
  expect_problem(
      app().call("POST", "/v1/jobs?type=geocode", {{"Content-Type", "application/x-ndjson"}}, "\n"), 422,
      "empty_manifest");
}

TEST_F(Batches, AManifestThatCannotBeReadOnIsRefusedWithLineAndColumn) {
  const Json unclosed =
      expect_problem(app().post_csv("/v1/jobs?type=geocode", "id,address\n1,Paris\n2,\"Ber\nlin"), 422,
                     "malformed_manifest");
  EXPECT_EQ(unclosed.value("line", 0), 3) << unclosed;
  EXPECT_EQ(unclosed.value("column", 0), 3) << unclosed;
  const Json not_utf8 = expect_problem(app().post_csv("/v1/jobs?type=geocode", "address\nParis\nab\xff\n"),
                                       422, "malformed_manifest");
  EXPECT_EQ(not_utf8.value("line", 0), 3) << not_utf8;
  EXPECT_EQ(not_utf8.value("column", 0), 3) << not_utf8;
  const Json not_json =
      expect_problem(app().call("POST", "/v1/jobs?type=geocode", {{"Content-Type", "application/x-ndjson"}},
                                "{\"address\":\"Rome\"}\n{\"address\":}\n"),
                     422, "malformed_manifest");
  EXPECT_EQ(not_json.value("line", 0), 2) << not_json;
  EXPECT_EQ(not_json.value("column", 0), 12) << not_json;
}

TEST_F(Batches, ARefusedManifestLeavesNoFile) {
  const auto files = [] {
    return std::distance(std::filesystem::directory_iterator(app().data_dir() / "manifests"),
                         std::filesystem::directory_iterator());
  };
  const auto before = files();
  expect_problem(app().post_csv("/v1/jobs?type=geocode", "address\n\"Paris\n"), 422, "malformed_manifest");
  expect_problem(app().post_csv("/v1/jobs?type=geocode", "town\nParis\n"), 422, "validation_failed");
  EXPECT_EQ(files(), before);
}

TEST_F(Batches, AManifestMayComeGzipped) {
  const std::string csv = "address\nParis\n";
  const Rows plain = ended_report(start("type=geocode", csv));
  for (const Headers& headers : {Headers{}, Headers{{"Content-Encoding", "gzip"}}}) {
    const auto response = app().post_csv("/v1/jobs?type=geocode", gzip(csv), headers);
    ASSERT_EQ(response.status, 202) << response.body;
    Rows rows = ended_report(json_of(response).at("id"));
    ASSERT_THAT(rows, SizeIs(2));
    rows[1][6] = plain[1][6];  // the milliseconds
    EXPECT_EQ(rows, plain);
  }
  const std::string whole = gzip(csv);
  const Json broken = expect_problem(
      app().post_csv("/v1/jobs?type=geocode", whole.substr(0, whole.size() - 5)), 422, "malformed_manifest");
  EXPECT_TRUE(broken.contains("byte")) << broken;
}

TEST_F(Batches, AByteOrderMarkIsNoPartOfTheFirstColumn) {
  const Rows rows = ended_report(start("type=geocode",
                                       "\xef\xbb\xbf"
                                       "address\r\nParis\r\n"));
  ASSERT_THAT(rows, SizeIs(2));
  EXPECT_EQ(rows[1][7], "OK");
}

TEST_F(Batches, NdjsonInIsNdjsonOut) {
  const std::string row = R"({"address":"Toledo, Spain","big":12345678901234567890123})";
  const auto response =
      app().call("POST", "/v1/jobs?type=geocode", {{"Content-Type", "application/x-ndjson"}},
                 row + "\n{\"adress\":\"Rome\"}\n");
  ASSERT_EQ(response.status, 202) << response.body;
  const std::string id = json_of(response).at("id");
  EXPECT_EQ(app().ended(id).at("state"), "partial");
  const auto answer = report(id);
  EXPECT_EQ(answer.field("content-type"), "application/x-ndjson");
  const auto lines = text::split(answer.body, '\n');
  ASSERT_EQ(lines.size(), 3u) << answer.body;
  const Json first = Json::parse(lines[0]), second = Json::parse(lines[1]);
  EXPECT_EQ(first.at("row"), 1);
  EXPECT_THAT(lines[0], HasSubstr("\"input\":" + row));
  EXPECT_EQ(first.at("status"), "succeeded");
  EXPECT_EQ(first.at("attempts"), 1);
  EXPECT_TRUE(first.at("error").is_null());
  EXPECT_EQ(first.at("result").at("status"), "OK");
  EXPECT_EQ(second.at("status"), "failed");
  EXPECT_TRUE(second.at("result").is_null());
  EXPECT_TRUE(second.at("error").contains("message"));
}

TEST_F(Batches, AReportMayBeOfTheFailedRowsOnlyAndInAnotherFormat) {
  const std::string csv = "id,address\n1,Paris\n2\n3,Rome\n";
  const Rows failed = ended_report(start("type=geocode&report.scope=failed", csv));
  ASSERT_THAT(failed, SizeIs(2));
  EXPECT_EQ(failed[1][2], "2");
  const std::string id = start("type=geocode&report.format=json&report.scope=failed", csv);
  app().ended(id);
  const Json rows = json_of(report(id));
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows.at(0).at("row"), 2);
  EXPECT_EQ(rows.at(0).at("error").at("code"), "malformed_row");
}

TEST_F(Batches, AReportIsReadInRangesUnderOneEntityTag) {
  const std::string id = start("type=echo", "a\n1\n2\n3\n");
  app().ended(id);
  const auto whole = report(id);
  const std::string etag = whole.field("etag");
  ASSERT_FALSE(etag.empty());
  EXPECT_EQ(whole.field("accept-ranges"), "bytes");
  const std::size_t size = whole.body.size();
  const auto part = report(id, {{"Range", "bytes=5-9"}});
  EXPECT_EQ(part.status, 206);
  EXPECT_EQ(part.body, whole.body.substr(5, 5));
  EXPECT_EQ(part.field("content-range"), "bytes 5-9/" + std::to_string(size));
  EXPECT_EQ(part.field("etag"), etag);
  EXPECT_EQ(report(id, {{"Range", "bytes=-4"}}).body, whole.body.substr(size - 4));
  EXPECT_EQ(report(id, {{"Range", "bytes=7-"}}).body, whole.body.substr(7));
  const auto beyond = report(id, {{"Range", "bytes=" + std::to_string(size) + "-"}});
  expect_problem(beyond, 416, "range_not_satisfiable");
  EXPECT_EQ(beyond.field("content-range"), "bytes */" + std::to_string(size));
  EXPECT_EQ(report(id, {{"Range", "bytes=0-0"}, {"If-Range", etag}}).status, 206);
  EXPECT_EQ(report(id, {{"Range", "bytes=0-0"}, {"If-Range", "\"other\""}}).status, 200);
  EXPECT_EQ(report(id, {{"If-None-Match", etag}}).status, 304);
}

TEST_F(Batches, AReportIsGzippedWhenThatIsAccepted) {
  std::string csv = "a\n";
  for (int i = 0; i < 200; ++i) csv += "the same value again\n";
  const std::string id = start("type=echo", csv);
  app().ended(id);
  const auto zipped = report(id, {{"Accept-Encoding", "gzip"}});
  EXPECT_EQ(zipped.field("content-encoding"), "gzip");
  EXPECT_EQ(gunzip(zipped.body), report(id).body);
}

TEST_F(Batches, AReportIsAConflictUntilTheBatchHasEnded) {
  const std::string id = start("type=echo&queue=held", "a\n1\n");
  expect_problem(report(id), 409, "conflict");
}

TEST_F(Batches, ACancelledBatchHasAReportOfRowsNotRun) {
  const std::string id = start("type=geocode&queue=held", "address\nParis\nRome\n");
  ASSERT_EQ(app().post("/v1/jobs/" + id + "/cancel").status, 200);
  const Rows rows = ended_report(id);
  ASSERT_THAT(rows, SizeIs(3));
  for (const std::size_t row : {1u, 2u}) {
    EXPECT_EQ(rows[row][2], "not_run");
    EXPECT_EQ(rows[row][3], "0");
    EXPECT_TRUE(rows[row][6].empty());
  }
}

TEST_F(Batches, ARetriedBatchRunsAgain) {
  const std::string id = start("type=geocode&queue=default", "id,address\n1,Paris\n2\n");
  EXPECT_EQ(app().ended(id).at("state"), "partial");
  ASSERT_EQ(app().post("/v1/jobs/" + id + "/retry").status, 200);
  const Json job = app().ended(id);
  EXPECT_EQ(job.at("state"), "partial");
  EXPECT_EQ(job.at("attempt"), 2);
  EXPECT_EQ(job.at("progress").at("total"), 2);
  EXPECT_EQ(job.at("progress").at("succeeded"), 1);
  EXPECT_THAT(ended_report(id), SizeIs(3));
}

TEST_F(Batches, APreferredWaitAnswersWithTheEndedBatch) {
  const auto response = app().post_csv("/v1/jobs?type=geocode", "address\nParis\n", {{"Prefer", "wait=20"}});
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(json_of(response).at("state"), "succeeded");
}

}  // namespace
}  // namespace waypost::test
