#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <cerrno>
#include <ctime>
#include <fstream>
#include <system_error>

#include "waypost/net/tls.hpp"

namespace waypost::net {

namespace {

using Bio = std::unique_ptr<BIO, decltype(&BIO_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;
using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

/// Forward secrecy and authenticated encryption; TLS 1.3 has nothing else.
constexpr const char* tls12_ciphers =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";

std::unexpected<Error> refuse(std::string_view setting, const std::filesystem::path& file,
                              std::string_view why) {
  return fail(Code::validation_failed, fmt::format("{}: {} {}", setting, file.string(), why));
}

/// The library's own words for its last failure.
std::string library_reason() {
  const auto* reason = ERR_reason_error_string(ERR_peek_last_error());
  ERR_clear_error();
  return reason == nullptr ? "unknown" : reason;
}

Result<std::string> read_file(std::string_view setting, const std::filesystem::path& file) {
  errno = 0;
  std::ifstream stream(file, std::ios::binary);
  std::string text(std::istreambuf_iterator<char>(stream), {});
  if (stream && !text.empty()) return text;
  const std::string reason = errno != 0 ? std::generic_category().message(errno) : "it is empty";
  return refuse(setting, file, "cannot be read: " + reason);
}

Bio reader(const std::string& text) {
  return {BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), &BIO_free};
}

Certificate next_certificate(BIO* bio) {
  return {PEM_read_bio_X509(bio, nullptr, nullptr, nullptr), &X509_free};
}

Time time_of(const ASN1_TIME* time) {
  std::tm parts{};
  ASN1_TIME_to_tm(time, &parts);
  return Time{std::chrono::seconds(::timegm(&parts))};
}

/// Asks nobody: a server has no terminal, and a prompt would only keep it from starting.
int no_passphrase(char*, int, int, void*) {
  return -1;
}

/// RFC 7301 §3.2: a client that asks for other protocols only is refused.
int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* length, const unsigned char* offered,
                    unsigned int size, void*) {
  static constexpr unsigned char known[] = "\x08http/1.1";
  unsigned char* found = nullptr;
  const int result = SSL_select_next_proto(&found, length, known, sizeof known - 1, offered, size);
  *chosen = found;
  return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

void set_rules(SSL_CTX* context) {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_cipher_list(context, tls12_ciphers);
  SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  // A connection that waits gives its record buffers back; a write may go on from another address.
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  // Tickets keep sessions with the clients: there is nothing to keep here, nor a lock to take.
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  static constexpr unsigned char name[] = "waypost";
  SSL_CTX_set_session_id_context(context, name, sizeof name - 1);
  SSL_CTX_set_alpn_select_cb(context, &choose_protocol, nullptr);
}

Result<Certificate> use_certificate(SSL_CTX* context, const std::filesystem::path& file) {
  constexpr std::string_view setting = "server.tls.certificate";
  const auto text = read_file(setting, file);
  if (!text) return std::unexpected(text.error());
  const Bio bio = reader(*text);
  Certificate own = next_certificate(bio.get());
  if (!own) return refuse(setting, file, "holds no PEM certificate (-----BEGIN CERTIFICATE-----)");
  if (SSL_CTX_use_certificate(context, own.get()) != 1)
    return refuse(setting, file, "cannot be used: " + library_reason());
  while (const Certificate issuer = next_certificate(bio.get()))
    if (SSL_CTX_add1_chain_cert(context, issuer.get()) != 1)
      return refuse(setting, file, "has a chain that cannot be used: " + library_reason());
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  if (!at_end) return refuse(setting, file, "has a broken certificate behind its first: " + library_reason());
  ERR_clear_error();
  return own;
}

Result<void> use_key(SSL_CTX* context, const TlsFiles& files) {
  constexpr std::string_view setting = "server.tls.key";
  const auto text = read_file(setting, files.key);
  if (!text) return std::unexpected(text.error());
  if (text->contains("ENCRYPTED"))
    return refuse(setting, files.key, "is encrypted; keep it in the clear, readable by the service alone");
  const Key key(PEM_read_bio_PrivateKey(reader(*text).get(), nullptr, &no_passphrase, nullptr),
                &EVP_PKEY_free);
  if (!key) return refuse(setting, files.key, "holds no PEM private key (-----BEGIN PRIVATE KEY-----)");
  if (SSL_CTX_use_PrivateKey(context, key.get()) != 1 || SSL_CTX_check_private_key(context) != 1) {
    ERR_clear_error();
    return refuse(setting, files.key, "is not the key of the certificate in " + files.certificate.string());
  }
  return {};
}

Result<void> ask_clients(SSL_CTX* context, const TlsFiles& files) {
  if (files.client_auth == ClientAuth::none) return {};
  constexpr std::string_view setting = "server.tls.client_ca";
  if (const auto text = read_file(setting, files.client_ca); !text) return std::unexpected(text.error());
  auto* const names = SSL_load_client_CA_file(files.client_ca.c_str());
  if (names == nullptr || SSL_CTX_load_verify_file(context, files.client_ca.c_str()) != 1) {
    sk_X509_NAME_pop_free(names, X509_NAME_free);
    ERR_clear_error();
    return refuse(setting, files.client_ca, "holds no PEM certificate (-----BEGIN CERTIFICATE-----)");
  }
  SSL_CTX_set_client_CA_list(context, names);
  const int force = files.client_auth == ClientAuth::required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0;
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | force, nullptr);
  return {};
}

}  // namespace

Result<std::shared_ptr<const TlsContext>> TlsContext::load(const TlsFiles& files) {
  ERR_clear_error();
  const std::shared_ptr<TlsContext> made(new TlsContext(SSL_CTX_new(TLS_server_method())));
  if (made->context_ == nullptr) return fail(Code::internal, "TLS cannot be set up: " + library_reason());
  set_rules(made->context_);
  const auto certificate = use_certificate(made->context_, files.certificate);
  if (!certificate) return std::unexpected(certificate.error());
  if (auto used = use_key(made->context_, files); !used) return std::unexpected(used.error());
  if (auto asked = ask_clients(made->context_, files); !asked) return std::unexpected(asked.error());
  made->valid_from_ = time_of(X509_get0_notBefore(certificate->get()));
  made->valid_until_ = time_of(X509_get0_notAfter(certificate->get()));
  return made;
}

TlsContext::~TlsContext() {
  SSL_CTX_free(context_);
}

std::optional<std::string> TlsContext::complaint(Time now) const {
  if (now > valid_until_) return "the certificate has expired at " + to_rfc3339(valid_until_);
  if (now < valid_from_) return "the certificate is not valid before " + to_rfc3339(valid_from_);
  return std::nullopt;
}

}  // namespace waypost::net
