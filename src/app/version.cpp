#include "waypost/app/cli.hpp"

namespace waypost::app {

std::string_view version() {
  return WAYPOST_VERSION;
}

}  // namespace waypost::app
