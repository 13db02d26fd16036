#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "support/net_raw_client.hpp"
#include "support/net_test_server.hpp"
#include "support/net_tls_client.hpp"
#include "support/store_fixture.hpp"

namespace waypost::test {
namespace {

using net::ClientAuth;
using net::TlsContext;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;
namespace error = boost::asio::error;
namespace ssl = boost::asio::ssl;

struct ServerTls : testing::Test {
  std::filesystem::path write(const std::string& name, const std::string& text) const {
    std::ofstream(folder / name) << text;
    return folder / name;
  }
  net::TlsFiles files(const Identity& identity) const {
    return {.certificate = write("certificate.pem", identity.certificate),
            .key = write("key.pem", identity.key)};
  }
  net::ServerSettings settings(const net::TlsFiles& files) const {
    return {.tls = TlsContext::load(files).value()};
  }
  net::ServerSettings settings() const { return settings(files(authority.issue("localhost"))); }
  net::TlsFiles with_clients(ClientAuth auth) const {
    auto all = files(authority.issue("localhost"));
    all.client_ca = write("clients.pem", clients.certificate());
    all.client_auth = auth;
    return all;
  }
  std::string fault(const net::TlsFiles& files) const {
    const auto loaded = TlsContext::load(files);
    return loaded ? "none" : loaded.error().message;
  }

  TempDirectory folder;
  Authority authority;
  Authority clients{"Clients"};
  ScriptedService service;
};

TEST_F(ServerTls, ServesRequestsOverOneConnectionWithTls13AndHttp11) {
  TestServer server(service, settings());
  TlsClient client(server.port(), {.trust = authority.certificate(), .protocols = "\x02h2\x08http/1.1"});
  client.handshake();
  EXPECT_THAT(client.get("/a"), EndsWith("GET /a"));
  EXPECT_THAT(client.get("/b"), EndsWith("GET /b"));
  EXPECT_STREQ(SSL_get_version(client.session()), "TLSv1.3");
  EXPECT_EQ(client.protocol(), "http/1.1");
}

TEST_F(ServerTls, TakesTls12WithForwardSecrecyOnlyAndNothingOlder) {
  TestServer server(service, settings());
  EXPECT_THAT(TlsClient(server.port(), {.max_version = TLS1_2_VERSION}).handshake().get("/"),
              EndsWith("GET /"));
  EXPECT_THROW(TlsClient(server.port(), {.max_version = TLS1_1_VERSION}).handshake(),
               boost::system::system_error);
  EXPECT_THROW(TlsClient(server.port(),
                         {.max_version = TLS1_2_VERSION, .ciphers = "ECDHE-ECDSA-AES128-SHA:AES128-SHA"})
                   .handshake(),
               boost::system::system_error);
}

TEST_F(ServerTls, RefusesClientsThatSpeakAnotherProtocolOnly) {
  TestServer server(service, settings());
  EXPECT_THROW(TlsClient(server.port(), {.protocols = "\x02h2"}).handshake(), boost::system::system_error);
}

TEST_F(ServerTls, CarriesLargeBodiesBothWays) {
  service.on_plan = [](const net::RequestHead&) { return net::BodyPlan{.max_bytes = 64 << 20}; };
  service.on_handle = [](const net::Request& request) -> asio::awaitable<net::Response> {
    co_return text_response(std::string(request.body));
  };
  TestServer server(service, settings());
  TlsClient client(server.port());
  client.handshake();
  std::string body(5'000'001, 'x');
  for (std::size_t i = 0; i < body.size(); i += 997) body[i] = static_cast<char>('a' + i % 26);
  client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
              body);
  const std::string response = client.receive();
  EXPECT_TRUE(response.ends_with(body)) << response.size();
}

TEST_F(ServerTls, StreamsPiecesWithoutMixingThemUp) {
  service.on_handle = [](const net::Request&) -> asio::awaitable<net::Response> {
    net::Response response = text_response("");
    response.stream =
        std::make_unique<PieceSource>(std::vector<std::string>{"abc", std::string(40'000, 'd'), "e"});
    response.stream_length = 40'004;
    co_return response;
  };
  TestServer server(service, settings());
  TlsClient client(server.port());
  EXPECT_THAT(client.handshake().get("/"), EndsWith("\r\n\r\nabc" + std::string(40'000, 'd') + "e"));
}

TEST_F(ServerTls, SaysGoodbyeSoThatAnEndIsNoTruncation) {
  TestServer server(service, settings());
  TlsClient client(server.port());
  client.handshake().send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(client.receive(), EndsWith("GET /"));
  EXPECT_EQ(client.end(), error::eof);
}

TEST_F(ServerTls, TellsAClientThatSpeaksPlainHttpToBeginWithHttps) {
  TestServer server(service, settings());
  RawClient client(server.port());
  client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  const auto response = client.receive();
  EXPECT_EQ(response.status, 400);
  EXPECT_THAT(response.body, HasSubstr("https://"));
  EXPECT_TRUE(client.closed_by_peer());
}

TEST_F(ServerTls, DropsAHandshakeThatIsTooSlowOrNone) {
  auto slow = settings();
  slow.limits.header_timeout = std::chrono::milliseconds(50);
  TestServer server(service, slow);
  RawClient silent(server.port());
  EXPECT_TRUE(silent.closed_by_peer());
  EXPECT_EQ(server.cuts(net::Cut::tls), 1u);
  RawClient garbage(server.port());
  garbage.send(std::string("\x16\x03\x01\x00\x05hello", 10));
  garbage.receive_all();
  while (server.open_connections() > 0) server.run([] {});
  EXPECT_EQ(server.cuts(), 1u) << "nonsense is not slow";
}

TEST_F(ServerTls, AnswersAHeadThatIsTooSlowWith408) {
  auto slow = settings();
  slow.limits.header_timeout = std::chrono::milliseconds(200);
  TestServer server(service, slow);
  TlsClient client(server.port());
  client.handshake().send("GET / HTTP/1.1\r\nHo");
  EXPECT_THAT(client.receive(), StartsWith("HTTP/1.1 408 "));
}

TEST_F(ServerTls, AsksForAClientsCertificateWhenOneIsRequired) {
  TestServer server(service, settings(with_clients(ClientAuth::required)));
  EXPECT_THAT(TlsClient(server.port(), {.client = clients.issue("alice")}).handshake().get("/"),
              EndsWith("GET /"));
  // A TLS 1.3 client learns of the refusal only when it reads.
  const auto refused = [&](const TlsOptions& options) {
    try {
      TlsClient(server.port(), options).handshake().get("/");
    } catch (const boost::system::system_error&) {
      return true;
    }
    return false;
  };
  EXPECT_TRUE(refused({}));
  EXPECT_TRUE(refused({.client = authority.issue("mallory")}));
  EXPECT_TRUE(refused({.client = clients.issue("late", -60)}));
}

TEST_F(ServerTls, ChecksAnOptionalClientsCertificateOnlyWhenOneIsShown) {
  TestServer server(service, settings(with_clients(ClientAuth::optional)));
  EXPECT_THAT(TlsClient(server.port()).handshake().get("/"), EndsWith("GET /"));
  EXPECT_THAT(TlsClient(server.port(), {.client = clients.issue("alice")}).handshake().get("/"),
              EndsWith("GET /"));
  EXPECT_THROW(TlsClient(server.port(), {.client = authority.issue("mallory")}).handshake().get("/"),
               boost::system::system_error);
}

TEST_F(ServerTls, TakesAnotherCertificateWithoutDroppingAConnection) {
  TestServer server(service, settings(files(authority.issue("before"))));
  TlsClient old(server.port());
  old.handshake();
  EXPECT_EQ(old.subject(), "before");
  const auto next = settings(files(authority.issue("after")));
  server.run([&] { server.server().reconfigure(next); });
  TlsClient fresh(server.port());
  fresh.handshake();
  EXPECT_EQ(fresh.subject(), "after");
  EXPECT_THAT(old.get("/old"), EndsWith("GET /old"));
  EXPECT_THAT(fresh.get("/new"), EndsWith("GET /new"));
}

TEST_F(ServerTls, SendsHstsOnlyWhenToldTo) {
  auto chosen = settings();
  TestServer server(service, chosen);
  TlsClient client(server.port());
  EXPECT_THAT(client.handshake().get("/"), testing::Not(HasSubstr("Strict-Transport-Security")));
  chosen.hsts = std::chrono::seconds(600);
  server.run([&] { server.server().reconfigure(chosen); });
  EXPECT_THAT(client.get("/"), HasSubstr("\r\nStrict-Transport-Security: max-age=600\r\n"));
}

TEST_F(ServerTls, NamesTheFileAndWhatIsWrongWithIt) {
  const Identity identity = authority.issue("localhost");
  auto missing = files(identity);
  missing.certificate = "/no/such/file.pem";
  EXPECT_EQ(fault(missing),
            "server.tls.certificate: /no/such/file.pem cannot be read: No such file or directory");

  EXPECT_THAT(fault(files({"nonsense", identity.key})),
              HasSubstr("certificate.pem holds no PEM certificate"));
  EXPECT_THAT(
      fault(files({identity.certificate + "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
                   identity.key})),
      HasSubstr("certificate.pem has a broken certificate behind its first"));
  EXPECT_THAT(fault(files({identity.certificate, "nonsense"})),
              HasSubstr("key.pem holds no PEM private key"));
  EXPECT_THAT(fault(files({identity.certificate, authority.issue("other").key})),
              HasSubstr("key.pem is not the key of the certificate in"));
  EXPECT_THAT(
      fault(files({identity.certificate,
                   "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n"})),
      HasSubstr("key.pem is encrypted"));
  auto no_roots = with_clients(ClientAuth::required);
  no_roots.client_ca = write("clients.pem", "nonsense");
  EXPECT_THAT(fault(no_roots), HasSubstr("server.tls.client_ca: "));
}

TEST_F(ServerTls, SendsTheWholeChainOfItsFile) {
  const Identity identity = authority.issue("localhost");
  TestServer server(service, settings(files({identity.certificate + authority.certificate(), identity.key})));
  TlsClient client(server.port());
  client.handshake();
  EXPECT_EQ(sk_X509_num(SSL_get_peer_cert_chain(client.session())), 2);
}

TEST_F(ServerTls, ComplainsOfACertificateThatIsNotValidNow) {
  const auto context = TlsContext::load(files(authority.issue("localhost"))).value();
  const auto now = std::chrono::floor<Milliseconds>(std::chrono::system_clock::now());
  EXPECT_EQ(context->complaint(now), std::nullopt);
  EXPECT_THAT(context->complaint(now + std::chrono::hours(2)).value_or(""), HasSubstr("has expired at 20"));
  EXPECT_THAT(context->complaint(now - std::chrono::hours(2)).value_or(""), HasSubstr("not valid before 20"));
}

}  // namespace
}  // namespace waypost::test
