#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "support/http_client.hpp"
#include "support/process.hpp"

// What `waypost serve` writes to stderr.
namespace waypost::test {
namespace {

using testing::HasSubstr;
using testing::Not;
using Json = nlohmann::json;

std::vector<Json> lines_of(const std::string& log) {
  std::vector<Json> lines;
  std::istringstream in(log);
  for (std::string line; std::getline(in, line);) lines.push_back(Json::parse(line));
  return lines;
}

/// The access log of a life, which has ended.
std::vector<Json> requests_of(const std::string& log) {
  auto lines = lines_of(log);
  std::erase_if(lines, [](const Json& line) { return line.at("message") != "request"; });
  return lines;
}

void end(WaypostProcess& service) {
  service.signal(SIGTERM);
  EXPECT_EQ(service.wait(), 0);
}

TEST(ServiceLog, HasALineForEachRequestWithItsIdsAndWithoutItsSecrets) {
  WaypostProcess service({"log.format=json", "log.level=warn", "log.access=true"});
  service.start();
  HttpClient client(service.port());
  const std::string trace = "0af7651916cd43dd8448eb211c80319c";
  client.send({.target = "/maps/api/geocode/json?address=Paris&key=AIzaSyTopSecret",
               .fields = {"User-Agent: probe/1.0 (\"quoted\")", "X-Request-Id: my-request",
                          "traceparent: 00-" + trace + "-b7ad6b7169203331-01"}});
  client.send({.target = "/v1/jobs/none"});
  client.send({.target = "/nowhere?wp_0123456789abcdef0123456789"});
  const auto made = client.send(
      {.method = "POST", .target = "/v1/api-keys", .body = R"({"name": "reader", "scopes": ["jobs:read"]})"});
  const Json key = Json::parse(made.body);
  client.send(
      {.target = "/v1/stats", .fields = {"Authorization: Bearer " + key.at("key").get<std::string>()}});
  end(service);

  const std::string log = service.log();
  for (const std::string& secret : {std::string("TopSecret"), std::string("0123456789abcdef"),
                                    key.at("key").get<std::string>().substr(10)})
    EXPECT_THAT(log, Not(HasSubstr(secret)));
  const auto requests = requests_of(log);
  ASSERT_EQ(requests.size(), 5u);
  const Json& lookup = requests[0];
  EXPECT_EQ(lookup.at("level"), "info") << "though log.level is warn";
  EXPECT_EQ(lookup.at("method"), "GET");
  EXPECT_EQ(lookup.at("route"), "/maps/api/geocode/json");
  EXPECT_EQ(lookup.at("target"), "/maps/api/geocode/json?address=Paris&key=[removed]");
  EXPECT_EQ(lookup.at("status"), 200);
  EXPECT_GT(lookup.at("bytes"), 500);
  EXPECT_GE(lookup.at("duration_ms"), 0);
  EXPECT_EQ(lookup.at("client"), "127.0.0.1");
  EXPECT_EQ(lookup.at("request_id"), "my-request");
  EXPECT_EQ(lookup.at("trace_id"), trace);
  EXPECT_EQ(lookup.at("user_agent"), "probe/1.0 (\"quoted\")");
  EXPECT_EQ(lookup.at("key_id"), "");
  EXPECT_EQ(requests[1].at("route"), "/v1/jobs/{id}");
  EXPECT_EQ(requests[1].at("status"), 404);
  EXPECT_EQ(requests[2].at("route"), "");
  EXPECT_EQ(requests[4].at("key_id"), key.at("id"));
  EXPECT_EQ(requests[4].at("status"), 200);
}

TEST(ServiceLog, NoRequestCanBreakALine) {
  WaypostProcess service({"log.format=json", "log.access=true"});
  service.start();
  const std::vector<std::string> hostile{
      "GET /%0a%0d{\"level\":\"error\"} HTTP/1.1\r\nHost: x\r\n\r\n",
      "GET /a HTTP/1.1\r\nHost: x\r\nUser-Agent: \xff\xfe\xe2\x80\xa8 \xc2\x85 \xe2\x80\xae\r\n\r\n",
      "GET /a HTTP/1.1\r\nHost: x\r\nUser-Agent: a\x1b[2Jb\r\n\r\n",
      "GET /a\x01 HTTP/1.1\r\nHost: x\r\n\r\n",
      "\x16\x03\x01\x02\x00\x01\x00\r\n\r\n",
      "GET /a HTTP/1.1\r\nHost: x\r\nX-Request-Id: a\xc2\x85\x62\r\n\r\n",
      "G\"\\ET /a HTTP/1.1\r\nHost: x\r\n\r\n",
  };
  for (const std::string& request : hostile) {
    RawClient client(service.port());
    client.send(request);
    EXPECT_TRUE(client.receive().complete);
  }
  end(service);
  EXPECT_EQ(requests_of(service.log()).size(), hostile.size());
  for (const auto* const bad : {"\x1b", "\xc2\x85", "\xe2\x80\xa8", "\xe2\x80\xae", "\x01"})
    EXPECT_THAT(service.log(), Not(HasSubstr(bad)));
}

TEST(ServiceLog, HasNoLinesOfRequestsUnlessAskedFor) {
  WaypostProcess service({"log.format=json"});
  service.start();
  HttpClient(service.port()).get("/livez");
  end(service);
  EXPECT_TRUE(requests_of(service.log()).empty());
  EXPECT_TRUE(std::ranges::any_of(lines_of(service.log()),
                                  [](const Json& line) { return line.at("message") == "serving"; }));
}

TEST(ServiceLog, IsWholeAlsoWhenASecondSignalEndsItAtOnce) {
  WaypostProcess service({"log.format=json", "server.shutdown_seconds=60"});
  service.start();
  HttpClient client(service.port());
  client.post("/v1/jobs", R"({"type": "sleep", "payload": {"seconds": 600}})");
  ASSERT_TRUE(eventually([&] { return client.get("/v1/stats").body.contains("\"running\":1"); }));
  service.signal(SIGTERM);
  ASSERT_TRUE(eventually([&] { return service.log().contains("draining"); }));
  service.signal(SIGTERM);
  EXPECT_EQ(service.wait(), 128 + SIGTERM);
  EXPECT_EQ(lines_of(service.log()).back().at("message"), "a second signal: ending at once");
}

}  // namespace
}  // namespace waypost::test
