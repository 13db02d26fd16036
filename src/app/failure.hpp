#pragma once

#include <iostream>
#include <string_view>

namespace waypost::app {

/// Says on stderr, in one line, why a command failed; its exit status.
inline int fail_with(std::string_view message) {
  std::cerr << "waypost: " << message << '\n';
  return 1;
}

}  // namespace waypost::app
