#include <gmock/gmock.h>

#include <fstream>

#include "program.hpp"
#include "support/net_raw_client.hpp"
#include "support/net_tls_client.hpp"
#include "support/process.hpp"

namespace waypost::test {
namespace {

using app::run_waypost;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

struct ServeTls : testing::Test {
  void write(const Identity& identity) const {
    std::ofstream(folder / "certificate.pem") << identity.certificate;
    std::ofstream(folder / "key.pem") << identity.key;
  }
  std::vector<std::string> settings() const {
    return {"server.tls.certificate=" + (folder / "certificate.pem").string(),
            "server.tls.key=" + (folder / "key.pem").string()};
  }

  TempDirectory folder;
  Authority authority;
};

TEST_F(ServeTls, SaysWhereItListensAndServesThere) {
  write(authority.issue("localhost"));
  WaypostProcess service(settings());
  service.start();
  EXPECT_EQ(service.url(), "https://127.0.0.1:" + std::to_string(service.port()));
  TlsClient client(service.port(), {.trust = authority.certificate()});
  EXPECT_THAT(client.handshake().get("/healthz"), StartsWith("HTTP/1.1 200 "));
}

TEST_F(ServeTls, IsFoundByTheCommandLineOfItsOwnMachine) {
  write(authority.issue("elsewhere.example"));
  WaypostProcess service(settings());
  service.start();
  const auto made = run_waypost({.arguments = {"key", "create", "--name", "ci", "--scopes", "lookup",
                                               "--data-dir", service.data().string()}});
  EXPECT_EQ(made.status, 0) << made.err;
  EXPECT_THAT(made.out, StartsWith("wp_"));
}

TEST_F(ServeTls, IsNotBelievedByAClientOfAnotherMachineUnlessAnAuthorityVouchesForIt) {
  write(authority.issue("localhost"));
  WaypostProcess service(settings());
  service.start();
  const auto listed = run_waypost({.arguments = {"job", "list", "--server", service.url()}});
  EXPECT_EQ(listed.status, 1);
  EXPECT_THAT(listed.err, HasSubstr("certificate verify failed"));
}

TEST_F(ServeTls, DoesNotStartWithFilesThatCannotBeUsed) {
  write({"nonsense", "nonsense"});
  const auto outcome =
      run_waypost({.arguments = {"serve", "--data-dir", (folder / "data").string(), "--listen", "127.0.0.1:0",
                                 "--set", settings()[0], "--set", settings()[1]}});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.err, HasSubstr("waypost: server.tls.certificate: " +
                                     (folder / "certificate.pem").string() + " holds no PEM certificate"));
}

TEST_F(ServeTls, WarnsOfAnExpiredCertificateAndServes) {
  write(authority.issue("localhost", -60));
  WaypostProcess service(settings());
  service.start();
  EXPECT_TRUE(eventually([&] { return service.log().contains("has expired at"); })) << service.log();
}

struct Exposure : testing::Test {
  Exposure() {
    const auto made = run_waypost({.arguments = {"key", "create", "--name", "ci", "--scopes", "lookup",
                                                 "--data-dir", service.data().string()}});
    EXPECT_EQ(made.status, 0) << made.err;
  }
  std::string refusal() {
    try {
      service.start();
    } catch (const std::runtime_error& error) {
      return error.what();
    }
    return "";
  }
  WaypostProcess service{{"server.listen=0.0.0.0:0"}};
};

TEST_F(Exposure, OfKeysInTheClearIsRefused) {
  EXPECT_THAT(refusal(), HasSubstr("API keys be read on the way: set server.tls.certificate"));
}

TEST_F(Exposure, IsAllowedInWords) {
  service.start({"server.allow_insecure_http=true"});
  EXPECT_THAT(service.url(), StartsWith("http://0.0.0.0:"));
}

TEST_F(Exposure, WithoutKeysIsAllowedByTheStrongerWord) {
  service.start({"auth.mode=none"});
  EXPECT_THAT(service.url(), StartsWith("http://0.0.0.0:"));
  EXPECT_EQ(exchange(service.port(), "GET /v1/stats HTTP/1.1\r\nHost: x\r\n\r\n").status, 200);
}

TEST_F(Exposure, WithTlsIsAllowed) {
  const TempDirectory folder;
  const Identity identity = Authority().issue("localhost");
  std::ofstream(folder / "certificate.pem") << identity.certificate;
  std::ofstream(folder / "key.pem") << identity.key;
  service.start({"server.tls.certificate=" + (folder / "certificate.pem").string(),
                 "server.tls.key=" + (folder / "key.pem").string()});
  EXPECT_THAT(service.url(), StartsWith("https://0.0.0.0:"));
}

TEST(ThroughATrustedProxy, NobodyCountsAsThisMachine) {
  WaypostProcess service({"server.trusted_proxies=[\"127.0.0.1\"]"});
  service.start();
  const auto status = [&](std::string_view field) {
    return exchange(service.port(), "GET /v1/stats HTTP/1.1\r\nHost: x\r\n" + std::string(field) + "\r\n")
        .status;
  };
  EXPECT_EQ(status(""), 401);
  EXPECT_EQ(status("X-Forwarded-For: 127.0.0.1\r\n"), 401);
  // The operator's own commands prove who they are by the key file.
  const auto made = run_waypost({.arguments = {"key", "create", "--name", "ci", "--scopes", "lookup",
                                               "--data-dir", service.data().string()}});
  EXPECT_EQ(made.status, 0) << made.err;
}

}  // namespace
}  // namespace waypost::test
