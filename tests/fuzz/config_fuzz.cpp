// A configuration, as a file, as --set and as environment: none may crash the start, every fault says
// something in one line, and what is taken is printed so that it reads back the same.

#include <sys/mman.h>
#include <unistd.h>

#include <string>

#include "check.hpp"
#include "waypost/app/config.hpp"

namespace {

using namespace waypost::app;

/// A file that is only in memory.
class MemoryFile {
 public:
  explicit MemoryFile(std::string_view text) : descriptor_(::memfd_create("config", MFD_CLOEXEC)) {
    require(::write(descriptor_, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  }
  ~MemoryFile() { ::close(descriptor_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  std::string path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

 private:
  int descriptor_;
};

std::expected<LoadedConfig, std::vector<std::string>> load(const ConfigSources& sources) {
  auto loaded = load_config(sources);
  if (!loaded) {
    require(!loaded.error().empty());
    for (const auto& fault : loaded.error()) require(!fault.empty() && !fault.contains('\n'));
  }
  return loaded;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(text_of(data, size));
  const MemoryFile file(text);
  const auto loaded = load({.file = file.path()});
  const auto equals = text.find('=');
  if (equals != std::string::npos) {
    static_cast<void>(load({.set = {text}}));
    if (!text.contains('\0'))
      static_cast<void>(
          load({.environment = {{"WAYPOST_" + text.substr(0, equals), text.substr(equals + 1)}}}));
  }
  if (!loaded) return 0;
  const std::string printed = print_config(*loaded);
  const MemoryFile copy(printed);
  const auto again = load({.file = copy.path()});
  require(again.has_value());
  return 0;
}
