#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "waypost/base/error.hpp"
#include "waypost/base/time.hpp"

/// Signatures by Standard Webhooks (https://www.standardwebhooks.com): HMAC-SHA256 over "id.timestamp.body".
namespace waypost::webhook {

using SecretBytes = std::vector<unsigned char>;

/// Reads "whsec_" and base64 of 24 to 64 bytes. Fails with Code::validation_failed, saying what is wrong; the
/// message never shows the secret.
Result<SecretBytes> parse_secret(std::string_view text);
/// "whsec_…" of these bytes.
std::string format_secret(std::span<const unsigned char> secret);
/// A new secret of 32 random bytes, as text.
std::string make_secret();

/// Signs many messages with one secret: the key is scheduled once. One thread.
class Signer {
 public:
  explicit Signer(std::span<const unsigned char> secret);
  Signer(Signer&&) noexcept;
  Signer& operator=(Signer&&) noexcept;
  ~Signer();
  /// The value of `webhook-signature`: "v1," and base64. `id` is the value of `webhook-id`; `timestamp`, in
  /// Unix seconds, that of `webhook-timestamp`.
  std::string sign(std::string_view id, std::int64_t timestamp, std::string_view body);

 private:
  struct Mac;
  std::unique_ptr<Mac> mac_;
};

/// One message; any thread.
std::string sign(std::span<const unsigned char> secret, std::string_view id, std::int64_t timestamp,
                 std::string_view body);

/// A message as its receiver got it.
struct Received {
  std::string_view id;         ///< webhook-id
  std::string_view timestamp;  ///< webhook-timestamp
  std::string_view signature;  ///< webhook-signature: one or several, separated by spaces
  std::string_view body;
};
/// Fails with Code::forbidden when no signature of version 1 is right, or when the timestamp is malformed or
/// further than `tolerance` from `now`, either way. Takes the same time for right and wrong signatures. Any
/// thread.
Result<void> verify(std::span<const unsigned char> secret, const Received& message, Time now,
                    Seconds tolerance = Seconds{300});

}  // namespace waypost::webhook
