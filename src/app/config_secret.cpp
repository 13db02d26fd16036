#include "app/config_secret.hpp"

#include <cstdlib>
#include <fstream>

namespace waypost::app {
namespace {

constexpr std::string_view from_file = "file:", from_environment = "env:";

Result<std::string> read_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail(Code::not_found, "cannot read the file " + path);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

}  // namespace

Result<std::string> open_secret(const std::string& value) {
  if (value.starts_with(from_environment)) {
    const std::string name = value.substr(from_environment.size());
    const char* const found = std::getenv(name.c_str());
    if (found == nullptr) return fail(Code::not_found, "the environment has no variable " + name);
    return std::string(found);
  }
  if (!value.starts_with(from_file)) return value;
  auto text = read_text(value.substr(from_file.size()));
  while (text && (text->ends_with('\n') || text->ends_with('\r'))) text->pop_back();
  return text;
}

}  // namespace waypost::app
