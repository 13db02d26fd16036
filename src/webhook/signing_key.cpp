#include "waypost/webhook/signing_key.hpp"

#include "waypost/webhook/signature.hpp"

namespace waypost::webhook {

std::string service_secret(const MasterKeys& keys) {
  return format_secret(keys.signing_key());
}

}  // namespace waypost::webhook
