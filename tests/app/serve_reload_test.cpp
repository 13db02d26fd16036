#include <gmock/gmock.h>

#include <atomic>
#include <fstream>
#include <thread>

#include "support/net_raw_client.hpp"
#include "support/net_tls_client.hpp"
#include "support/process.hpp"

/// SIGHUP, on the real program.
namespace waypost::test {
namespace {

using testing::ContainsRegex;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

std::size_t count_of(std::string_view text, std::string_view part) {
  std::size_t count = 0;
  for (auto at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

struct ServeReload : testing::Test {
  void configure(const std::string& toml) const { write("waypost.toml", toml); }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(folder / "next") << text;
    std::filesystem::rename(folder / "next", folder / name);  // whole at any moment
  }
  void write(const Identity& identity) const {
    write("certificate.pem", identity.certificate);
    write("key.pem", identity.key);
  }
  std::string tls() const {
    return "[server.tls]\ncertificate = \"" + (folder / "certificate.pem").string() + "\"\nkey = \"" +
           (folder / "key.pem").string() + "\"\n";
  }
  /// Waits until the service has said `what` so many times.
  bool says(std::string_view what, std::size_t times = 1) const {
    return eventually([&] { return count_of(service.log(), what) >= times; });
  }
  int status_of_body(std::size_t size) const {
    return exchange(service.port(),
                    "POST /v1/jobs HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                    "Content-Length: " +
                        std::to_string(size) + "\r\nExpect: 100-continue\r\n\r\n")
        .status;
  }

  const TempDirectory folder;
  WaypostProcess service{{}, folder / "waypost.toml"};
};

TEST_F(ServeReload, TakesOverLimitsAndTheLogAndNamesWhatNeedsARestart) {
  configure("server.max_body_bytes = 2048\n");
  service.start();
  EXPECT_EQ(status_of_body(4000), 413);
  configure("server.max_body_bytes = 8192\nlog.format = \"json\"\nserver.io_threads = 7\n");
  service.signal(SIGHUP);
  ASSERT_TRUE(says("needs a restart"));
  EXPECT_THAT(service.log(), HasSubstr("\"changed\":\"server.max_body_bytes, log.format\""));
  EXPECT_THAT(service.log(), HasSubstr("\"keys\":\"server.io_threads\""));
  EXPECT_EQ(status_of_body(4000), 100);
}

TEST_F(ServeReload, IsInTheAuditTrailWithItsOutcome) {
  configure("server.max_body_bytes = 2048\n");
  service.start();
  const auto outcomes = [this](std::string_view outcome) {
    const auto trail =
        exchange(service.port(), "GET /v1/audit?action=configuration.reload HTTP/1.1\r\nHost: x\r\n\r\n");
    return count_of(trail.body, "\"outcome\":\"" + std::string(outcome) + "\"");
  };
  service.signal(SIGHUP);
  EXPECT_TRUE(eventually([&] { return outcomes("done") == 1; }));
  configure("server.max_body_bytes = \"many\"\n");
  service.signal(SIGHUP);
  EXPECT_TRUE(eventually([&] { return outcomes("validation_failed") == 1; }));
}

TEST_F(ServeReload, ChangesNothingWhenAnythingIsWrong) {
  configure("server.max_body_bytes = 2048\n");
  service.start();
  configure("server.max_body_bytes = 8192\nlog.levl = \"debug\"\n");
  service.signal(SIGHUP);
  ASSERT_TRUE(says("stays as it was"));
  EXPECT_THAT(service.log(), HasSubstr("unknown key log.levl; did you mean log.level?"));
  EXPECT_EQ(status_of_body(4000), 413);
}

TEST_F(ServeReload, KeepsTheOldCertificateWhenTheNewOneCannotBeUsed) {
  const Authority authority;
  write(authority.issue("before"));
  configure("server.max_body_bytes = 2048\n" + tls());
  service.start();
  write("key.pem", authority.issue("other").key);
  configure("server.max_body_bytes = 8192\n" + tls());
  service.signal(SIGHUP);
  ASSERT_TRUE(says("stays as it was"));
  EXPECT_THAT(service.log(), HasSubstr("is not the key of the certificate"));
  TlsClient client(service.port(), {.trust = authority.certificate()});
  client.handshake();
  EXPECT_EQ(client.subject(), "before");
}

TEST_F(ServeReload, RollsCertificatesAndConfigurationUnderLoadWithoutAFailedRequest) {
  const Authority authority;
  write(authority.issue("certificate-0"));
  configure(tls());
  service.start();
  std::atomic<bool> done = false;
  std::atomic<int> served = 0, failed = 0;
  const auto load = [&](bool keep) {
    std::optional<TlsClient> client;
    while (!done) {
      try {
        if (!client || !keep)
          client.emplace(service.port(), TlsOptions{.trust = authority.certificate()}).handshake();
        const bool fine = client->get("/v1/geocode?q=toledo&limit=1").starts_with("HTTP/1.1 200 ");
        ++(fine ? served : failed);
      } catch (const boost::system::system_error&) {
        ++failed;
        client.reset();
      }
    }
  };
  std::vector<std::thread> clients;
  for (const bool keep : {true, true, false, false}) clients.emplace_back(load, keep);
  for (std::size_t i = 1; i <= 10; ++i) {
    write(authority.issue("certificate-" + std::to_string(i)));
    configure("queues.mail.concurrency = " + std::to_string(i) + "\n" + tls());
    service.signal(SIGHUP);
    EXPECT_TRUE(says("was read anew", i));
    const int before = served;
    EXPECT_TRUE(eventually([&] { return served > before + 20; }));
  }
  done = true;
  for (auto& client : clients) client.join();
  EXPECT_EQ(failed, 0);
  EXPECT_GE(served, 200);
  TlsClient last(service.port());
  last.handshake();
  EXPECT_EQ(last.subject(), "certificate-10");
  EXPECT_THAT(last.get("/v1/queues"), HasSubstr("\"concurrency\":10"));
}

}  // namespace
}  // namespace waypost::test
