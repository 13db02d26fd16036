#include <gmock/gmock.h>

#include "support/app_fixture.hpp"
#include "support/sink.hpp"

// §3.3, GET /v1/jobs/{id}/events.
namespace waypost::test {
namespace {

using testing::ElementsAre;

struct Message {
  std::string id, event;
  Json data;
};

/// The messages of a stream, read as the WHATWG's rules have it; comments are left out.
std::vector<Message> messages(const std::string& stream) {
  std::vector<Message> out;
  std::istringstream lines(stream);
  Message message;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("id: ")) message.id = line.substr(4);
    if (line.starts_with("event: ")) message.event = line.substr(7);
    if (line.starts_with("data: ")) message.data = Json::parse(line.substr(6));
    if (line.empty() && !message.event.empty()) out.push_back(std::exchange(message, {}));
  }
  return out;
}

std::vector<std::string> types(const std::vector<Message>& messages) {
  std::vector<std::string> out;
  for (const auto& message : messages) out.push_back(message.event);
  return out;
}

std::string events_of(const std::string& id) {
  return "/v1/jobs/" + id + "/events";
}

/// A stream that is read while it goes on.
class Stream {
 public:
  Stream(std::uint16_t port, const std::string& id) : client_(port) {
    client_.send(request_text("GET", events_of(id), {{"Accept", "text/event-stream"}}));
  }
  /// Reads on until this text has come.
  bool comes(std::string_view text) {
    while (!seen_.contains(text)) {
      const std::string more = client_.receive_some();
      if (more.empty()) return false;
      seen_ += more;
    }
    return true;
  }
  /// Whether the body ends as a chunked one does that is whole.
  bool ends() { return comes("\r\n0\r\n\r\n"); }
  const std::string& seen() const { return seen_; }

 private:
  RawClient client_;
  std::string seen_;
};

class Events : public SharedApp<Events> {
 public:
  static void configure(app::Config& config) { config.queues["held"].concurrency = 0; }
  static Json list(const std::string& id) {
    const auto response = app().get(events_of(id), {{"Accept", "application/json"}});
    EXPECT_EQ(response.status, 200) << response.body;
    return json_of(response).at("data");
  }
};

TEST_F(Events, AreAListForWhoAcceptsJson) {
  const std::string id = app().submit({{"type", "echo"}});
  const Json job = app().ended(id);
  const Json data = list(id);
  ASSERT_EQ(data.size(), 2u);
  for (const auto& event : data) {
    EXPECT_EQ(event.size(), 5u) << event;
    EXPECT_TRUE(event.at("id").get<std::string>().starts_with("evt_"));
    EXPECT_EQ(event.at("data").at("job").at("id"), id);
  }
  EXPECT_EQ(data[0].at("type"), "job.started");
  EXPECT_EQ(data[0].at("at"), job.at("started_at"));
  EXPECT_EQ(data[0].at("data").at("job").at("state"), "running");
  EXPECT_EQ(data[1].at("type"), "job.succeeded");
  EXPECT_EQ(data[1].at("at"), job.at("finished_at"));
  EXPECT_EQ(data[1].at("data").at("job").at("progress"), job.at("progress"));
  EXPECT_LT(data[0].at("sequence"), data[1].at("sequence"));
  EXPECT_EQ(job.at("links").at("events"), events_of(id));
}

TEST_F(Events, AreAStreamThatEndsAfterTheTerminalOne) {
  const std::string id = app().submit({{"type", "echo"}});
  app().ended(id);
  const auto response = app().get(events_of(id));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.field("content-type"), "text/event-stream");
  EXPECT_EQ(response.field("cache-control"), "no-store");
  EXPECT_TRUE(response.complete);
  const auto all = messages(response.body);
  const Json data = list(id);
  ASSERT_EQ(all.size(), data.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(all[i].id, data[i].at("sequence").dump());
    EXPECT_EQ(data[i].at("type"), all[i].event);
    EXPECT_EQ(all[i].data, data[i]);
  }
}

TEST_F(Events, AreResumedAfterAnyOfThemWithoutGapOrRepeat) {
  const std::string id = app().submit({{"type", "http"},
                                       {"payload", {{"url", "http://127.0.0.1:1/"}}},
                                       {"max_attempts", 3},
                                       {"backoff", {{"initial_seconds", 0}}}});
  app().ended(id);
  const auto all = messages(app().get(events_of(id)).body);
  ASSERT_THAT(types(all), ElementsAre("job.started", "job.retrying", "job.started", "job.retrying",
                                      "job.started", "job.failed"));
  for (std::size_t i = 0; i + 1 < all.size(); ++i) {
    const auto rest = messages(app().get(events_of(id), {{"Last-Event-ID", all[i].id}}).body);
    ASSERT_EQ(rest.size(), all.size() - i - 1) << "after " << all[i].id;
    EXPECT_EQ(rest.front().id, all[i + 1].id);
  }
  const auto over = app().get(events_of(id), {{"Last-Event-ID", all.back().id}});
  EXPECT_EQ(over.status, 204) << "what tells an EventSource not to come back";
}

TEST_F(Events, ComeAsTheyHappen) {
  const std::string id = app().submit({{"type", "sleep"}, {"payload", {{"seconds", 3600}}}});
  Stream stream(app().port(), id);
  ASSERT_TRUE(stream.comes("event: job.started"));
  EXPECT_FALSE(stream.seen().contains("job.cancelled"));
  EXPECT_EQ(app().post("/v1/jobs/" + id + "/cancel").status, 200);
  EXPECT_TRUE(stream.comes("event: job.cancelled"));
  EXPECT_TRUE(stream.ends());
}

TEST_F(Events, OfARetriedJobGoOnWithItsNextRun) {
  const std::string id = app().submit({{"type", "sleep"}, {"payload", {{"seconds", 3600}}}});
  app().until_state(id, "running");
  app().post("/v1/jobs/" + id + "/cancel");
  app().ended(id);
  app().post("/v1/jobs/" + id + "/retry");
  Stream stream(app().port(), id);
  ASSERT_TRUE(stream.comes("event: job.cancelled")) << "the history is kept";
  app().until_state(id, "running");
  app().post("/v1/jobs/" + id + "/cancel");
  EXPECT_TRUE(stream.ends());
  EXPECT_EQ(list(id).back().at("type"), "job.cancelled");
}

TEST_F(Events, OfABatchTellItsFinalProgress) {
  const auto response = app().post_csv("/v1/jobs?type=echo", "word\none\ntwo\nthree\n");
  const std::string id = json_of(response).at("id");
  const Json job = app().ended(id);
  const Json last = list(id).back();
  EXPECT_EQ(last.at("type"), "job.succeeded");
  EXPECT_EQ(last.at("data").at("job").at("progress").at("total"), 3);
  EXPECT_EQ(last.at("data").at("job").at("progress").at("succeeded"), 3);
}

TEST_F(Events, HaveTheIdsOfTheWebhooks) {
  Sink sink;
  const std::string id = app().submit(
      {{"type", "echo"}, {"webhook", {{"url", sink.url()}, {"events", {"job.started", "job.succeeded"}}}}});
  const auto requests = sink.wait_for(2);
  const Json data = list(id);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(data[i].at("id"), requests[i].field("webhook-id"));
    EXPECT_EQ(data[i].at("sequence"), Json::parse(requests[i].body).at("data").at("sequence"));
  }
}

TEST_F(Events, AreNegotiatedByAccept) {
  const std::string id = app().submit({{"type", "echo"}});
  app().ended(id);
  const auto type = [&](const std::string& accept) {
    return app().get(events_of(id), {{"Accept", accept}}).field("content-type");
  };
  EXPECT_EQ(type("*/*"), "text/event-stream");
  EXPECT_EQ(type("text/event-stream"), "text/event-stream");
  EXPECT_EQ(type("application/json, text/plain, */*"), "application/json");
  EXPECT_EQ(type("text/event-stream;q=0.5, application/json"), "application/json");
  EXPECT_EQ(type("application/json;q=0.5, text/*"), "text/event-stream");
  expect_problem(app().get(events_of(id), {{"Accept", "text/csv"}}), 406, "not_acceptable");
}

TEST_F(Events, AreAskedForCorrectlyOrRefused) {
  const std::string id = app().submit({{"type", "echo"}});
  for (const std::string& value : {"x", "-1", "1.5", "evt_1", "99999999999999999999"}) {
    const Json problem =
        expect_problem(app().get(events_of(id), {{"Last-Event-ID", value}}), 400, "invalid_parameter");
    EXPECT_THAT(faults_of(problem), ElementsAre("malformed @ Last-Event-ID"));
  }
  expect_problem(app().get(events_of(id) + "?after=1"), 400, "invalid_parameter");
  expect_problem(app().get(events_of("job_01ARZ3NDEKTSV4RRFFQ69G5FAV")), 404, "not_found");
  expect_problem(app().get(events_of("x")), 404, "not_found");
  expect_problem(app().post(events_of(id)), 405, "method_not_allowed");
  RawClient client(app().port());
  client.send(request_text("HEAD", events_of(id)));
  EXPECT_EQ(client.receive(true).field("content-type"), "text/event-stream");
}

TEST(EventStreams, SayThatTheyAreThereWhenNothingHappens) {
  ManualClock clock;
  RunningApp app(clock, Events::configure);
  const std::string id = app.submit({{"type", "echo"}, {"queue", "held"}});
  Stream stream(app.port(), id);
  ASSERT_TRUE(stream.comes("\r\n\r\n")) << "the head comes at once";
  std::atomic<bool> seen = false;
  std::thread time([&] {
    while (!seen) {
      clock.advance(Seconds{15});
      std::this_thread::yield();
    }
  });
  EXPECT_TRUE(stream.comes(": heartbeat\n\n"));
  seen = true;
  time.join();
}

TEST(EventStreams, AreEndedWhenTheServiceDrains) {
  RunningApp app(Events::configure);
  const std::string id = app.submit({{"type", "echo"}, {"queue", "held"}});
  Stream stream(app.port(), id);
  ASSERT_TRUE(stream.comes("\r\n\r\n"));
  app.stop();
  EXPECT_TRUE(stream.ends());
  EXPECT_EQ(app.join(), 0);
}

}  // namespace
}  // namespace waypost::test
