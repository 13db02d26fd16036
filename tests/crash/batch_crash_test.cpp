#include <gmock/gmock.h>
#include <zlib.h>

#include "crash/seed.hpp"
#include "support/http_client.hpp"
#include "support/paths.hpp"
#include "support/process.hpp"
#include "support/sink.hpp"

namespace waypost::test {
namespace {

constexpr int rows = sanitized ? 40000 : 150000;
constexpr int kills = 10;

std::vector<std::string> city_names() {
  const gzFile file = ::gzopen(project_file("data/gazetteer/cities.txt.gz").c_str(), "rb");
  if (file == nullptr) throw std::runtime_error("the built-in gazetteer is missing");
  std::vector<std::string> names;
  std::array<char, 16384> line{};
  while (::gzgets(file, line.data(), static_cast<int>(line.size())) != nullptr) {
    const std::string text = line.data();
    const auto begin = text.find('\t') + 1;
    std::string name = text.substr(begin, text.find('\t', begin) - begin);
    if (name.find_first_of(",\"") == std::string::npos) names.push_back(std::move(name));
  }
  ::gzclose(file);
  return names;
}

/// Cities by name, each row with a number of its own; a few rows have a value too many and fail alone.
std::string manifest() {
  const auto names = city_names();
  std::string csv = "number,address\n";
  for (int row = 1; row <= rows; ++row) {
    const std::string& name = names[static_cast<std::size_t>(row) * 7 % names.size()];
    csv += std::to_string(row) + "," + name + (row % 1777 == 0 ? ",too many" : "") + "\n";
  }
  return csv;
}

std::string submit(HttpClient& client, const std::string& csv) {
  const auto response = client.send(
      {.method = "POST", .target = "/v1/jobs?type=geocode", .body = csv, .content_type = "text/csv"});
  EXPECT_EQ(response.status, 202) << response.body;
  return json_at(response.body, "id");
}

int rows_done(std::string_view job) {
  return std::stoi(json_at(job, "progress/succeeded")) + std::stoi(json_at(job, "progress/failed"));
}

/// The job once it is terminal; on a busy machine that takes as long as rows are done.
std::string ended(HttpClient& client, const std::string& id) {
  const auto terminal = [&](std::string& job) {
    job = client.get("/v1/jobs/" + id + "?wait=15").body;
    const std::string state = json_at(job, "state");
    return state == "succeeded" || state == "partial" || state == "failed" || state == "cancelled";
  };
  std::string job;
  int done = -1;
  while (!eventually([&] { return terminal(job); }) && rows_done(job) > done) done = rows_done(job);
  return job;
}

/// The lines of a CSV whose quoted values hold no line ends, without what took its time: the column
/// `duration_ms`.
std::vector<std::string> lines_without_duration(const std::string& csv) {
  std::vector<std::string> lines;
  std::size_t column = 0;
  for (std::size_t begin = 0; begin < csv.size();) {
    const auto end = csv.find('\n', begin);
    std::vector<std::string> values(1);
    bool quoted = false;
    for (const char c : std::string_view(csv).substr(begin, end - begin)) {
      if (c == '"') quoted = !quoted;
      if (c == ',' && !quoted)
        values.emplace_back();
      else
        values.back() += c;
    }
    if (lines.empty())
      column = static_cast<std::size_t>(std::ranges::find(values, "duration_ms") - values.begin());
    values.at(column).clear();
    std::string line;
    for (const auto& value : values) line += value + ",";
    lines.push_back(std::move(line));
    begin = end == std::string::npos ? csv.size() : end + 1;
  }
  return lines;
}

TEST(BatchCrash, AKilledBatchReportsWhatAnUndisturbedOneDoes) {
  std::mt19937_64 random(test_seed());
  WaypostProcess service;
  service.start();
  const std::string csv = manifest();
  auto client = std::make_unique<HttpClient>(service.port());

  const auto began = std::chrono::steady_clock::now();
  const std::string calm = submit(*client, csv);
  const std::string calm_end = ended(*client, calm);
  const auto took = std::chrono::ceil<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began);
  ASSERT_EQ(json_at(calm_end, "state"), "partial") << calm_end;
  const std::string expected = client->get("/v1/jobs/" + calm + "/report").body;

  const std::string id = submit(*client, csv);
  int done = 0;
  for (int kill = 0; kill < kills; ++kill) {
    // A kill that met no progress since the one before would count towards the limit for what kills its
    // worker.
    std::string job;
    ASSERT_TRUE(eventually([&] {
      job = client->get("/v1/jobs/" + id).body;
      return rows_done(job) > done;
    })) << job;
    let_time_pass(random, took / (4 * kills));
    service.kill();
    service.start();
    client = std::make_unique<HttpClient>(service.port());
    job = client->get("/v1/jobs/" + id).body;
    ASSERT_LT(rows_done(job), rows) << "it had ended before the kill, which then showed nothing: " << job;
    EXPECT_GT(rows_done(job), done) << "finished chunks were forgotten: " << job;
    done = rows_done(job);
  }

  const std::string end = ended(*client, id);
  EXPECT_EQ(json_at(end, "state"), "partial") << end;
  EXPECT_EQ(json_at(end, "progress/total"), std::to_string(rows));
  EXPECT_EQ(json_at(end, "progress/succeeded"), json_at(calm_end, "progress/succeeded"));
  EXPECT_EQ(json_at(end, "progress/failed"), json_at(calm_end, "progress/failed"));
  EXPECT_EQ(json_at(end, "progress/percent"), "100");

  const auto report = lines_without_duration(client->get("/v1/jobs/" + id + "/report").body);
  const auto undisturbed = lines_without_duration(expected);
  ASSERT_EQ(report.size(), static_cast<std::size_t>(rows) + 1);
  ASSERT_EQ(report.size(), undisturbed.size());
  for (std::size_t i = 0; i < report.size(); ++i) {
    ASSERT_EQ(report[i], undisturbed[i]) << "line " << i + 1;
    if (i > 0) ASSERT_TRUE(report[i].starts_with(std::to_string(i) + ",")) << report[i];
  }
}

constexpr int called_rows = 3000;

/// Rows that call `target` at /1, /2 and so on.
std::string calls(const std::string& target) {
  std::string lines;
  for (int row = 1; row <= called_rows; ++row)
    lines += R"({"url":")" + target + std::to_string(row) + "\"}\n";
  return lines;
}

/// Row, status and error of each line of an NDJSON report: what does not depend on when it ran.
std::vector<std::string> outcomes(const std::string& report) {
  std::vector<std::string> reported;
  for (std::size_t begin = 0; begin < report.size();) {
    const auto end = report.find('\n', begin);
    const std::string line = report.substr(begin, end - begin);
    reported.push_back(json_at(line, "row") + " " + json_at(line, "status") + " " +
                       json_at(line, "error/code"));
    begin = end + 1;
  }
  return reported;
}

TEST(BatchCrash, AKilledBatchOfCallsSkipsNoRowAndReportsNoneTwice) {
  std::mt19937_64 random(test_seed());
  std::mutex mutex;
  std::map<int, int> seen;
  Sink sink([&](const Sink::Request& request) {
    const int row = std::stoi(request.path.substr(1));
    const std::scoped_lock lock(mutex);
    const int before = seen[row]++;
    const int status = row % 7 == 0 ? 404 : row % 5 == 0 && before == 0 ? 503 : 200;
    return Sink::Answer{.status = status};
  });
  WaypostProcess service({"egress.allow=[\"127.0.0.1/32\"]"});
  service.start();
  auto client = std::make_unique<HttpClient>(service.port());
  const auto response = client->send({.method = "POST",
                                      .target = "/v1/jobs?type=http&backoff.initial_seconds=0.05",
                                      .body = calls(sink.url("/")),
                                      .content_type = "application/x-ndjson"});
  ASSERT_EQ(response.status, 202) << response.body;
  const std::string id = json_at(response.body, "id");
  int done = 0;
  for (int kill = 0; kill < kills; ++kill) {
    std::string job;
    ASSERT_TRUE(eventually([&] {
      job = client->get("/v1/jobs/" + id).body;
      return rows_done(job) > done || json_at(job, "state") == "partial";
    })) << job;
    if (json_at(job, "state") == "partial") break;
    let_time_pass(random, std::chrono::milliseconds{20});
    service.kill();
    service.start();
    client = std::make_unique<HttpClient>(service.port());
    done = rows_done(client->get("/v1/jobs/" + id).body);
  }
  const std::string end = ended(*client, id);
  EXPECT_EQ(json_at(end, "state"), "partial") << end;
  EXPECT_EQ(json_at(end, "progress/failed"), std::to_string(called_rows / 7));
  EXPECT_EQ(json_at(end, "progress/succeeded"), std::to_string(called_rows - called_rows / 7));
  const auto reported = outcomes(client->get("/v1/jobs/" + id + "/report").body);
  ASSERT_EQ(reported.size(), static_cast<std::size_t>(called_rows));
  for (int row = 1; row <= called_rows; ++row)
    ASSERT_EQ(reported[static_cast<std::size_t>(row) - 1],
              std::to_string(row) + (row % 7 == 0 ? " failed http_status" : " succeeded "));
  const std::scoped_lock lock(mutex);
  EXPECT_EQ(seen.size(), static_cast<std::size_t>(called_rows)) << "each row is sent at least once";
}

TEST(BatchCrash, AManifestThatWasBeingFetchedIsFetchedAnew) {
  std::atomic<int> fetches = 0;
  Sink sink([&](const Sink::Request&) {
    return Sink::Answer{.status = 200,
                        .fields = {{"Content-Type", "text/csv"}},
                        .body = "address\nParis\n",
                        .hold = fetches++ == 0};
  });
  WaypostProcess service({"egress.allow=[\"127.0.0.1/32\"]"});
  service.start();
  auto client = std::make_unique<HttpClient>(service.port());
  const auto response =
      client->send({.method = "POST",
                    .target = "/v1/jobs",
                    .body = R"({"type":"geocode","manifest":{"url":")" + sink.url("/m") + "\"}}",
                    .content_type = "application/json"});
  ASSERT_EQ(response.status, 202) << response.body;
  const std::string id = json_at(response.body, "id");
  sink.wait_for(1);
  EXPECT_EQ(json_at(client->get("/v1/jobs/" + id).body, "state"), "preparing");
  service.kill();
  service.start();
  client = std::make_unique<HttpClient>(service.port());
  EXPECT_EQ(json_at(ended(*client, id), "state"), "succeeded");
  EXPECT_EQ(sink.requests().size(), 2U);
}

}  // namespace
}  // namespace waypost::test
