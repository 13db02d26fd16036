#include "app/operator.hpp"

#include "waypost/base/key_file.hpp"
#include "waypost/base/text.hpp"

namespace waypost::app {

Result<std::string> operator_token(const std::filesystem::path& key_file) {
  const auto master = open_key_file(key_file);
  if (!master) return std::unexpected(master.error());
  return "operator_" + text::hex(derive_key(*master, "waypost operator v1"));
}

}  // namespace waypost::app
