#pragma once

#include <map>
#include <mutex>

#include "waypost/base/tenant.hpp"
#include "waypost/webhook/deliverer.hpp"

namespace waypost::webhook {

/// What came of attempts, by tenant. Any thread; an attempt takes milliseconds, this lock no time.
class Tallies {
 public:
  void note(Tenant tenant, store::Settlement::Kind kind) {
    const std::scoped_lock lock(mutex_);
    Tally& tally = by_tenant_[tenant];
    using enum store::Settlement::Kind;
    if (kind == delivered) ++tally.delivered;
    if (kind == retry) ++tally.retried;
    if (kind == gave_up) ++tally.gave_up;
  }
  Tally of(Tenant tenant) const {
    const std::scoped_lock lock(mutex_);
    const auto found = by_tenant_.find(tenant);
    return found == by_tenant_.end() ? Tally{} : found->second;
  }
  Tally of_all() const {
    const std::scoped_lock lock(mutex_);
    Tally sum;
    for (const auto& [tenant, tally] : by_tenant_) {
      sum.delivered += tally.delivered;
      sum.retried += tally.retried;
      sum.gave_up += tally.gave_up;
    }
    return sum;
  }

 private:
  mutable std::mutex mutex_;
  std::map<Tenant, Tally> by_tenant_;
};

}  // namespace waypost::webhook
