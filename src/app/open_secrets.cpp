#include "app/open_secrets.hpp"

namespace waypost::app {

Result<std::unique_ptr<SecretKeeper>> open_secrets(const Config& config, Seconds under_way) {
  if (config.secrets.key.empty()) return SecretKeeper::open(config.secret_key_path(), under_way);
  auto keys = parse_master_keys(config.secrets.key);  // checked when it was read
  if (!keys) return fail(Code::internal, "secrets.key must hold keys of 64 hex digits");
  return std::make_unique<SecretKeeper>(std::move(*keys));
}

}  // namespace waypost::app
