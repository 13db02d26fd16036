#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/ssl.hpp>
#include <filesystem>
#include <fstream>

#include "support/net_call.hpp"
#include "support/net_certificates.hpp"
#include "waypost/net/client.hpp"

namespace waypost::test {
namespace {

using net::ClientError;
using testing::HasSubstr;
namespace ssl = boost::asio::ssl;

/// A TLS server with a certificate of the test's choice that answers `requests` requests on one connection
/// with the server name that the client asked for.
class TlsPeer {
 public:
  explicit TlsPeer(const Identity& identity, int requests = 1, std::string suffix = "")
      : peer_(1, [identity, requests, suffix](auto& socket, int) {
          ssl::context tls(ssl::context::tls_server);
          tls.use_certificate(boost::asio::buffer(identity.certificate), ssl::context::pem);
          tls.use_private_key(boost::asio::buffer(identity.key), ssl::context::pem);
          ssl::stream<ScriptedPeer::Socket&> stream(socket, tls);
          stream.handshake(ssl::stream_base::server);
          const char* name = SSL_get_servername(stream.native_handle(), TLSEXT_NAMETYPE_host_name);
          const std::string body = name == nullptr ? "no name" : name;
          for (int i = 0; i < requests; ++i) {
            read_head(stream);
            write_text(stream, suffix.empty() ? "HTTP/1.1 200 OK\r\nContent-Length: " +
                                                    std::to_string(body.size()) + "\r\n\r\n" + body
                                              : suffix);
          }
        }) {}
  std::uint16_t port() const { return peer_.port(); }

 private:
  ScriptedPeer peer_;
};

struct ClientTls : testing::Test {
  ClientTls()
      : ca_file(std::filesystem::temp_directory_path() / ("net_ca_" + std::to_string(::getpid()) + ".pem")) {
    std::ofstream(ca_file) << authority.certificate();
  }
  ~ClientTls() override { std::filesystem::remove(ca_file); }

  std::expected<net::ClientResponse, ClientError> get(const TlsPeer& peer, const std::string& host,
                                                      int times = 1) {
    net::Client client(context, guard, {.ca_file = ca_file});
    net::Abort abort;
    const auto url = net::parse_url("https://" + host + ":" + std::to_string(peer.port()) + "/").value();
    auto outcome = run_until_done(context, client.send({.url = url}, abort));
    for (int i = 1; i < times; ++i) outcome = run_until_done(context, client.send({.url = url}, abort));
    return outcome;
  }
  std::string distrust(const TlsPeer& peer, const std::string& host) {
    const auto outcome = get(peer, host);
    if (outcome) return "trusted";
    EXPECT_EQ(to_string(outcome.error().kind), "tls_failed");
    EXPECT_THAT(outcome.error().message, testing::StartsWith("TLS with " + host + " failed: "));
    return outcome.error().message;
  }

  Authority authority;
  std::string ca_file;
  asio::io_context context{1};
  net::EgressPolicy guard = net::EgressPolicy::make({"127.0.0.1", "localhost"}, {}, false).value();
};

TEST_F(ClientTls, TrustsACertificateForItsHostFromAKnownAuthority) {
  const TlsPeer peer(authority.issue("localhost"));
  const auto outcome = get(peer, "localhost");
  ASSERT_TRUE(outcome) << outcome.error().message;
  EXPECT_EQ(outcome->body, "localhost");  // SNI
}

TEST_F(ClientTls, TrustsACertificateForAnAddressAndSendsNoNameForIt) {
  const TlsPeer peer(authority.issue("127.0.0.1"));
  EXPECT_EQ(get(peer, "127.0.0.1").value().body, "no name");
}

TEST_F(ClientTls, ReusesItsConnection) {
  const TlsPeer peer(authority.issue("localhost"), 5);
  const auto outcome = get(peer, "localhost", 5);
  ASSERT_TRUE(outcome) << outcome.error().message;
}

TEST_F(ClientTls, DistrustsACertificateOfAnotherHost) {
  const TlsPeer peer(authority.issue("other.example"));
  EXPECT_THAT(distrust(peer, "localhost"), HasSubstr("ostname mismatch"));
}

TEST_F(ClientTls, DistrustsAnExpiredCertificate) {
  const TlsPeer peer(authority.issue("localhost", -60));
  EXPECT_THAT(distrust(peer, "localhost"), HasSubstr("expired"));
}

TEST_F(ClientTls, DistrustsAnUnknownAuthority) {
  const TlsPeer peer(Authority("Unknown Authority").issue("localhost"));
  EXPECT_THAT(distrust(peer, "localhost"), HasSubstr("unable to get local issuer certificate"));
}

TEST_F(ClientTls, SaysSoWhenTheServerSpeaksNoTls) {
  ScriptedPeer plain(1, [](auto& socket, int) {
    std::string some(64, '\0');
    socket.read_some(boost::asio::buffer(some));
    write_text(socket, "HTTP/1.1 400 Bad Request\r\n\r\n");
  });
  net::Client client(context, guard, {});
  net::Abort abort;
  const auto url = net::parse_url("https://127.0.0.1:" + std::to_string(plain.port()) + "/").value();
  const auto outcome = run_until_done(context, client.send({.url = url}, abort));
  ASSERT_FALSE(outcome);
  EXPECT_EQ(to_string(outcome.error().kind), "tls_failed");
}

TEST_F(ClientTls, TakesABodyThatWasCutOffForBroken) {
  // Without a length only TLS's own goodbye, which this peer does not say, tells the end from a cut.
  const TlsPeer peer(authority.issue("localhost"), 1, "HTTP/1.1 200 OK\r\n\r\nhalf");
  const auto outcome = get(peer, "localhost");
  ASSERT_FALSE(outcome);
  EXPECT_EQ(to_string(outcome.error().kind), "bad_response");
}

TEST_F(ClientTls, SaysWhichFileOfRootsCannotBeRead) {
  try {
    net::Client client(context, guard, {.ca_file = "/no/such/file.pem"});
    FAIL() << "the file was accepted";
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), HasSubstr("/no/such/file.pem"));
  }
}

}  // namespace
}  // namespace waypost::test
