#include "waypost/webhook/signature.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include <array>
#include <charconv>
#include <stdexcept>

#include "waypost/base/text.hpp"

namespace waypost::webhook {
namespace {

constexpr std::string_view secret_prefix = "whsec_", version_prefix = "v1,";
constexpr std::size_t digest_size = 32;

void need(bool done) {
  if (!done) throw std::runtime_error("HMAC-SHA256 is not available");
}

struct Number {
  explicit Number(std::int64_t value) {
    end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  }
  std::string_view view() const { return {digits.data(), static_cast<std::size_t>(end - digits.data())}; }
  std::array<char, 24> digits{};
  char* end;
};

}  // namespace

Result<SecretBytes> parse_secret(std::string_view text) {
  if (!text.starts_with(secret_prefix))
    return fail(Code::validation_failed,
                "a webhook secret starts with \"whsec_\"; `waypost webhook secret` makes one");
  auto bytes = text::base64_decode(text.substr(secret_prefix.size()));
  if (!bytes)
    return fail(Code::validation_failed,
                "what follows \"whsec_\" in a webhook secret must be base64 with its padding");
  if (bytes->size() < 24 || bytes->size() > 64)
    return fail(Code::validation_failed,
                "a webhook secret has 24 to 64 bytes; this one has " + std::to_string(bytes->size()));
  return std::move(*bytes);
}

std::string format_secret(std::span<const unsigned char> secret) {
  return std::string(secret_prefix) + text::base64(secret);
}

std::string make_secret() {
  std::array<unsigned char, 32> bytes{};
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1)
    throw std::runtime_error("the system has no random bytes");
  return format_secret(bytes);
}

// Fetching the algorithm and scheduling the key cost more than hashing 1 KiB: both are done once.
struct Signer::Mac {
  explicit Mac(std::span<const unsigned char> secret) {
    static EVP_MAC* const hmac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
    need(hmac != nullptr);
    context = EVP_MAC_CTX_new(hmac);
    need(context != nullptr);
    std::array<char, 7> digest = {'S', 'H', 'A', '2', '5', '6', '\0'};
    const std::array<OSSL_PARAM, 2> parameters = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest.data(), 0),
        OSSL_PARAM_construct_end()};
    need(EVP_MAC_init(context, secret.data(), secret.size(), parameters.data()) == 1);
  }
  Mac(const Mac&) = delete;
  Mac& operator=(const Mac&) = delete;
  ~Mac() { EVP_MAC_CTX_free(context); }

  void add(std::string_view text) {
    need(EVP_MAC_update(context, reinterpret_cast<const unsigned char*>(text.data()), text.size()) == 1);
  }

  EVP_MAC_CTX* context = nullptr;
};

Signer::Signer(std::span<const unsigned char> secret) : mac_(std::make_unique<Mac>(secret)) {}
Signer::Signer(Signer&&) noexcept = default;
Signer& Signer::operator=(Signer&&) noexcept = default;
Signer::~Signer() = default;

std::string Signer::sign(std::string_view id, std::int64_t timestamp, std::string_view body) {
  need(EVP_MAC_init(mac_->context, nullptr, 0, nullptr) == 1);
  std::string head;
  head.reserve(id.size() + 24);
  head.append(id).append(".").append(Number(timestamp).view()).append(".");
  mac_->add(head);
  mac_->add(body);
  std::array<unsigned char, digest_size> digest{};
  std::size_t length = 0;
  need(EVP_MAC_final(mac_->context, digest.data(), &length, digest.size()) == 1 && length == digest_size);
  return std::string(version_prefix) + text::base64(digest);
}

std::string sign(std::span<const unsigned char> secret, std::string_view id, std::int64_t timestamp,
                 std::string_view body) {
  return Signer(secret).sign(id, timestamp, body);
}

Result<void> verify(std::span<const unsigned char> secret, const Received& message, Time now,
                    Seconds tolerance) {
  std::int64_t timestamp = 0;
  const char* const end = message.timestamp.data() + message.timestamp.size();
  const auto read = std::from_chars(message.timestamp.data(), end, timestamp);
  // Past the year 9999 nothing is in tolerance, and the arithmetic below stays in range.
  if (read.ec != std::errc() || read.ptr != end || timestamp < 0 || timestamp > 253'402'300'799)
    return fail(Code::forbidden, "webhook-timestamp must be Unix seconds");
  const Milliseconds age = now - Time{Seconds{timestamp}};
  if (age > tolerance || -age > tolerance)
    return fail(Code::forbidden, "webhook-timestamp is more than " + std::to_string(tolerance.count()) +
                                     " s from now: the message is replayed, or a clock is wrong");
  const std::string expected = sign(secret, message.id, timestamp, message.body);
  bool right = false;
  for (const std::string_view given : text::split(message.signature, ' '))
    if (given.size() == expected.size() && CRYPTO_memcmp(given.data(), expected.data(), expected.size()) == 0)
      right = true;
  if (!right)
    return fail(Code::forbidden, "no signature in webhook-signature is right for this body and secret");
  return {};
}

}  // namespace waypost::webhook
