#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "support/net_certificates.hpp"

namespace waypost::test {

/// How a TlsClient is to be.
struct TlsOptions {
  std::string trust;               ///< PEM of the authority that the server's certificate must come from
  std::optional<Identity> client;  ///< the certificate that it shows
  std::string protocols;           ///< ALPN, each behind its length: "\x08http/1.1"
  int max_version = 0;             ///< such as TLS1_2_VERSION; 0: the newest
  std::string ciphers;             ///< of TLS 1.2
};

/// A blocking TLS client of a server on loopback. What fails throws boost::system::system_error.
class TlsClient {
 public:
  explicit TlsClient(std::uint16_t port, const TlsOptions& options = {}) : context_(make(options)) {
    socket_.connect({boost::asio::ip::address_v4::loopback(), port});
    if (!options.protocols.empty()) {
      const auto* bytes = reinterpret_cast<const unsigned char*>(options.protocols.data());
      SSL_set_alpn_protos(stream_.native_handle(), bytes, static_cast<unsigned>(options.protocols.size()));
    }
  }

  TlsClient& handshake() {
    stream_.handshake(boost::asio::ssl::stream_base::client);
    return *this;
  }
  void send(std::string_view bytes) { boost::asio::write(stream_, boost::asio::buffer(bytes)); }
  /// The next response's head and body, whose length must be told.
  std::string receive() {
    const std::size_t head =
        boost::asio::read_until(stream_, boost::asio::dynamic_buffer(input_), "\r\n\r\n");
    const std::size_t at = input_.find("Content-Length: ");
    const std::size_t body = at < head ? std::stoul(input_.substr(at + 16)) : 0;
    if (input_.size() < head + body)
      boost::asio::read(stream_, boost::asio::dynamic_buffer(input_),
                        boost::asio::transfer_exactly(head + body - input_.size()));
    std::string response = input_.substr(0, head + body);
    input_.erase(0, head + body);
    return response;
  }
  std::string get(std::string_view target) {
    send("GET " + std::string(target) + " HTTP/1.1\r\nHost: x\r\n\r\n");
    return receive();
  }
  /// The server's end: `eof` when it said goodbye, `stream_truncated` when it did not.
  boost::system::error_code end() {
    char byte = 0;
    boost::system::error_code error;
    stream_.read_some(boost::asio::buffer(&byte, 1), error);
    return error;
  }

  SSL* session() { return stream_.native_handle(); }
  std::string subject() {
    X509* certificate = SSL_get0_peer_certificate(session());
    char name[256] = "";
    X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name, sizeof name);
    return name;
  }
  std::string protocol() {
    const unsigned char* bytes = nullptr;
    unsigned length = 0;
    SSL_get0_alpn_selected(session(), &bytes, &length);
    return {reinterpret_cast<const char*>(bytes), length};
  }

 private:
  static boost::asio::ssl::context make(const TlsOptions& options) {
    namespace ssl = boost::asio::ssl;
    ssl::context context(ssl::context::tls_client);
    if (!options.trust.empty()) {
      context.add_certificate_authority(boost::asio::buffer(options.trust));
      context.set_verify_mode(ssl::verify_peer);
    }
    if (options.client) {
      context.use_certificate(boost::asio::buffer(options.client->certificate), ssl::context::pem);
      context.use_private_key(boost::asio::buffer(options.client->key), ssl::context::pem);
    }
    // An old version is tried to see it refused: the client's own caution must not refuse it first.
    if (options.max_version != 0) {
      SSL_CTX_set_security_level(context.native_handle(), 0);
      SSL_CTX_set_min_proto_version(context.native_handle(), options.max_version);
      SSL_CTX_set_max_proto_version(context.native_handle(), options.max_version);
    }
    if (!options.ciphers.empty()) SSL_CTX_set_cipher_list(context.native_handle(), options.ciphers.c_str());
    return context;
  }

  boost::asio::io_context io_;
  boost::asio::ip::tcp::socket socket_{io_};
  boost::asio::ssl::context context_;
  boost::asio::ssl::stream<boost::asio::ip::tcp::socket&> stream_{socket_, context_};
  std::string input_;
};

}  // namespace waypost::test
