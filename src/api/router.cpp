#include "api/router.hpp"

#include "waypost/base/text.hpp"

namespace waypost::api {
namespace {

/// {name} takes one segment that is not empty; what is between is compared as it stands.
bool fits(std::string_view pattern, std::string_view path, std::array<std::string_view, 2>& arguments) {
  for (std::size_t argument = 0;; ++argument) {
    const auto literal = pattern.substr(0, pattern.find('{'));
    if (!path.starts_with(literal)) return false;
    pattern.remove_prefix(literal.size());
    path.remove_prefix(literal.size());
    if (pattern.empty()) return path.empty();
    const auto segment = path.substr(0, path.find('/'));
    if (segment.empty()) return false;
    arguments[argument] = segment;
    pattern.remove_prefix(pattern.find('}') + 1);
    path.remove_prefix(segment.size());
  }
}

}  // namespace

Match match(std::string_view method, std::string_view path) {
  if (method == "HEAD") method = "GET";
  // A literal path stands above one with {…} in the table, and the first that fits is meant.
  for (const Route& route : routes()) {
    Match found;
    if (route.method == method && fits(route.path, path, found.arguments)) {
      found.route = &route;
      return found;
    }
  }
  return {};
}

std::string allowed(std::string_view path) {
  std::string methods;
  const auto add = [&methods](std::string_view method) {
    if (!methods.empty()) methods += ", ";
    methods += method;
  };
  for (const Route& route : routes()) {
    std::array<std::string_view, 2> arguments;
    if (!fits(route.path, path, arguments)) continue;
    add(route.method);
    if (route.method == "GET") add("HEAD");
  }
  if (!methods.empty()) add("OPTIONS");
  return methods;
}

}  // namespace waypost::api
