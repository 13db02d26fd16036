#pragma once

#include <chrono>
#include <filesystem>
#include <memory>

#include "waypost/base/secret_box.hpp"
#include "waypost/base/time.hpp"

namespace waypost {

/// The master keys while they are in use: where they come from, what is sealed with them, and how they are
/// changed. Any thread.
class SecretKeeper {
 public:
  /// From the key file, which is made when there is none; fails as `open_key_file` does. A secret may be on
  /// its way to the store for `under_way` after it was sealed: a key is not dropped sooner. Blocks.
  static Result<std::unique_ptr<SecretKeeper>> open(std::filesystem::path key_file,
                                                    Seconds under_way = Seconds{0});
  /// Keys that come from elsewhere, and are changed there.
  explicit SecretKeeper(MasterKeys given) : keys_(std::move(given)), box_(keys_) {}

  /// Keys as they stand in this file.
  SecretKeeper(std::filesystem::path key_file, MasterKeys keys, Seconds under_way)
      : file_(std::move(key_file)), under_way_(under_way), keys_(std::move(keys)), box_(keys_) {}

  const SecretBox& box() const { return box_; }
  MasterKeys keys() const;

  /// A new key is used from now on, and was durable before; its id. Code::conflict when the keys were given,
  /// or there are as many as may be. Blocks.
  Result<std::string> add();
  /// Forgets a key under which nothing is sealed any more; the caller knows that. Code::not_found;
  /// Code::conflict for the one that is in use, soon after a new one was added, and when the keys were given.
  /// Blocks.
  Result<void> drop(std::string_view id);

 private:
  Result<void> replace(MasterKeys keys);

  const std::filesystem::path file_;  ///< "" when the keys were given
  const Seconds under_way_{0};
  std::chrono::steady_clock::time_point added_{};
  mutable std::mutex mutex_;
  MasterKeys keys_;
  SecretBox box_;
};

}  // namespace waypost
