#include "app/job_commands.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "program.hpp"
#include "scripted_server.hpp"

namespace waypost::app {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

constexpr std::string_view id = "job_01KAQ5ZS6E8V1X0Y2T3R4W5N7M";

std::string job(std::string_view state, std::string_view more = "") {
  return fmt::format(R"({{"id":"{}","type":"echo","state":"{}","queue":"default","priority":0,"attempt":1,)"
                     R"("max_attempts":5,"created_at":"2026-11-22T19:03:11.042Z"{}}})",
                     id, state, more);
}

Outcome run_job(const ScriptedServer& server, std::vector<std::string> arguments, std::string input = {}) {
  arguments.insert(arguments.begin(), "job");
  return run_waypost({.arguments = std::move(arguments),
                      .environment = {"WAYPOST_SERVER=" + server.url(), "WAYPOST_KEY=wp_secret"},
                      .input = std::move(input)});
}

TEST(JobCommands, SubmitSendsTheJobAndPrintsItsStateForPeople) {
  ScriptedServer server({{.status = 202, .body = job("queued")}});
  const auto outcome =
      run_job(server, {"submit", "echo", R"({"big": 123456789012345678901234567890})", "--priority", "7",
                       "--webhook", "https://example.com/h", "--field", "max_attempts=3", "--field",
                       "tag.a.b=1", "--field", "description=two words"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out,
              AllOf(StartsWith(std::string(id) + "  queued\n"), HasSubstr("attempt     1 of 5\n")));
  ASSERT_THAT(server.requests(), SizeIs(1));
  const SeenRequest& request = server.requests().front();
  EXPECT_EQ(request.method + " " + request.target, "POST /v1/jobs");
  EXPECT_EQ(
      request.body,
      R"({"type":"echo","payload":{"big": 123456789012345678901234567890},"priority":7,)"
      R"("webhook":{"url":"https://example.com/h"},"max_attempts":3,"tags":{"a.b":"1"},"description":"two words"})");
  EXPECT_EQ(request.field("Content-Type"), "application/json");
  EXPECT_EQ(request.field("Authorization"), "Bearer wp_secret");
}

TEST(JobCommands, SubmitReadsThePayloadFromAFileOrStdin) {
  const TemporaryDirectory directory;
  ScriptedServer server({{.status = 202, .body = job("queued")}, {.status = 202, .body = job("queued")}});
  const auto file = directory.write("payload.json", "[1]");
  EXPECT_EQ(run_job(server, {"submit", "echo", "@" + file.string()}).status, 0);
  EXPECT_EQ(run_job(server, {"submit", "echo", "-"}, "[2]").status, 0);
  EXPECT_THAT(server.requests(), ElementsAre(Field(&SeenRequest::body, HasSubstr("\"payload\":[1]")),
                                             Field(&SeenRequest::body, HasSubstr("\"payload\":[2]"))));
}

TEST(JobCommands, SubmitStreamsAManifestAndPutsTheFieldsIntoTheQuery) {
  const TemporaryDirectory directory;
  std::string rows = "address\n";
  while (rows.size() < 3000000) rows += "Toledo, Spain\n";
  ScriptedServer server(
      {{.status = 202, .body = job("preparing")}, {.status = 202, .body = job("preparing")}});
  EXPECT_EQ(run_job(server, {"submit", "geocode", "--manifest", directory.write("a.csv", rows), "--field",
                             "map.address={a b}", "--json"})
                .out,
            job("preparing") + "\n");
  EXPECT_EQ(run_job(server, {"submit", "geocode", "--manifest", directory.write("a.ndjson.gz", "x")}).status,
            0);
  const auto& requests = server.requests();
  ASSERT_THAT(requests, SizeIs(2));
  EXPECT_EQ(requests[0].target, "/v1/jobs?type=geocode&map.address=%7Ba%20b%7D");
  EXPECT_EQ(requests[0].field("Content-Type"), "text/csv");
  EXPECT_EQ(requests[0].field("Content-Encoding"), "");
  EXPECT_TRUE(requests[0].body == rows) << requests[0].body.size() << " bytes came";
  EXPECT_EQ(requests[1].field("Content-Type"), "application/x-ndjson");
  EXPECT_EQ(requests[1].field("Content-Encoding"), "gzip");
}

TEST(JobCommands, SubmitRefusesWhatCannotBeAJobBeforeItAsksTheServer) {
  ScriptedServer server({});
  const std::vector<std::pair<std::vector<std::string>, std::string>> calls{
      {{"submit", "echo", "{a}"}, "the payload is no JSON"},
      {{"submit", "echo", "@/does/not/exist"}, "cannot read /does/not/exist: No such file or directory"},
      {{"submit", "echo", "--manifest", "/does/not/exist"},
       "cannot read /does/not/exist: No such file or directory"},
      {{"submit", "echo", "{}", "--manifest", "/dev/null"}, "takes its payloads from the rows"},
      {{"submit", "echo", "--field", "description"}, "must be NAME=VALUE"},
      {{"submit", "echo", "--field", "a=1", "--field", "a.b=2"}, "the field a.b is given twice"},
  };
  for (const auto& [arguments, message] : calls) {
    const auto outcome = run_job(server, arguments);
    EXPECT_EQ(outcome.status, 1) << message;
    EXPECT_THAT(outcome.err, AllOf(StartsWith("waypost: "), HasSubstr(message)));
  }
  EXPECT_THAT(server.requests(), IsEmpty());
}

TEST(JobCommands, SubmitWithWaitFollowsTheJobToItsEnd) {
  ScriptedServer server({{.status = 202, .body = job("queued")},
                         {.body = job("running"), .etag = "\"1\""},
                         {.status = 304},
                         {.body = job("succeeded", R"(,"result":{"a":1})"), .etag = "\"2\""}});
  const auto outcome = run_job(server, {"submit", "echo", "--wait", "30"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("result      {\"a\":1}\n"));
  EXPECT_EQ(outcome.err, "running\nsucceeded\n");
  const auto& requests = server.requests();
  ASSERT_THAT(requests, SizeIs(4));
  EXPECT_EQ(requests[1].target, fmt::format("/v1/jobs/{}", id));
  EXPECT_THAT(requests[2].target, StartsWith(fmt::format("/v1/jobs/{}?wait=", id)));
  EXPECT_EQ(requests[2].field("If-None-Match"), "\"1\"");
  EXPECT_EQ(requests[3].field("If-None-Match"), "\"1\"");
}

TEST(JobCommands, WatchFailsWhenTheJobFailedAndStillPrintsIt) {
  ScriptedServer server(
      {{.body = job("running", R"(,"progress":{"total":8,"succeeded":1,"failed":1,"percent":25})"),
        .etag = "\"1\""},
       {.body = job("failed", R"(,"error":{"code":"timed_out","message":"after 60 s"})")}});
  const auto outcome = run_job(server, {"watch", std::string(id)});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.err, "running 2 of 8 (25.0 %), 1 failed\nfailed\n");
  EXPECT_THAT(outcome.out, HasSubstr("error       timed_out: after 60 s\n"));
}

TEST(JobCommands, GetPrintsTheServersJsonUntouched) {
  const std::string body = job("succeeded", R"(,"result":12345678901234567890)");
  ScriptedServer server({{.body = body}});
  const auto outcome = run_job(server, {"get", std::string(id), "--json"});
  EXPECT_EQ(outcome.out, body + "\n");
  EXPECT_EQ(server.requests().front().target, fmt::format("/v1/jobs/{}", id));
}

TEST(JobCommands, CancelAndRetryPostToTheJob) {
  ScriptedServer server({{.body = job("cancelled")}, {.body = job("queued")}});
  EXPECT_EQ(run_job(server, {"cancel", "job_a/b"}).status, 0);
  EXPECT_EQ(run_job(server, {"retry", std::string(id)}).status, 0);
  EXPECT_EQ(server.requests()[0].method + server.requests()[0].target, "POST/v1/jobs/job_a%2Fb/cancel");
  EXPECT_EQ(server.requests()[1].method + server.requests()[1].target,
            fmt::format("POST/v1/jobs/{}/retry", id));
}

TEST(JobCommands, ListShowsATableOfTheFilteredJobs) {
  ScriptedServer server({{.body = R"({"data":[)" + job("failed") + R"(],"next_cursor":null})"},
                         {.body = R"({"data":[],"next_cursor":null})"}});
  const auto outcome = run_job(server, {"list", "--state", "failed", "--state", "partial", "--queue", "a b"});
  EXPECT_THAT(outcome.out, AllOf(StartsWith("ID "), HasSubstr(std::string(id) + "  failed ")));
  EXPECT_EQ(run_job(server, {"list", "--limit", "3"}).out, "no jobs\n");
  EXPECT_EQ(server.requests()[0].target, "/v1/jobs?limit=50&state=failed,partial&queue=a%20b");
  EXPECT_EQ(server.requests()[1].target, "/v1/jobs?limit=3");
}

TEST(JobCommands, AProblemIsOneLineOnStderrWithEveryFault) {
  ScriptedServer server(
      {{.status = 422,
        .body = R"({"status":422,"detail":"2 fields are not valid","code":"validation_failed","errors":[)"
                R"({"pointer":"/max_attempts","code":"out_of_range","detail":"must be between 1 and 100"},)"
                R"({"parameter":"tag.x","code":"too_long","detail":"is too long"}]})"},
       {.status = 502, .body = "<html>"}});
  const auto outcome = run_job(server, {"submit", "echo", "--field", "max_attempts=0"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(
      outcome.err,
      "waypost: 2 fields are not valid (422 validation_failed); /max_attempts must be between 1 and 100; "
      "tag.x is too long\n");
  EXPECT_THAT(outcome.out, IsEmpty());
  EXPECT_THAT(run_job(server, {"get", "job_x"}).err, HasSubstr("the server answered 502"));
}

TEST(JobCommands, NameTheServerThatIsNotThere) {
  boost::asio::io_context context;
  // Bound but not listening: nobody else can be given this port meanwhile.
  boost::asio::ip::tcp::socket reserved(context, {boost::asio::ip::address_v4::loopback(), 0});
  const std::string address = fmt::format("127.0.0.1:{}", reserved.local_endpoint().port());
  const auto outcome =
      run_waypost({.arguments = {"job", "get", "job_x", "--server", "http://" + address + "/"}});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(
      outcome.err,
      fmt::format("waypost: cannot reach http://{}: connection refused; is the service running there?\n",
                  address));

  const auto health = run_waypost({.arguments = {"healthcheck", "--listen", address}});
  EXPECT_EQ(health.status, 1);
  EXPECT_THAT(health.err, HasSubstr(address));
}

TEST(JobCommands, StandUnderThePathOfTheServersUrl) {
  ScriptedServer server({{.body = job("queued")}});
  const auto outcome = run_waypost(
      {.arguments = {"job", "get", std::string(id), "--server", server.url() + "/geo/", "--json"}});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(server.requests().front().target, fmt::format("/geo/v1/jobs/{}", id));
  EXPECT_EQ(server.requests().front().field("Authorization"), "");
}

TEST(HealthCheck, AsksTheConfiguredAddress) {
  ScriptedServer server({{.body = "{}"}, {.status = 503}});
  const std::string port = server.url().substr(server.url().rfind(':'));
  const auto up =
      run_waypost({.arguments = {"healthcheck"},
                   .environment = {"WAYPOST_AUTH__MODE=none", "WAYPOST_SERVER__LISTEN=0.0.0.0" + port}});
  EXPECT_EQ(up.status, 0) << up.err;
  const auto down = run_waypost({.arguments = {"healthcheck", "--listen", "127.0.0.1" + port}});
  EXPECT_EQ(down.status, 1);
  EXPECT_THAT(down.err, HasSubstr("/healthz answered 503"));
  EXPECT_EQ(server.requests().front().target, "/healthz");
}

}  // namespace
}  // namespace waypost::app
