#pragma once

#include <string>

#include "waypost/base/id.hpp"
#include "waypost/base/time.hpp"

namespace waypost::store {

/// Who did what to what, and what came of it. Holds no secrets.
struct AuditEntry {
  static constexpr std::string_view id_prefix = "aud_";
  Ulid ulid;
  Time at{};
  std::string actor;     ///< "key_…", "operator" (the command line of this machine) or "anonymous"
  std::string action;    ///< "job.cancel"
  std::string resource;  ///< its id or name; "" when it is no single one
  std::string outcome;   ///< "done", or the code of the refusal
  std::string request;   ///< JSON, of changes that say in it what they are of; "" for none
  std::string address;   ///< "" for the command line of a service that does not run
  std::string request_id;
  bool operator==(const AuditEntry&) const = default;
};

}  // namespace waypost::store
