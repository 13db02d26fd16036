#pragma once

#include <filesystem>

#include "waypost/app/config.hpp"

/// What an operator does to a data directory as a whole. Exit status: 0, or 1 with one line on stderr.
namespace waypost::app {

struct BackupArguments {
  std::filesystem::path archive;
  bool with_secret_key = false;
  bool json = false;
};

/// `waypost backup FILE`: everything of the data directory that cannot be made again, as of one moment, while
/// a service runs on it or not.
int run_backup(const BackupArguments& arguments, const Config& config);

/// `waypost restore FILE`: into a data directory that is empty or not there. Whole or not at all.
int run_restore(const std::filesystem::path& archive, bool json, const Config& config);

/// `waypost verify`: reads everything of the data directory and says what is not sound.
int run_verify(bool json, const Config& config);

}  // namespace waypost::app
