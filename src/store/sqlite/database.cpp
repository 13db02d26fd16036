#include "store/sqlite/database.hpp"

namespace waypost::store::sqlite {

namespace {

/// Small allocations of a statement's execution come from a pool of the connection, without a lock or a
/// count.
constexpr int pooled_size = 2048, pooled = 256;

/// No lock at each allocation for statistics that nobody reads. Refused, and no harm done, when the process
/// has used SQLite before.
void count_no_memory() {
  static const int code = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  (void)code;
}

}  // namespace

Statement::Statement(Database& database, std::string_view sql) {
  const int code = sqlite3_prepare_v3(database.handle(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &handle_, nullptr);
  if (code != SQLITE_OK) database.raise(code, sql);
}

void Statement::raise(int code) {
  const std::string message =
      std::string(sqlite3_errmsg(sqlite3_db_handle(handle_))) + " in: " + sqlite3_sql(handle_);
  const int extended = sqlite3_extended_errcode(sqlite3_db_handle(handle_));
  sqlite3_reset(handle_);
  throw Failure((extended & 0xFF) == (code & 0xFF) ? extended : code, message);
}

Database::Database(const std::filesystem::path& file, Mode mode, const std::string& vfs) {
  count_no_memory();
  const int flags =
      (mode == Mode::write ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY) |
      SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;
  const int code = sqlite3_open_v2(file.c_str(), &handle_, flags, vfs.empty() ? nullptr : vfs.c_str());
  if (code != SQLITE_OK) {
    const std::string message = handle_ == nullptr ? "out of memory" : sqlite3_errmsg(handle_);
    sqlite3_close(handle_);
    throw Failure(code, message);
  }
  sqlite3_extended_result_codes(handle_, 1);
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_LOOKASIDE, nullptr, pooled_size, pooled);
  // Readers meet the writer only for the moments in which it restarts the log.
  sqlite3_busy_timeout(handle_, 5000);
}

void Database::run(const std::string& sql) {
  char* message = nullptr;
  const int code = sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, &message);
  if (code == SQLITE_OK) return;
  const std::string text = message == nullptr ? sqlite3_errstr(code) : message;
  sqlite3_free(message);
  throw Failure(code, text + " in: " + sql);
}

std::int64_t Database::integer(const std::string& sql) {
  Statement statement(*this, sql);
  return statement.step() ? statement.integer(0) : 0;
}

void Database::raise(int code, std::string_view doing) {
  throw Failure(code, std::string(sqlite3_errmsg(handle_)) + " in: " + std::string(doing));
}

}  // namespace waypost::store::sqlite
