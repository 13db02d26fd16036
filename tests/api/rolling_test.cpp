#include <gmock/gmock.h>

#include "support/app_fixture.hpp"
#include "support/http_client.hpp"
#include "support/sink.hpp"
#include "waypost/webhook/signature.hpp"

// What is replaced while clients are at work: none of their requests fails.
namespace waypost::test {
namespace {

/// Clients that submit jobs without a pause until they are stopped, each with the key that is given out then.
class Load {
 public:
  Load(std::uint16_t port, std::string key) : key_(std::move(key)) {
    for (int i = 0; i < 3; ++i)
      threads_.emplace_back([this, port](const std::stop_token& stop) { run(port, stop); });
  }
  void use(std::string key) {
    const std::scoped_lock lock(mutex_);
    key_ = std::move(key);
  }
  /// Waits until every client has sent a few more requests than by now.
  void go_on() {
    std::unique_lock lock(mutex_);
    const auto until = sent_ + 100;
    if (!progress_.wait_for(lock, std::chrono::minutes{1},
                            [&] { return sent_ >= until || !failed_.empty(); }))
      throw std::runtime_error("the clients stand still");
  }
  std::vector<std::string> stop() {
    threads_.clear();
    return failed_;
  }

 private:
  void run(std::uint16_t port, const std::stop_token& stop) {
    HttpClient client(port);
    while (!stop.stop_requested()) {
      std::string key;
      {
        const std::scoped_lock lock(mutex_);
        key = key_;
      }
      HttpClient::Request request{.method = "POST", .target = "/v1/jobs", .body = R"({"type":"echo"})"};
      if (!key.empty()) request.fields = {"Authorization: Bearer " + key};
      const auto response = client.try_send(request);
      const std::scoped_lock lock(mutex_);
      ++sent_;
      if (!response || response->status != 202)
        failed_.push_back(response ? std::to_string(response->status) + " " + response->body : "no answer");
      progress_.notify_all();
    }
  }

  std::mutex mutex_;
  std::condition_variable progress_;
  std::string key_;
  int sent_ = 0;
  std::vector<std::string> failed_;
  std::vector<std::jthread> threads_;
};

TEST(Rolling, AnApiKeyUnderLoadFailsNoRequest) {
  RunningApp app;
  const auto make = [&](const std::string& scope, const Headers& headers) {
    return json_of(app.post("/v1/api-keys", Json{{"name", "k"}, {"scopes", {scope}}}.dump(), headers));
  };
  const Headers boss{{"Authorization", "Bearer " + make("admin", {}).at("key").get<std::string>()}};
  Json key = make("jobs:write", boss);
  Load load(app.port(), key.at("key"));
  for (int i = 0; i < 5; ++i) {
    load.go_on();
    const Json next = make("jobs:write", boss);
    load.use(next.at("key"));
    load.go_on();  // nobody uses the old one any more
    EXPECT_EQ(app.call("DELETE", "/v1/api-keys/" + key.at("id").get<std::string>(), boss).status, 204);
    key = next;
  }
  EXPECT_THAT(load.stop(), testing::IsEmpty());
}

TEST(Rolling, ASecretKeyUnderLoadFailsNoRequestAndNoWebhook) {
  Sink sink([](const Sink::Request&) { return Sink::Answer{.status = 204}; });
  RunningApp app;
  const Json endpoint = json_of(app.post("/v1/webhook-endpoints", Json{{"url", sink.url()}}.dump()));
  const auto secret = *webhook::parse_secret(endpoint.at("secret").get<std::string>());
  Load load(app.port(), "");
  for (int i = 0; i < 3; ++i) {
    load.go_on();
    EXPECT_EQ(app.post("/v1/secret-keys").status, 201);
    EXPECT_EQ(app.post("/v1/secret-keys/reseal").status, 200);
    load.go_on();
  }
  const Json keys = json_of(app.get("/v1/secret-keys")).at("data");
  ASSERT_EQ(keys.size(), 4U);
  for (const auto& key : keys) EXPECT_EQ(key.at("secrets") > 0, key.at("in_use").get<bool>()) << key;
  EXPECT_THAT(load.stop(), testing::IsEmpty());
  const auto last = app.submit({{"type", "echo"}, {"tags", {{"last", "one"}}}});
  const auto told = sink.wait_until(
      [&](const Sink::Request& request) { return request.body.find(last) != std::string::npos; });
  EXPECT_TRUE(webhook::verify(secret,
                              {.id = told.field("webhook-id"),
                               .timestamp = told.field("webhook-timestamp"),
                               .signature = told.field("webhook-signature"),
                               .body = told.body},
                              SystemClock().now()));
}

TEST(Rolling, AWebhookSecretUnderLoadFailsNoRequestAndNoDelivery) {
  Sink sink([](const Sink::Request&) { return Sink::Answer{.status = 204}; });
  RunningApp app;
  Json endpoint = json_of(app.post("/v1/webhook-endpoints", Json{{"url", sink.url()}}.dump()));
  const std::string path = "/v1/webhook-endpoints/" + endpoint.at("id").get<std::string>();
  std::vector<std::string> secrets{endpoint.at("secret")};
  Load load(app.port(), "");
  for (int i = 0; i < 5; ++i) {
    load.go_on();
    const auto rotated = app.post(path + "/rotate-secret");
    EXPECT_EQ(rotated.status, 200) << rotated.body;
    secrets.push_back(json_of(rotated).at("secret"));
  }
  load.go_on();
  EXPECT_THAT(load.stop(), testing::IsEmpty());
  // Whoever knows any one secret of the last day verifies all that came since it was made.
  const auto last = app.submit({{"type", "echo"}});
  const auto told = sink.wait_until(
      [&](const Sink::Request& request) { return request.body.find(last) != std::string::npos; });
  for (const auto& secret : secrets)
    EXPECT_TRUE(webhook::verify(*webhook::parse_secret(secret),
                                {.id = told.field("webhook-id"),
                                 .timestamp = told.field("webhook-timestamp"),
                                 .signature = told.field("webhook-signature"),
                                 .body = told.body},
                                SystemClock().now()));
  EXPECT_EQ(json_of(app.get(path)).at("disabled"), nullptr);
}

}  // namespace
}  // namespace waypost::test
