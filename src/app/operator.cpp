#include "app/operator.hpp"

#include <openssl/crypto.h>

#include <algorithm>

#include "waypost/base/text.hpp"

namespace waypost::app {
namespace {

constexpr std::string_view prefix = "operator_";

std::string token_of(const Key& key) {
  return std::string(prefix) + text::hex(derive_key(key, "waypost operator v1"));
}

}  // namespace

std::string operator_token(const MasterKeys& keys) {
  return token_of(keys.keys.front());
}

bool is_operator_token(std::string_view token, const SecretKeeper& secrets) {
  if (!token.starts_with(prefix)) return false;
  const MasterKeys keys = secrets.keys();
  return std::ranges::any_of(keys.keys, [token](const Key& key) {
    const std::string right = token_of(key);
    return token.size() == right.size() && CRYPTO_memcmp(token.data(), right.data(), right.size()) == 0;
  });
}

store::AuditEntry audit_entry(Time now, std::string action, std::string resource, std::string outcome) {
  return {.ulid = make_ulid(now),
          .at = now,
          .actor = "operator",
          .action = std::move(action),
          .resource = std::move(resource),
          .outcome = std::move(outcome),
          .request = {},
          .address = {},
          .request_id = {}};
}

}  // namespace waypost::app
