#include <gmock/gmock.h>

#include "crash/seed.hpp"
#include "support/http_client.hpp"
#include "support/process.hpp"

namespace waypost::test {
namespace {

using ::testing::IsEmpty;
using ::testing::Not;

std::vector<std::filesystem::path> files_in(const std::filesystem::path& directory) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(directory))
    files.push_back(entry.path().filename());
  return files;
}

TEST(TornState, AnUploadThatACrashCutOffLeavesNothingBehind) {
  WaypostProcess service;
  service.start();
  {
    RawClient upload(service.port());
    std::string rows = "address\n";
    while (rows.size() < 3'000'000) rows += "Paris\n";
    upload.send(
        "POST /v1/jobs?type=geocode HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/csv\r\nContent-Length: "
        "9000000\r\n\r\n" +
        rows);
    const auto written = [&] {
      std::uintmax_t bytes = 0;
      for (const auto& file : files_in(service.data() / "manifests")) {
        std::error_code gone;
        bytes += std::filesystem::file_size(service.data() / "manifests" / file, gone);
      }
      return bytes;
    };
    ASSERT_TRUE(eventually([&] { return written() > 1'000'000; }));
    service.kill();
  }
  ASSERT_THAT(files_in(service.data() / "manifests"), Not(IsEmpty()));

  service.start();
  EXPECT_THAT(files_in(service.data() / "manifests"), IsEmpty());
  EXPECT_EQ(json_at(HttpClient(service.port()).get("/v1/jobs").body, "data"), "[]");
}

TEST(TornState, FilesWithoutTheirJobGoAtTheNextStart) {
  WaypostProcess service;
  service.start();
  HttpClient client(service.port());
  const auto accepted = client.send({.method = "POST",
                                     .target = "/v1/jobs?type=geocode",
                                     .body = "address\nParis\nRome\n",
                                     .content_type = "text/csv"});
  const std::string id = json_at(accepted.body, "id");
  client.get("/v1/jobs/" + id + "?wait=20");
  service.kill();
  const auto manifests = files_in(service.data() / "manifests"),
             reports = files_in(service.data() / "reports");
  // As if the kill had come between the end of an upload and the commit of its job, or of a forgotten job's
  // files.
  const std::string other = "01M83P10HQ0007DHPVNQ71KV8E";
  ASSERT_FALSE(id.ends_with(other));
  for (const auto& file : manifests)
    std::filesystem::copy(service.data() / "manifests" / file,
                          service.data() / "manifests" / ("man_" + other + file.extension().string()));
  for (const auto& file : reports)
    std::filesystem::copy(service.data() / "reports" / file,
                          service.data() / "reports" / ("job_" + other + ".report"));

  service.start();
  EXPECT_THAT(files_in(service.data() / "manifests"), ::testing::UnorderedElementsAreArray(manifests));
  EXPECT_THAT(files_in(service.data() / "reports"), ::testing::UnorderedElementsAreArray(reports));
  EXPECT_EQ(manifests.size(), 2U);
  EXPECT_EQ(reports.size(), 1U);
  EXPECT_THAT(HttpClient(service.port()).get("/v1/jobs/" + id + "/report").body,
              ::testing::HasSubstr("\nRome,2,succeeded,"));
}

TEST(TornState, AJobIsFoundWhenTheKillComesRightAfterIts202) {
  WaypostProcess service({"queues.default.concurrency=0"});  // it stays as it was accepted
  std::vector<std::string> ids;
  for (int i = 0; i < 10; ++i) {
    service.start();
    HttpClient client(service.port());
    const auto response = client.post("/v1/jobs", R"({"type":"echo","payload":{"n":1}})");
    service.kill();
    ASSERT_EQ(response.status, 202) << response.body;
    ids.push_back(json_at(response.body, "id"));
  }
  service.start();
  HttpClient client(service.port());
  for (const std::string& id : ids) {
    const auto job = client.get("/v1/jobs/" + id);
    EXPECT_EQ(job.status, 200) << id;
    EXPECT_EQ(json_at(job.body, "state"), "queued") << job.body;
  }
}

TEST(TornState, ABatchIsWholeWhenTheKillComesRightAfterIts202) {
  WaypostProcess service;
  service.start();
  const auto accepted = HttpClient(service.port())
                            .send({.method = "POST",
                                   .target = "/v1/jobs?type=geocode",
                                   .body = "address\nParis\nRome\n",
                                   .content_type = "text/csv"});
  service.kill();
  ASSERT_EQ(accepted.status, 202) << accepted.body;

  service.start();
  HttpClient client(service.port());
  const std::string self = json_at(accepted.body, "links/self");
  const std::string job = client.get(self + "?wait=20").body;
  EXPECT_EQ(json_at(job, "state"), "succeeded") << job;
  EXPECT_EQ(json_at(job, "progress/succeeded"), "2") << job;
  EXPECT_THAT(client.get(self + "/report").body, ::testing::HasSubstr("\nRome,2,succeeded,"));
}

}  // namespace
}  // namespace waypost::test
