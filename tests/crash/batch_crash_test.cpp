#include <gmock/gmock.h>
#include <zlib.h>

#include "crash/seed.hpp"
#include "support/http_client.hpp"
#include "support/process.hpp"

namespace waypost::test {
namespace {

constexpr int rows = sanitized ? 20000 : 60000;
constexpr int kills = 5;

std::vector<std::string> city_names() {
  const gzFile file = ::gzopen(WAYPOST_SOURCE_DIR "/data/gazetteer/cities.txt.gz", "rb");
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

/// The job once it is terminal.
std::string ended(HttpClient& client, const std::string& id) {
  std::string job;
  eventually([&] {
    job = client.get("/v1/jobs/" + id + "?wait=15").body;
    const std::string state = json_at(job, "state");
    return state == "succeeded" || state == "partial" || state == "failed" || state == "cancelled";
  });
  return job;
}

int rows_done(std::string_view job) {
  return std::stoi(json_at(job, "progress/succeeded")) + std::stoi(json_at(job, "progress/failed"));
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

}  // namespace
}  // namespace waypost::test
