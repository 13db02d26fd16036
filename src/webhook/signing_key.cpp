#include "waypost/webhook/signing_key.hpp"

#include "waypost/base/key_file.hpp"
#include "waypost/webhook/signature.hpp"

namespace waypost::webhook {

Result<std::string> service_secret(const std::filesystem::path& key_file) {
  const auto master = open_key_file(key_file);
  if (!master) return std::unexpected(master.error());
  return format_secret(derive_key(*master, "waypost webhook signing v1"));
}

}  // namespace waypost::webhook
