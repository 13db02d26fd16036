#include <gmock/gmock.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "support/app_fixture.hpp"
#include "support/sink.hpp"
#include "waypost/base/text.hpp"
#include "waypost/webhook/signing_key.hpp"

// §4: what a job's webhook receives, end to end.
namespace waypost::test {
namespace {

using testing::ElementsAre;

const std::string secret = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";

/// The signature as Standard Webhooks defines it, by other code than the service's.
std::string signature_of(const Sink::Request& request, const std::string& with = secret) {
  const auto key = text::base64_decode(with.substr(6)).value();
  const std::string signed_text =
      request.field("webhook-id") + "." + request.field("webhook-timestamp") + "." + request.body;
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(signed_text.data()), signed_text.size(), digest.data(), &size);
  return "v1," + text::base64(std::span(digest).first(size));
}

class Webhooks : public SharedApp<Webhooks> {
 public:
  static void configure(app::Config& config) {
    config.queues["held"].concurrency = 0;
    config.webhooks.retry = {Milliseconds{0}, Milliseconds{0}, Milliseconds{0}};
  }
  static std::string submit(const std::string& url, Json webhook = Json::object(),
                            Json fields = Json::object()) {
    webhook["url"] = url;
    if (!webhook.contains("secret")) webhook["secret"] = secret;
    fields["webhook"] = webhook;
    if (!fields.contains("type")) fields["type"] = "echo";
    return app().submit(fields);
  }
  static std::vector<std::string> types(const std::vector<Sink::Request>& requests) {
    std::vector<std::string> types;
    for (const auto& request : requests) types.push_back(Json::parse(request.body).at("type"));
    return types;
  }
};

TEST_F(Webhooks, TheEndOfAJobIsToldSignedAndInFull) {
  Sink sink;
  const std::string id = submit(sink.url("/hook?x=1"));
  const Sink::Request request = sink.wait_for(1).front();
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.target, "/hook?x=1");
  EXPECT_TRUE(request.field("content-type").starts_with("application/json"));
  EXPECT_TRUE(request.field("webhook-id").starts_with("evt_"));
  EXPECT_EQ(request.field("webhook-signature"), signature_of(request));
  const auto age = std::chrono::system_clock::now().time_since_epoch() -
                   std::chrono::seconds(std::stoll(request.field("webhook-timestamp")));
  EXPECT_LT(age, std::chrono::minutes(1));
  const Json event = Json::parse(request.body);
  EXPECT_EQ(event.at("type"), "job.succeeded");
  EXPECT_TRUE(from_rfc3339(event.at("timestamp").get<std::string>()));
  EXPECT_GT(event.at("data").at("sequence"), 0);
  EXPECT_EQ(event.at("data").at("job"), app().job(id));
}

TEST_F(Webhooks, AThinPayloadNamesTheJobOnly) {
  Sink sink;
  const std::string id = submit(sink.url(), {{"payload", "thin"}});
  const Sink::Request request = sink.wait_for(1).front();
  EXPECT_EQ(request.field("webhook-signature"), signature_of(request));
  EXPECT_EQ(Json::parse(request.body).at("data").at("job"),
            (Json{{"id", id}, {"type", "echo"}, {"state", "succeeded"}}));
}

TEST_F(Webhooks, WithoutASecretTheServicesOwnSigns) {
  Sink sink;
  const auto response =
      app().post("/v1/jobs", Json{{"type", "echo"}, {"webhook", {{"url", sink.url()}}}}.dump());
  ASSERT_EQ(response.status, 202);
  const Sink::Request request = sink.wait_for(1).front();
  const auto own = webhook::service_secret(open_key_file(app().data_dir() / "secret.key").value());
  EXPECT_EQ(request.field("webhook-signature"), signature_of(request, own));
}

TEST_F(Webhooks, OnlyTheEventsAskedForAreSentInOrder) {
  Sink target([](const Sink::Request&) { return Sink::Answer{.status = 500}; });
  Sink sink;
  const Json events{"job.started", "job.retrying", "job.failed"};
  submit(sink.url(), {{"events", events}},
         {{"type", "http"},
          {"payload", {{"url", target.url()}}},
          {"max_attempts", 2},
          {"backoff", {{"initial_seconds", 0}}}});
  const auto requests = sink.wait_for(4);
  EXPECT_THAT(types(requests), ElementsAre("job.started", "job.retrying", "job.started", "job.failed"));
  std::int64_t last = 0;
  for (const auto& request : requests) {
    const std::int64_t sequence = Json::parse(request.body).at("data").at("sequence");
    EXPECT_GT(sequence, last);
    last = sequence;
  }
}

TEST_F(Webhooks, ByDefaultTheFourTerminalEventsAreSent) {
  Sink sink;
  Sink broken([](const Sink::Request&) { return Sink::Answer{.status = 400}; });
  submit(sink.url("/succeeded"));
  sink.wait_for(1);
  submit(sink.url("/failed"), {}, {{"type", "http"}, {"payload", {{"url", broken.url()}}}});
  sink.wait_for(2);
  const std::string held = submit(sink.url("/cancelled"), {}, {{"queue", "held"}});
  ASSERT_EQ(app().post("/v1/jobs/" + held + "/cancel").status, 200);
  sink.wait_for(3);
  ASSERT_EQ(app()
                .post_csv("/v1/jobs?type=geocode&webhook.url=" + text::percent_encode(sink.url("/partial")),
                          "id,address\n1,Paris\n2\n")
                .status,
            202);
  EXPECT_THAT(types(sink.wait_for(4)),
              ElementsAre("job.succeeded", "job.failed", "job.cancelled", "job.partial"));
}

TEST_F(Webhooks, AFailedAttemptIsRepeatedWithTheSameIdAndBytes) {
  std::atomic<int> calls = 0;
  Sink sink([&](const Sink::Request&) { return Sink::Answer{.status = ++calls < 3 ? 500 : 204}; });
  submit(sink.url());
  const auto requests = sink.wait_for(3);
  for (const auto& request : requests) {
    EXPECT_EQ(request.field("webhook-id"), requests.front().field("webhook-id"));
    EXPECT_EQ(request.body, requests.front().body);
    EXPECT_EQ(request.field("webhook-signature"), signature_of(request));
  }
}

TEST_F(Webhooks, ARedirectIsAFailureAndNeverFollowed) {
  Sink elsewhere;
  std::atomic<int> calls = 0;
  Sink sink([&](const Sink::Request&) {
    return ++calls == 1 ? Sink::Answer{.status = 307, .fields = {{"Location", elsewhere.url()}}}
                        : Sink::Answer{};
  });
  submit(sink.url());
  EXPECT_EQ(sink.wait_for(2).size(), 2u);
  // Whatever reaches `elsewhere` first is this and not the redirected event.
  submit(elsewhere.url("/direct"));
  EXPECT_EQ(elsewhere.wait_for(1).front().target, "/direct");
}

TEST_F(Webhooks, TheSecretIsShownNowhere) {
  Sink sink;
  const std::string id = submit(sink.url());
  sink.wait_for(1);
  EXPECT_THAT(app().get("/v1/jobs/" + id).body, testing::Not(testing::HasSubstr("whsec_")));
}

TEST_F(Webhooks, ATraceparentIsPassedOn) {
  Sink sink;
  const std::string trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  ASSERT_EQ(app()
                .post("/v1/jobs", Json{{"type", "echo"}, {"webhook", {{"url", sink.url()}}}}.dump(),
                      {{"traceparent", trace}})
                .status,
            202);
  EXPECT_EQ(sink.wait_for(1).front().field("traceparent").substr(0, 35), trace.substr(0, 35));
}

TEST(WebhooksAndTime, TheGapsBetweenAttemptsAreThoseConfigured) {
  ManualClock clock;
  std::atomic<int> calls = 0;
  Sink sink([&](const Sink::Request&) { return Sink::Answer{.status = ++calls < 2 ? 500 : 200}; });
  RunningApp app(clock, [](app::Config& config) { config.webhooks.retry = {Seconds{0}, Seconds{100}}; });
  const std::string id =
      app.submit({{"type", "echo"}, {"webhook", {{"url", sink.url()}, {"secret", secret}}}});
  app.ended(id);
  sink.wait_for(1);
  clock.advance(Seconds{89});  // the jitter is a tenth
  // Not yet: what comes next is another job's.
  app.submit({{"type", "echo"}, {"webhook", {{"url", sink.url("/other")}}}});
  EXPECT_EQ(sink.wait_for(2).back().target, "/other");
  // The outcome of the first attempt may be written down after the clock moved: then its gap starts there.
  clock.advance(Seconds{200});
  EXPECT_EQ(sink.wait_for(3).back().field("webhook-id"), sink.wait_for(1).front().field("webhook-id"));
}

}  // namespace
}  // namespace waypost::test
