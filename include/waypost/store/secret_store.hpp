#pragma once

#include <functional>
#include <optional>
#include <string>

#include "waypost/base/tenant.hpp"
#include "waypost/store/reply.hpp"

namespace waypost::store {

/// Everything that the store keeps sealed, whatever it belongs to: secrets of webhooks and endpoints, values
/// of headers, operations, answers that hold a secret.
class SecretStore {
 public:
  /// Where a walk over all of it stands; the default one is the start.
  struct Place {
    std::size_t subject = 0;
    std::int64_t number = 0;
    Tenant tenant = default_tenant;
    std::string name;
  };
  struct Step {
    std::optional<Place> next;  ///< nothing: that was all
    std::size_t changed = 0;
  };
  /// Called on the writer's thread with each text that may be sealed; what it answers takes the text's place.
  using Reseal = std::function<std::optional<std::string>(std::string_view)>;
  virtual ~SecretStore() = default;

  /// Looks at what comes after `from`, at about `limit` rows, in one transaction. What is written during a
  /// walk may be met or not.
  virtual void reseal(Place from, std::size_t limit, Reseal reseal, Reply<Step> reply) = 0;
};

}  // namespace waypost::store
