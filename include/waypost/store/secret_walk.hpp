#pragma once

#include <map>

#include "waypost/base/secret_box.hpp"
#include "waypost/store/secret_store.hpp"

/// What a walk over all sealed secrets does with each.
namespace waypost::store {

/// Rows of one transaction of such a walk: others hardly wait for it.
inline constexpr std::size_t secret_step = 500;

/// Puts it under the newest key. `box` outlives the walk.
inline SecretStore::Reseal reseal_with(const SecretBox& box) {
  return [&box](std::string_view sealed) { return box.reseal(sealed); };
}

/// Secrets by the id of the key under which they are sealed; those under none of the box's by "".
using SecretCounts = std::map<std::string, std::int64_t>;
/// Counts it, and leaves it as it is. Both outlive the walk.
inline SecretStore::Reseal count_with(const SecretBox& box, SecretCounts& counts) {
  return [&box, &counts](std::string_view sealed) -> std::optional<std::string> {
    if (SecretBox::is_sealed(sealed)) ++counts[box.key_of(sealed)];
    return {};
  };
}

}  // namespace waypost::store
