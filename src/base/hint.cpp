#include "waypost/base/hint.hpp"

#include <algorithm>
#include <vector>

#include "waypost/base/text.hpp"

namespace waypost::text {

std::string hint(std::string_view word, std::span<const std::string_view> known) {
  if (const auto near = nearest(word, known)) return "; did you mean \"" + *near + "\"?";
  std::vector<std::string_view> names;
  for (const auto name : known)
    if (std::ranges::find(names, name) == names.end()) names.push_back(name);
  if (names.empty()) return "; there are none";
  std::string all;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) all += i + 1 == names.size() ? " and " : ", ";
    all += names[i];
  }
  return (names.size() == 1 ? "; there is only " : "; there are ") + all;
}

}  // namespace waypost::text
