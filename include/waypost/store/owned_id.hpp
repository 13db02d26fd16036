#pragma once

#include <optional>

#include "waypost/base/id.hpp"
#include "waypost/base/tenant.hpp"

namespace waypost::store {

/// An id, and whose it has to be: what another tenant has is as if it were not there.
struct OwnedId {
  OwnedId(Ulid ulid) : id(ulid) {}  // NOLINT: the service's own work is on everybody's things
  OwnedId(Ulid ulid, Tenant owner) : id(ulid), tenant(owner) {}
  bool may_be_of(Tenant owner) const { return !tenant || *tenant == owner; }

  Ulid id;
  std::optional<Tenant> tenant;  ///< nothing: anybody's
};

}  // namespace waypost::store
