#include <gmock/gmock.h>

#include "support/http_client.hpp"
#include "support/process.hpp"

namespace waypost::test {
namespace {

/// Submits a job that sleeps, once, and waits until it does.
std::string sleeping_job(HttpClient& client, std::string_view seconds) {
  const auto accepted = client.post(
      "/v1/jobs", R"({"type":"sleep","max_attempts":1,"payload":{"seconds":)" + std::string(seconds) + "}}");
  const std::string id = json_at(accepted.body, "id");
  EXPECT_TRUE(eventually([&] { return json_at(client.get("/v1/jobs/" + id).body, "state") == "running"; }));
  return id;
}

bool drains(const WaypostProcess& service) {
  return service.log().find("draining") != std::string::npos;
}

std::string state_of(HttpClient& client, const std::string& id) {
  return json_at(client.get("/v1/jobs/" + id).body, "state");
}

constexpr auto hold = "queues.default.concurrency=0";

TEST(Drain, HandsBackWhatDoesNotEndInTimeAndTheAttemptDoesNotCount) {
  WaypostProcess service({"server.shutdown_seconds=0"});
  service.start();
  std::vector<std::string> ids;
  HttpClient client(service.port());
  for (int i = 0; i < 5; ++i) ids.push_back(sleeping_job(client, "600"));
  service.signal(SIGTERM);
  EXPECT_EQ(service.wait(), 0) << service.log();

  service.start({hold});
  HttpClient held(service.port());
  for (const std::string& id : ids) {
    EXPECT_EQ(state_of(held, id), "queued");
    const std::string attempts = held.get("/v1/jobs/" + id + "/attempts").body;
    EXPECT_THAT(attempts, ::testing::HasSubstr(R"("outcome":"interrupted")")) << attempts;
  }
  service.kill();

  // Its only attempt is still to come: of one that counted there would be none left.
  service.start();
  HttpClient again(service.port());
  for (const std::string& id : ids)
    EXPECT_TRUE(eventually([&] { return state_of(again, id) == "running"; }))
        << again.get("/v1/jobs/" + id).body;
}

TEST(Drain, LetsAJobEndThatEndsInTime) {
  WaypostProcess service({"server.shutdown_seconds=60"});
  service.start();
  HttpClient client(service.port());
  const std::string id = sleeping_job(client, "1");
  service.signal(SIGTERM);
  EXPECT_EQ(service.wait(), 0) << service.log();
  service.start({hold});
  HttpClient again(service.port());
  EXPECT_EQ(state_of(again, id), "succeeded");
}

TEST(Drain, HandsBackABatchAtAChunkAndLosesNoRow) {
  std::string csv = "address\n";
  constexpr int rows = 40000;
  for (int i = 0; i < rows; ++i) csv += "Paris\n";
  WaypostProcess service({"server.shutdown_seconds=0"});
  service.start();
  HttpClient client(service.port());
  const std::string id = json_at(
      client
          .send(
              {.method = "POST", .target = "/v1/jobs?type=geocode", .body = csv, .content_type = "text/csv"})
          .body,
      "id");
  ASSERT_TRUE(
      eventually([&] { return json_at(client.get("/v1/jobs/" + id).body, "progress/succeeded") != "0"; }));
  service.signal(SIGTERM);
  EXPECT_EQ(service.wait(), 0) << service.log();

  service.start();
  HttpClient again(service.port());
  ASSERT_EQ(state_of(again, id) == "failed", false) << again.get("/v1/jobs/" + id).body;
  std::string job;
  ASSERT_TRUE(eventually([&] {
    job = again.get("/v1/jobs/" + id + "?wait=15").body;
    return json_at(job, "state") == "succeeded";
  })) << job;
  EXPECT_EQ(json_at(job, "progress/succeeded"), std::to_string(rows));
  EXPECT_THAT(again.get("/v1/jobs/" + id + "/attempts").body, ::testing::HasSubstr("interrupted"));
}

TEST(Drain, AKillInItsMidstLosesNothing) {
  WaypostProcess service({"server.shutdown_seconds=600"});
  service.start();
  HttpClient client(service.port());
  const std::string id = sleeping_job(client, "600");
  service.signal(SIGTERM);
  ASSERT_TRUE(eventually([&] { return drains(service); }));
  service.kill();

  service.start({hold});
  HttpClient again(service.port());
  const std::string attempts = again.get("/v1/jobs/" + id + "/attempts").body;
  EXPECT_THAT(attempts, ::testing::HasSubstr(R"("outcome":"worker_lost")")) << attempts;
  EXPECT_EQ(state_of(again, id), "failed") << "it had one attempt, and a lost one counts";
}

TEST(Drain, ASecondSignalEndsItAtOnce) {
  WaypostProcess service({"server.shutdown_seconds=600"});
  service.start();
  HttpClient client(service.port());
  const std::string id = sleeping_job(client, "600");
  service.signal(SIGTERM);
  ASSERT_TRUE(eventually([&] { return drains(service); }));
  service.signal(SIGTERM);
  EXPECT_EQ(service.wait(std::chrono::seconds{30}), 128 + SIGTERM);
}

TEST(Drain, ASignalThatComesWithTheFirstLineDrainsToo) {
  WaypostProcess service;
  for (int i = 0; i < 5; ++i) {
    service.start();
    service.signal(SIGTERM);
    EXPECT_EQ(service.wait(), 0) << service.log();
  }
}

}  // namespace
}  // namespace waypost::test
