#include <gmock/gmock.h>

#include "support/http_client.hpp"
#include "support/process.hpp"
#include "support/sink.hpp"

// What waits, and for what, is the same after kill -9: each answer that was given holds.
namespace waypost::test {
namespace {

class Waiting : public testing::Test {
 protected:
  void SetUp() override { service_.start(); }

  /// kill -9 right after the last answer, and another start on what is left.
  void crash() {
    client_.reset();
    service_.kill();
    service_.start();
  }
  HttpClient& client() {
    if (!client_) client_.emplace(service_.port());
    return *client_;
  }
  RawResponse post(const std::string& target, const std::string& body) { return client().post(target, body); }
  RawResponse patch(const std::string& target, const std::string& body) {
    return client().send({.method = "PATCH", .target = target, .body = body});
  }
  std::string submit(const std::string& members) {
    const auto answer = post("/v1/jobs", R"({"type":"echo",)" + members + "}");
    EXPECT_EQ(answer.status, 202) << answer.body;
    return json_at(answer.body, "id");
  }
  std::string state(const std::string& id) { return json_at(client().get("/v1/jobs/" + id).body, "state"); }
  bool reaches(const std::string& id, const std::string& wanted) {
    return eventually([&] { return state(id) == wanted; });
  }
  void hold(const std::string& queue) {
    ASSERT_EQ(patch("/v1/queues/" + queue, R"({"paused":true})").status, 200);
  }
  void release(const std::string& queue) {
    ASSERT_EQ(patch("/v1/queues/" + queue, R"({"paused":false})").status, 200);
  }

  WaypostProcess service_{{R"(egress.allow=["127.0.0.1/32"])", "webhooks.retry_seconds=[0]"}};
  std::optional<HttpClient> client_;
};

TEST_F(Waiting, APausedJobStaysPausedAndGoesOnWhenItIsResumed) {
  hold("q");
  const std::string paused = submit(R"("queue":"q")"), other = submit(R"("queue":"q")");
  ASSERT_EQ(post("/v1/jobs/" + paused + "/pause", "{}").status, 200);
  crash();
  release("q");
  EXPECT_TRUE(reaches(other, "succeeded"));
  EXPECT_EQ(state(paused), "paused");
  ASSERT_EQ(post("/v1/jobs/" + paused + "/resume", "{}").status, 200);
  EXPECT_TRUE(reaches(paused, "succeeded"));
}

TEST_F(Waiting, AJobStillWaitsForThoseItDependsOn) {
  hold("q");
  const std::string first = submit(R"("queue":"q")");
  const std::string second = submit(R"("depends_on":[")" + first + "\"]");
  const std::string third = submit(R"("depends_on":[")" + second + "\"]");
  crash();
  EXPECT_EQ(state(second), "blocked");
  EXPECT_EQ(state(third), "blocked");
  release("q");
  EXPECT_TRUE(reaches(third, "succeeded"));
  EXPECT_EQ(state(second), "succeeded");
}

TEST_F(Waiting, AUniqueKeyIsStillItsHolders) {
  hold("q");
  const std::string job = R"("queue":"q","unique":{"key":"img-7"})";
  const std::string holder = submit(job);
  crash();
  const auto again = post("/v1/jobs", R"({"type":"echo",)" + job + "}");
  EXPECT_EQ(again.status, 200);
  EXPECT_EQ(json_at(again.body, "id"), holder);
  const auto refused =
      post("/v1/jobs", R"({"type":"echo","queue":"q","unique":{"key":"img-7","on_conflict":"reject"}})");
  EXPECT_EQ(refused.status, 409);
  release("q");
  ASSERT_TRUE(reaches(holder, "succeeded"));
  EXPECT_NE(submit(R"("unique":{"key":"img-7"})"), holder) << "free again once it has ended";
}

TEST_F(Waiting, OfAConcurrencyKeyOneRunsAtATimeAlsoAfterwards) {
  // Each call is held until the next one would have come, if it could.
  Sink target([](const Sink::Request&) { return Sink::Answer{.status = 200, .hold = true}; });
  std::vector<std::string> ids;
  for (int i = 0; i < 3; ++i) {
    const auto answer = post("/v1/jobs", R"({"type":"http","concurrency_key":"k","payload":{"url":")" +
                                             target.url("/" + std::to_string(i)) + R"("}})");
    ASSERT_EQ(answer.status, 202) << answer.body;
    ids.push_back(json_at(answer.body, "id"));
  }
  target.wait_for(1);
  crash();
  target.wait_for(2);  // the first one again
  const std::string stats = client().get("/v1/stats").body;
  EXPECT_EQ(json_at(stats, "jobs/by_state/running"), "1") << stats;
  EXPECT_EQ(json_at(stats, "jobs/by_state/queued"), "2") << stats;
  target.release();
  for (const std::string& id : ids) EXPECT_TRUE(reaches(id, "succeeded"));
}

TEST_F(Waiting, AnEndpointThatAnswered410StaysDisabled) {
  Sink gone([](const Sink::Request&) { return Sink::Answer{.status = 410}; });
  const auto made = post("/v1/webhook-endpoints", R"({"url":")" + gone.url() + R"("})");
  ASSERT_EQ(made.status, 201) << made.body;
  const std::string path = "/v1/webhook-endpoints/" + json_at(made.body, "id");
  const auto reason = [&] { return json_at(client().get(path).body, "disabled/reason"); };
  const std::string first = submit(R"("queue":"a")");
  ASSERT_TRUE(eventually([&] { return reason() == "gone"; }));
  crash();
  EXPECT_EQ(reason(), "gone");
  ASSERT_TRUE(reaches(submit(R"("queue":"a")"), "succeeded"));
  EXPECT_EQ(json_at(client().get("/v1/stats").body, "webhooks/pending"), "0");
  EXPECT_EQ(gone.requests().size(), 1u) << "it is told nothing more";
}

TEST_F(Waiting, TheSettingsOfAQueueHold) {
  ASSERT_EQ(patch("/v1/queues/q",
                  R"({"paused":true,"concurrency":7,"concurrency_per_key":3,"rate_per_second":2.5})")
                .status,
            200);
  crash();
  const std::string id = submit(R"("queue":"q")");
  const std::string queues = client().get("/v1/queues").body;
  for (const auto* const setting :
       {R"("paused":true)", R"("concurrency":7)", R"("concurrency_per_key":3)", R"("rate_per_second":2.5)"})
    EXPECT_THAT(queues, testing::HasSubstr(setting));
  EXPECT_EQ(json_at(client().get("/v1/jobs/" + id + "/explain").body, "state"), "queued");
  release("q");
  EXPECT_TRUE(reaches(id, "succeeded"));
}

}  // namespace
}  // namespace waypost::test
