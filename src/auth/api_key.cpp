#include "waypost/auth/api_key.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <zlib.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <stdexcept>

#include "waypost/base/text.hpp"

namespace waypost::auth {
namespace {

constexpr std::array<std::string_view, 5> names = {"lookup", "jobs:read", "jobs:write", "work", "admin"};

constexpr std::size_t ulid_size = 26;
constexpr std::size_t secret_size = 64;
constexpr std::size_t check_size = 8;
constexpr std::size_t body_size = token_prefix.size() + ulid_size + 1 + secret_size;

std::string checksum(std::string_view text) {
  const auto crc = static_cast<std::uint32_t>(
      crc32(0, reinterpret_cast<const unsigned char*>(text.data()), static_cast<unsigned>(text.size())));
  const std::array<unsigned char, 4> bytes = {
      static_cast<unsigned char>(crc >> 24), static_cast<unsigned char>(crc >> 16),
      static_cast<unsigned char>(crc >> 8), static_cast<unsigned char>(crc)};
  return text::hex(bytes);
}

/// The algorithm is looked up and the context made once: either costs more than the hash, and each request
/// with a key needs one.
SecretHash sha256(std::string_view text) {
  static EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  thread_local const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context(EVP_MD_CTX_new(),
                                                                                &EVP_MD_CTX_free);
  SecretHash hash{};
  unsigned int size = 0;
  if (EVP_DigestInit_ex2(context.get(), algorithm, nullptr) != 1 ||
      EVP_DigestUpdate(context.get(), text.data(), text.size()) != 1 ||
      EVP_DigestFinal_ex(context.get(), hash.data(), &size) != 1)
    throw std::runtime_error("SHA-256 is not available");
  return hash;
}

bool is_lower_hex(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

}  // namespace

std::span<const std::string_view> scope_names() {
  return names;
}

std::string_view to_string(Scope scope) {
  return names[static_cast<std::size_t>(scope)];
}

std::optional<Scope> parse_scope(std::string_view name) {
  const auto at = std::ranges::find(names, name);
  if (at == names.end()) return std::nullopt;
  return static_cast<Scope>(at - names.begin());
}

std::vector<std::string_view> Scopes::names() const {
  std::vector<std::string_view> out;
  for (std::size_t i = 0; i < auth::names.size(); ++i)
    if ((bits_ & bit(static_cast<Scope>(i))) != 0) out.push_back(auth::names[i]);
  return out;
}

std::string give_secret(ApiKey& key) {
  std::array<unsigned char, secret_size / 2> bytes{};
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1)
    throw std::runtime_error("the system has no random bytes");
  std::string secret = text::hex(bytes);
  key.hash = sha256(secret);
  std::string token = std::string(token_prefix) + key.ulid.to_string() + '_' + secret;
  token += checksum(token);
  OPENSSL_cleanse(bytes.data(), bytes.size());
  OPENSSL_cleanse(secret.data(), secret.size());
  return token;
}

std::optional<Token> parse_token(std::string_view text) {
  if (text.size() != body_size + check_size || !text.starts_with(token_prefix)) return std::nullopt;
  const auto body = text.substr(0, body_size);
  const auto secret = body.substr(body_size - secret_size);
  if (body[body_size - secret_size - 1] != '_' || !is_lower_hex(secret)) return std::nullopt;
  const auto ulid = Ulid::parse(body.substr(token_prefix.size(), ulid_size));
  if (!ulid || checksum(body) != text.substr(body_size)) return std::nullopt;
  return Token{.key = *ulid, .hash = sha256(secret)};
}

bool is_secret_of(const Token& token, const ApiKey& key) {
  return CRYPTO_memcmp(token.hash.data(), key.hash.data(), key.hash.size()) == 0;
}

}  // namespace waypost::auth
