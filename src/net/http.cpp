#include "waypost/net/http.hpp"

#include "waypost/base/text.hpp"

namespace waypost::net {

std::optional<std::string_view> RequestHead::field(std::string_view name) const {
  for (const auto& [key, value] : fields) {
    if (key.size() == name.size() && text::iequals(key, name)) return value;
  }
  return std::nullopt;
}

std::optional<std::string> RequestHead::joined(std::string_view name) const {
  std::optional<std::string> all;
  for (const auto& [key, value] : fields) {
    if (key.size() != name.size() || !text::iequals(key, name)) continue;
    if (all) {
      all->append(", ").append(value);
    } else {
      all.emplace(value);
    }
  }
  return all;
}

}  // namespace waypost::net
