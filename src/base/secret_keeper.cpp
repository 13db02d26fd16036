#include "waypost/base/secret_keeper.hpp"

#include <algorithm>

namespace waypost {
namespace {

std::unexpected<Error> changed_elsewhere() {
  return fail(
      Code::conflict,
      "the keys come from the configuration (secrets.key): put the new one before the others there and "
      "start again, or take an old one out once nothing is sealed under it");
}

}  // namespace

Result<std::unique_ptr<SecretKeeper>> SecretKeeper::open(std::filesystem::path key_file, Seconds under_way) {
  auto keys = open_key_file(key_file);
  if (!keys) return std::unexpected(keys.error());
  return std::make_unique<SecretKeeper>(std::move(key_file), std::move(*keys), under_way);
}

MasterKeys SecretKeeper::keys() const {
  const std::lock_guard lock(mutex_);
  return keys_;
}

Result<void> SecretKeeper::replace(MasterKeys keys) {
  if (auto written = write_key_file(file_, keys); !written) return written;
  keys_ = std::move(keys);
  box_.replace(keys_);
  return {};
}

Result<std::string> SecretKeeper::add() {
  if (file_.empty()) return changed_elsewhere();
  const std::lock_guard lock(mutex_);
  if (keys_.keys.size() == MasterKeys::most)
    return fail(Code::conflict, "there are " + std::to_string(MasterKeys::most) +
                                    " keys; drop some under which nothing is sealed any more");
  MasterKeys keys = keys_;
  keys.keys.insert(keys.keys.begin(), make_key());
  if (auto replaced = replace(keys); !replaced) return std::unexpected(replaced.error());
  added_ = std::chrono::steady_clock::now();
  return key_id(keys.keys.front());
}

Result<void> SecretKeeper::drop(std::string_view id) {
  if (file_.empty()) return changed_elsewhere();
  const std::lock_guard lock(mutex_);
  MasterKeys keys = keys_;
  const auto found = std::ranges::find(keys.keys, id, key_id);
  if (found == keys.keys.end()) return fail(Code::not_found, "there is no key " + std::string(id));
  if (found == keys.keys.begin())
    return fail(Code::conflict, "the key " + std::string(id) + " is in use; rotate first");
  const auto since = std::chrono::steady_clock::now() - added_;
  if (added_ != std::chrono::steady_clock::time_point{} && since < under_way_)
    return fail(Code::conflict,
                "a new key was added a moment ago, and a request that is under way may still store a "
                "secret under an old one: try again in " +
                    std::to_string(under_way_.count()) + " s");
  keys.signing = keys.signing_key();  // receivers of webhooks go on with the secret that they know
  keys.keys.erase(found);
  return replace(std::move(keys));
}

}  // namespace waypost
