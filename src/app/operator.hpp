#pragma once

#include <string>

#include "waypost/base/secret_keeper.hpp"
#include "waypost/store/audit_store.hpp"

namespace waypost::app {

/// What the command line proves itself with to the service on this machine: whoever can read its keys is its
/// operator. Never stored; derived from the newest key.
std::string operator_token(const MasterKeys& keys);

/// Whether a token comes from any of the keys: the command line may have read them before a rotation.
/// Compared in constant time.
bool is_operator_token(std::string_view token, const SecretKeeper& secrets);

/// The audit trail's entry of what the operator did on this machine and not by a request. `outcome`: "done",
/// or the code of what refused it.
store::AuditEntry audit_entry(Time now, std::string action, std::string resource, std::string outcome);

}  // namespace waypost::app
