#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "waypost/base/error.hpp"

/// What an operator does to a database as a file, beside a running service too: nothing here writes to it.
namespace waypost::store {

/// A consistent, compact copy (VACUUM INTO) of `from` as `to`, which must not exist. Fails with a message
/// that names the file. Blocks.
Result<void> copy_sqlite(const std::filesystem::path& from, const std::filesystem::path& to);

/// What a database holds, and what of it is not sound.
struct SqliteFindings {
  std::vector<std::string> faults;  ///< a sentence each
  std::int64_t jobs = 0;
  std::vector<std::string> manifests;            ///< ids whose files have to be there
  std::map<std::string, std::uint64_t> reports;  ///< job id to the bytes that its report has at least
};

/// Reads all of it: SQLite's own check of every page and index, every reference of a row to another one, and
/// which files outside it its rows speak of. Fails when it cannot be read at all. Blocks.
Result<SqliteFindings> inspect_sqlite(const std::filesystem::path& file);

}  // namespace waypost::store
