#include "api/router.hpp"

#include "waypost/base/text.hpp"

namespace waypost::api {
namespace {

/// Compares segment by segment; {name} takes any one that is not empty.
bool fits(std::string_view pattern, std::string_view path, std::array<std::string_view, 2>& arguments) {
  std::size_t argument = 0;
  while (!pattern.empty()) {
    if (path.empty() || path.front() != '/') return false;
    pattern.remove_prefix(1);
    path.remove_prefix(1);
    const auto want = pattern.substr(0, pattern.find('/'));
    const auto have = path.substr(0, path.find('/'));
    if (want.starts_with('{')) {
      if (have.empty()) return false;
      arguments[argument++] = have;
    } else if (want != have) {
      return false;
    }
    pattern.remove_prefix(want.size());
    path.remove_prefix(have.size());
  }
  return path.empty();
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
