#include "support/paths.hpp"

namespace waypost::test {

std::string project_file(std::string_view name) {
  return std::string(WAYPOST_SOURCE_DIR "/").append(name);
}

const std::string& program_file() {
  static const std::string file = WAYPOST_BINARY;
  return file;
}

const std::string& failing_sync_library() {
  static const std::string file = WAYPOST_FAILING_SYNC;
  return file;
}

}  // namespace waypost::test
