#include <gmock/gmock.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "support/app_fixture.hpp"
#include "support/process.hpp"
#include "support/sink.hpp"

/// SIGHUP, on the real program: operations, traces, what is kept for how long, what is logged.
namespace waypost::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

struct ServeReloadLive : testing::Test {
  void configure(const std::string& toml) const {
    std::ofstream(folder / "next") << "egress.allow = [\"127.0.0.1\"]\n" << toml;
    std::filesystem::rename(folder / "next", folder / "waypost.toml");  // whole at any moment
  }
  void start(const std::string& toml) {
    configure(toml);
    service.start();
  }
  void reload(const std::string& toml) {
    configure(toml);
    ++reloads;
    service.signal(SIGHUP);
    EXPECT_TRUE(eventually([&] { return count("was read anew") == reloads; })) << service.log();
  }
  std::size_t count(std::string_view text) const {
    const std::string log = service.log();
    std::size_t count = 0;
    for (auto at = log.find(text); at != std::string::npos; at = log.find(text, at + 1)) ++count;
    return count;
  }
  RawResponse call(std::string_view method, std::string_view target, const Json& body = nullptr) const {
    return exchange(service.port(), request_text(method, target, {{"Content-Type", "application/json"}},
                                                 body.is_null() ? "" : body.dump()));
  }
  Json get(std::string_view target) const { return json_of(call("GET", target)); }
  std::string submit(const Json& job) const {
    const auto accepted = call("POST", "/v1/jobs", job);
    EXPECT_EQ(accepted.status, 202) << accepted.body;
    return json_of(accepted).at("id");
  }
  Json ended(const std::string& id) const { return get("/v1/jobs/" + id + "?wait=60"); }
  /// What the service says of an operation; "" when it knows none.
  std::string description_of(const std::string& type) const {
    for (const auto& row : get("/v1/operations").at("data"))
      if (row.at("type") == type) return row.at("description");
    return "";
  }
  static std::string operation(const std::string& url, const std::string& description = "configured") {
    return "[operations.\"mine\"]\nkind = \"http\"\nurl = \"" + url + "\"\ndescription = \"" + description +
           "\"\n";
  }

  const TempDirectory folder;
  WaypostProcess service{{}, folder / "waypost.toml"};
  std::size_t reloads = 0;
};

TEST_F(ServeReloadLive, ReplacesAnOperationAndLetsARunningAttemptEndWithTheOldOne) {
  const auto answer = [](const std::string& text, bool hold) {
    return [text, hold](const Sink::Request&) -> Sink::Answer {
      return {.status = 200, .body = "\"" + text + "\"", .hold = hold};
    };
  };
  Sink before(answer("before", true)), after(answer("after", false));
  start(operation(before.url()));
  const auto first = submit({{"type", "mine"}});
  before.wait_for(1);
  reload(operation(after.url()));
  EXPECT_EQ(ended(submit({{"type", "mine"}})).at("result"), "after");
  before.release();
  EXPECT_EQ(ended(first).at("result"), "before");
}

TEST_F(ServeReloadLive, RemovesAnOperationAndFailsTheJobsThatWaitForIt) {
  const Sink sink;
  start("queues.held.concurrency = 0\n" + operation(sink.url()));
  const auto waits = submit({{"type", "mine"}, {"queue", "held"}});
  reload("");
  EXPECT_EQ(description_of("mine"), "");
  const auto refused = call("POST", "/v1/jobs", {{"type", "mine"}});
  EXPECT_EQ(refused.status, 422);
  EXPECT_THAT(refused.body, HasSubstr("\"unknown_operation\""));
  const Json job = ended(waits);
  EXPECT_EQ(job.at("state"), "failed");
  EXPECT_EQ(job.at("error").at("code"), "unknown_operation");
  EXPECT_EQ(job.at("attempt"), 1) << "another attempt would find no other world";
}

TEST_F(ServeReloadLive, BringsBackTheOperationThatWasDefinedWhileRunning) {
  start("");
  const Json mine = {{"kind", "http"}, {"url", "http://127.0.0.1:1/"}, {"description", "defined"}};
  ASSERT_EQ(call("PUT", "/v1/operations/mine", mine).status, 201);
  reload(operation("http://127.0.0.1:2/"));
  EXPECT_EQ(description_of("mine"), "configured");
  EXPECT_EQ(call("DELETE", "/v1/operations/mine").status, 409);
  reload("");
  EXPECT_EQ(description_of("mine"), "defined");
  EXPECT_EQ(call("DELETE", "/v1/operations/mine").status, 204);
}

TEST_F(ServeReloadLive, RefusesTheWholeWhenOneOperationCannotBe) {
  start(operation("http://127.0.0.1:1/"));
  configure("log.access = true\n" + operation("http://127.0.0.1:1/", "next") +
            "[operations.\"other\"]\nkind = \"http\"\nurl = \"http://169.254.169.254/\"\n");
  service.signal(SIGHUP);
  ASSERT_TRUE(eventually([&] { return count("stays as it was") == 1; }));
  EXPECT_EQ(description_of("mine"), "configured");
  EXPECT_EQ(description_of("other"), "");
  EXPECT_EQ(count("path=/v1/operations"), 0u) << "the access log is off as it was";
}

TEST_F(ServeReloadLive, ReadsTheSecretsOfAnOperationAnew) {
  Sink sink([](const Sink::Request&) -> Sink::Answer { return {.status = 200}; });
  const auto secret = (folder / "token").string();
  const std::string toml = operation(sink.url()) + "headers = { X-Token = \"file:" + secret + "\" }\n";
  std::ofstream(secret) << "old";
  start(toml);
  ended(submit({{"type", "mine"}}));
  std::ofstream(secret) << "new";
  reload(toml);
  ended(submit({{"type", "mine"}}));
  std::vector<std::string> tokens;
  for (const auto& request : sink.wait_for(2)) tokens.push_back(request.field("x-token"));
  EXPECT_THAT(tokens, ElementsAre("old", "new"));
}

TEST_F(ServeReloadLive, TurnsTheAccessLogOnAndOff) {
  start("");
  call("GET", "/v1/queues");
  EXPECT_EQ(count("route=/v1/queues"), 0u);
  reload("log.access = true\n");
  call("GET", "/v1/queues");
  EXPECT_TRUE(eventually([&] { return count("route=/v1/queues") == 1; })) << service.log();
  reload("");
  call("GET", "/v1/queues");
  call("GET", "/v1/stats");
  EXPECT_EQ(count("route=/v1/stats"), 0u);
}

TEST_F(ServeReloadLive, ForgetsTheAuditTrailByTheNewMeasure) {
  start("");
  ASSERT_EQ(call("PATCH", "/v1/queues/mail", {{"paused", true}}).status, 200);
  const auto changes = [&] { return get("/v1/audit?action=queue.change").at("data").size(); };
  ASSERT_EQ(changes(), 1u);
  reload("retention.audit_seconds = 1\n");
  EXPECT_TRUE(eventually([&] { return changes() == 0; }));
}

TEST_F(ServeReloadLive, ForgetsNewJobsByTheNewMeasure) {
  start("");
  const auto before = submit({{"type", "echo"}});
  ended(before);
  reload("retention.jobs_seconds = 0\n");
  const auto after = submit({{"type", "echo"}});
  EXPECT_TRUE(eventually([&] { return call("GET", "/v1/jobs/" + after).status == 404; }));
  EXPECT_EQ(call("GET", "/v1/jobs/" + before).status, 200) << "it was promised more";
}

TEST_F(ServeReloadLive, TakesLargerManifests) {
  start("server.max_manifest_bytes = 1024\n");
  const auto upload = [&] {
    return exchange(service.port(), request_text("POST", "/v1/manifests", {{"Content-Type", "text/csv"}},
                                                 "address\n" + std::string(2000, 'a') + "\n"))
        .status;
  };
  EXPECT_EQ(upload(), 413);
  reload("server.max_manifest_bytes = 4096\n");
  EXPECT_EQ(upload(), 201);
}

TEST_F(ServeReloadLive, BeginsMovesAndEndsTraces) {
  const auto ok = [](const Sink::Request&) -> Sink::Answer { return {.status = 200}; };
  Sink first(ok), second(ok);
  const auto tracing = [](const Sink& sink) { return "tracing.endpoint = \"" + sink.url("") + "\"\n"; };
  const auto has = [](std::string_view span) {
    return [span](const Sink::Request& request) { return request.body.contains(span); };
  };
  start("");
  call("GET", "/v1/queues");
  reload(tracing(first));
  call("GET", "/v1/stats");
  first.wait_until(has("/v1/stats"));
  reload(tracing(second));
  call("GET", "/v1/audit");
  second.wait_until(has("/v1/audit"));
  reload("");
  call("GET", "/v1/operations");
  reload(tracing(second));
  call("GET", "/v1/jobs");
  second.wait_until(has("/v1/jobs"));
  for (Sink* sink : {&first, &second})
    for (const auto& request : sink->requests()) {
      EXPECT_THAT(request.body, Not(HasSubstr("/v1/queues"))) << "there was no collector yet";
      EXPECT_THAT(request.body, Not(HasSubstr("/v1/operations"))) << "there was none any more";
    }
}

}  // namespace
}  // namespace waypost::test
