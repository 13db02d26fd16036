#pragma once

#include <cstdint>
#include <optional>
#include <string>

/// `waypost webhook …`: what the author of a receiver needs. Each command returns the exit status.
namespace waypost::app {

struct MessageArguments {
  std::string secret;                     ///< "whsec_…"
  std::string id;                         ///< webhook-id; "" for a new one when signing
  std::optional<std::int64_t> timestamp;  ///< Unix seconds; when signing, nothing means the present
  std::string signature;                  ///< webhook-signature, to verify
  std::uint32_t tolerance_seconds = 300;
  std::string file;  ///< of the body, or "-"
  bool json = false;
};

/// Prints the three headers that a webhook with this body has.
int sign_webhook(const MessageArguments& arguments);
/// 0 when the signature is right and the timestamp recent; else 1, and why on stderr.
int verify_webhook(const MessageArguments& arguments);

struct ListenArguments {
  std::string secret;
  std::uint16_t port = 0;  ///< 0 picks a free one
  std::uint16_t status = 204;
  bool json = false;
};
/// Receives webhooks on 127.0.0.1, prints each and whether it verifies, and answers `status`, or 400 to what
/// does not verify; until SIGINT or SIGTERM.
int listen_for_webhooks(const ListenArguments& arguments);

}  // namespace waypost::app
