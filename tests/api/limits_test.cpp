#include <gmock/gmock.h>

#include "support/app_fixture.hpp"
#include "support/gzip.hpp"

// Bad input and the limits of §8.2: one clear answer each, and the service goes on.
namespace waypost::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::size_t body_limit = 2000;

class Limits : public SharedApp<Limits> {
 public:
  static void configure(app::Config& config) {
    config.server.max_body_bytes = body_limit;
    config.server.max_manifest_bytes = 4000;
    config.server.max_uri_bytes = 16384;
    config.server.max_header_bytes = 32768;
    config.egress.allow.clear();
  }
  void TearDown() override { EXPECT_EQ(app().get("/readyz").status, 200); }
};

std::string job_of_size(std::size_t size) {
  std::string job = R"({"type":"echo","payload":""})";
  return job.insert(job.size() - 2, std::string(size - job.size(), 'x'));
}

TEST_F(Limits, ABodyMayHaveExactlyMaxBodyBytes) {
  EXPECT_EQ(app().post("/v1/jobs", job_of_size(body_limit)).status, 202);
  expect_problem(app().post("/v1/jobs", job_of_size(body_limit + 1)), 413, "payload_too_large");
}

TEST_F(Limits, TheLimitOfABodyCountsInflatedBytes) {
  const Headers headers{{"Content-Type", "application/json"}, {"Content-Encoding", "gzip"}};
  EXPECT_EQ(app().call("POST", "/v1/jobs", headers, gzip(job_of_size(body_limit))).status, 202);
  expect_problem(app().call("POST", "/v1/jobs", headers, gzip(job_of_size(body_limit + 1))), 413,
                 "payload_too_large");
  expect_problem(app().call("POST", "/v1/jobs", headers, gzip(std::string(10'000'000, ' '))), 413,
                 "payload_too_large");
}

TEST_F(Limits, AChunkedBodyIsHeldToTheSameLimit) {
  const auto chunked = [](const std::string& body) {
    char size[20];
    snprintf(size, sizeof size, "%zx", body.size());
    return exchange(app().port(),
                    "POST /v1/jobs HTTP/1.1\r\nHost: x\r\nContent-Type: "
                    "application/json\r\nTransfer-Encoding: chunked\r\n\r\n" +
                        std::string(size) + "\r\n" + body + "\r\n0\r\n\r\n");
  };
  EXPECT_EQ(chunked(job_of_size(body_limit)).status, 202);
  expect_problem(chunked(job_of_size(body_limit + 1)), 413, "payload_too_large");
}

TEST_F(Limits, AManifestIsHeldToItsOwnLimit) {
  const auto manifest = [](std::size_t size) { return "address\n" + std::string(size - 9, 'x') + "\n"; };
  EXPECT_EQ(app().post_csv("/v1/jobs?type=geocode", manifest(4000)).status, 202);
  expect_problem(app().post_csv("/v1/jobs?type=geocode", manifest(4001)), 413, "payload_too_large");
  expect_problem(app().post_csv("/v1/jobs?type=geocode", gzip(manifest(100'000))), 413, "payload_too_large");
}

TEST_F(Limits, AUriOver16384BytesIs414) {
  const auto target = [](std::size_t size) {
    const std::string start = "/maps/api/geocode/json?address=";
    return start + std::string(size - start.size(), 'x');
  };
  EXPECT_EQ(app().get(target(16384)).status, 200);
  expect_problem(app().get(target(16385)), 414, "uri_too_long");
}

TEST_F(Limits, AHeadOver32768BytesIs431) {
  const auto with_head = [](std::size_t size) {
    const std::size_t rest = request_text("GET", "/healthz", {{"X-Filler", ""}}).size();
    return app().get("/healthz", {{"X-Filler", std::string(size - rest, 'x')}});
  };
  EXPECT_EQ(with_head(32768).status, 200);
  expect_problem(with_head(32769), 431, "headers_too_large");
}

TEST_F(Limits, WhatIsNoHttpIsMalformedRequest) {
  for (const std::string request :
       {"GET\r\n\r\n", "GET /healthz HTTP/1.1\r\n\r\n", "GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nHost : a\r\n\r\n", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST /v1/jobs HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
        "POST /v1/jobs HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n"}) {
    SCOPED_TRACE(request);
    expect_problem(exchange(app().port(), request), 400, "malformed_request");
  }
}

TEST_F(Limits, AForbiddenWebhookIsRefusedAtOnceWithTierAndRemedy) {
  const struct {
    std::string url, tier, remedy;
  } cases[] = {{"http://127.0.0.2/hook", "forbidden", "egress.allow"},
               {"http://[::1]/hook", "forbidden", "egress.allow"},
               {"http://169.254.169.254/latest/meta-data", "forbidden", "egress.allow"},
               {"http://[::ffff:127.0.0.2]/", "forbidden", "egress.allow"},
               {"http://10.0.0.1/hook", "private", "egress.allow"},
               {"http://192.168.1.1:8080/", "private", "egress.allow_private"}};
  for (const auto& [url, tier, remedy] : cases) {
    SCOPED_TRACE(url);
    const Json problem =
        expect_problem(app().post("/v1/jobs", Json{{"type", "echo"}, {"webhook", {{"url", url}}}}.dump()),
                       422, "egress_forbidden");
    EXPECT_THAT(faults_of(problem), ElementsAre("egress_forbidden @ /webhook/url"));
    EXPECT_THAT(problem.at("detail").get<std::string>(), testing::AllOf(HasSubstr(tier), HasSubstr(remedy)));
  }
}

TEST_F(Limits, AnHttpJobToAForbiddenAddressIsRefusedAtOnce) {
  for (const std::string url : {"http://127.0.0.2/", "http://[::1]:9/"}) {
    const Json problem =
        expect_problem(app().post("/v1/jobs", Json{{"type", "http"}, {"payload", {{"url", url}}}}.dump()),
                       422, "egress_forbidden");
    EXPECT_THAT(faults_of(problem), ElementsAre("egress_forbidden @ /payload/url"));
  }
}

TEST_F(Limits, ANameOfAForbiddenAddressIsRefusedAtOnceToo) {
  const Json problem = expect_problem(
      app().post(
          "/v1/jobs",
          R"({"type":"http","payload":{"url":"http://localhost:1/"},"webhook":{"url":"http://localhost/"}})"),
      422, "egress_forbidden");
  EXPECT_THAT(faults_of(problem),
              ElementsAre("egress_forbidden @ /payload/url", "egress_forbidden @ /webhook/url"));
  const Json batch = expect_problem(
      app().post_csv("/v1/jobs?type=echo&webhook.url=http://localhost/", "a\n1\n"), 422, "egress_forbidden");
  EXPECT_THAT(faults_of(batch), ElementsAre("egress_forbidden @ webhook.url"));
}

TEST_F(Limits, AWebhookUrlThatIsNoneIsAnInvalidField) {
  for (const std::string url :
       {"ftp://example.com/", "example.com", "http://", "http://u:p@example.com/", "http://2130706433/",
        "http://0x7f.1/", "http://example.com:0/", "http://exa mple.com/", "http://[fe80::1%25eth0]/"}) {
    SCOPED_TRACE(url);
    const Json problem =
        expect_problem(app().post("/v1/jobs", Json{{"type", "echo"}, {"webhook", {{"url", url}}}}.dump()),
                       422, "validation_failed");
    EXPECT_THAT(faults_of(problem), ElementsAre("malformed @ /webhook/url"));
  }
}

TEST_F(Limits, AHostNameThatDoesNotResolveYetIsAccepted) {
  EXPECT_EQ(
      app()
          .post("/v1/jobs", R"({"type":"echo","webhook":{"url":"http://nothing-of-that-name.invalid/"}})")
          .status,
      202);
}

}  // namespace
}  // namespace waypost::test
