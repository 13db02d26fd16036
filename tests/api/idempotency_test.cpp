#include <gmock/gmock.h>

#include "support/app_fixture.hpp"
#include "support/sink.hpp"

// §1, Idempotency.
namespace waypost::test {
namespace {

using testing::ElementsAre;

constexpr std::string_view job = R"({"type":"echo","payload":1})";

class Idempotency : public SharedApp<Idempotency> {
 public:
  static RawResponse submit(const std::string& key, std::string_view body = job, Headers headers = {}) {
    headers.emplace_back("Idempotency-Key", key);
    return app().post("/v1/jobs", body, std::move(headers));
  }
};

TEST_F(Idempotency, TheSameRequestGetsTheFirstAnswerAgain) {
  const auto first = submit("same");
  const auto again = submit("same");
  ASSERT_EQ(first.status, 202);
  EXPECT_EQ(again.status, 202);
  EXPECT_EQ(again.body, first.body);
  EXPECT_EQ(again.field("location"), first.field("location"));
  EXPECT_FALSE(first.has("idempotency-replayed"));
  EXPECT_EQ(again.field("idempotency-replayed"), "true");
}

TEST_F(Idempotency, AReplayMakesNoSecondJob) {
  for (int i = 0; i < 3; ++i) submit("once", R"({"type":"echo","tags":{"which":"once"}})");
  EXPECT_EQ(json_of(app().get("/v1/jobs?tag.which=once")).at("data").size(), 1u);
}

TEST_F(Idempotency, TheReplayIsTheFirstAnswerEvenOnceTheJobHasEnded) {
  const auto first = submit("ended");
  app().ended(json_of(first).at("id"));
  EXPECT_EQ(submit("ended").body, first.body);
}

TEST_F(Idempotency, AnotherRequestUnderTheSameKeyIsRefused) {
  ASSERT_EQ(submit("reused").status, 202);
  expect_problem(submit("reused", R"({"type":"echo","payload":2})"), 422, "idempotency_key_reused");
  expect_problem(submit("reused", R"({"type":"echo", "payload":1})"), 422, "idempotency_key_reused");
}

TEST_F(Idempotency, BareAndQuotedKeysAreTheSame) {
  const auto bare = submit("k-1");
  const auto quoted = submit("\"k-1\"");
  EXPECT_EQ(quoted.field("idempotency-replayed"), "true");
  EXPECT_EQ(quoted.body, bare.body);
}

TEST_F(Idempotency, AKeyHas1To255VisibleAsciiCharacters) {
  EXPECT_EQ(submit(std::string(255, 'k')).status, 202);
  EXPECT_EQ(submit("!~").status, 202);
  for (const std::string& bad : {std::string(256, 'k'), std::string("a b"), std::string("\"\""),
                                 std::string("caf\xc3\xa9"), std::string()}) {
    SCOPED_TRACE(bad);
    EXPECT_THAT(faults_of(expect_problem(submit(bad), 400, "invalid_parameter")),
                ElementsAre("malformed @ Idempotency-Key"));
  }
}

TEST_F(Idempotency, ARefusedRequestIsNotKept) {
  expect_problem(submit("mended", R"({"type":"echo","priority":-1})"), 422, "validation_failed");
  EXPECT_EQ(submit("mended").status, 202);
}

TEST_F(Idempotency, WhileTheFirstRequestWaitsAnotherIsInProgress) {
  Sink sink([](const Sink::Request&) { return Sink::Answer{.hold = true}; });
  const std::string held = Json{{"type", "http"}, {"payload", {{"url", sink.url()}}}}.dump();
  RawClient first(app().port());
  first.send(request_text(
      "POST", "/v1/jobs",
      {{"Content-Type", "application/json"}, {"Idempotency-Key", "slow"}, {"Prefer", "wait=20"}}, held));
  sink.wait_for(1);
  expect_problem(submit("slow", held), 409, "idempotency_in_progress");
  expect_problem(submit("slow", job), 422, "idempotency_key_reused");
  sink.release();
  const auto answer = first.receive();
  EXPECT_EQ(answer.status, 200);
  const auto replay = submit("slow", held);
  EXPECT_EQ(replay.status, 200);
  EXPECT_EQ(replay.body, answer.body);
  EXPECT_EQ(replay.field("idempotency-replayed"), "true");
}

TEST_F(Idempotency, HoldsForBatchesToo) {
  const auto batch = [](std::string_view csv) {
    return app().post_csv("/v1/jobs?type=echo", csv, {{"Idempotency-Key", "batch"}});
  };
  const auto first = batch("a\n1\n");
  ASSERT_EQ(first.status, 202) << first.body;
  const auto again = batch("a\n1\n");
  EXPECT_EQ(again.body, first.body);
  EXPECT_EQ(again.field("idempotency-replayed"), "true");
  expect_problem(batch("a\n2\n"), 422, "idempotency_key_reused");
  const std::string id = json_of(first).at("id");
  EXPECT_EQ(app().ended(id).at("state"), "succeeded");
  EXPECT_EQ(app().get("/v1/jobs/" + id + "/report").status, 200);
}

TEST(IdempotencyAndTime, KeysAreKeptFor24Hours) {
  ManualClock clock;
  RunningApp app(clock, {});
  const Headers key{{"Idempotency-Key", "k"}};
  const auto first = app.post("/v1/jobs", job, key);
  clock.advance(std::chrono::hours(24) - std::chrono::minutes(1));
  EXPECT_EQ(app.post("/v1/jobs", job, key).field("idempotency-replayed"), "true");
  clock.advance(std::chrono::minutes(2));
  const auto later = app.post("/v1/jobs", job, key);
  EXPECT_EQ(later.status, 202);
  EXPECT_FALSE(later.has("idempotency-replayed"));
  EXPECT_NE(later.body, first.body);
}

}  // namespace
}  // namespace waypost::test
