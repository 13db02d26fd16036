#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "waypost/base/time.hpp"

/// A thin RAII wrapper of sqlite3. Failures are exceptions: none is expected in a statement that we wrote.
namespace waypost::store::sqlite {

class Failure : public std::runtime_error {
 public:
  Failure(int code, const std::string& what) : std::runtime_error(what), code_(code) {}
  int code() const { return code_; }
  /// The disk is full: nothing is broken, there is only no room.
  bool full() const { return (code_ & 0xFF) == SQLITE_FULL; }
  /// A statement was refused for its values; the database is well.
  bool refused() const {
    const int primary = code_ & 0xFF;
    return primary == SQLITE_CONSTRAINT || primary == SQLITE_TOOBIG || primary == SQLITE_MISMATCH;
  }

 private:
  int code_;
};

class Database;

/// A prepared statement. Bind from 1; `run()` and `step()` as usual; reset by the next `start()`.
class Statement {
 public:
  Statement(Database& database, std::string_view sql);
  Statement(Statement&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Statement& operator=(Statement&&) = delete;
  ~Statement() { sqlite3_finalize(handle_); }

  /// Begins a new execution.
  Statement& start() {
    sqlite3_reset(handle_);
    next_ = 1;
    return *this;
  }
  Statement& bind(std::int64_t value) {
    check(sqlite3_bind_int64(handle_, next_++, value));
    return *this;
  }
  Statement& bind(int value) { return bind(static_cast<std::int64_t>(value)); }
  Statement& bind(std::size_t value) { return bind(static_cast<std::int64_t>(value)); }
  Statement& bind(double value) {
    check(sqlite3_bind_double(handle_, next_++, value));
    return *this;
  }
  /// Not copied: must live until the statement has run.
  Statement& bind(std::string_view value) {
    check(sqlite3_bind_text(handle_, next_++, value.data() == nullptr ? "" : value.data(),
                            static_cast<int>(value.size()), SQLITE_STATIC));
    return *this;
  }
  Statement& bind_blob(std::string_view value) {
    check(sqlite3_bind_blob(handle_, next_++, value.data() == nullptr ? "" : value.data(),
                            static_cast<int>(value.size()), SQLITE_STATIC));
    return *this;
  }
  Statement& bind_null() {
    check(sqlite3_bind_null(handle_, next_++));
    return *this;
  }
  Statement& bind(Time value) { return bind(static_cast<std::int64_t>(value.time_since_epoch().count())); }
  template <class T>
  Statement& bind(const std::optional<T>& value) {
    return value ? bind(*value) : bind_null();
  }

  /// True while there is a row.
  bool step() {
    const int code = sqlite3_step(handle_);
    if (code == SQLITE_ROW) return true;
    if (code == SQLITE_DONE) {
      sqlite3_reset(handle_);
      return false;
    }
    raise(code);
  }
  void run() {
    while (step()) {
    }
  }

  std::int64_t integer(int column) const { return sqlite3_column_int64(handle_, column); }
  std::optional<double> optional_real(int column) const {
    return is_null(column) ? std::nullopt : std::optional(sqlite3_column_double(handle_, column));
  }
  bool is_null(int column) const { return sqlite3_column_type(handle_, column) == SQLITE_NULL; }
  /// Valid until the next step.
  std::string_view text(int column) const {
    const void* data = sqlite3_column_blob(handle_, column);
    return {static_cast<const char*>(data),
            data == nullptr ? 0 : static_cast<std::size_t>(sqlite3_column_bytes(handle_, column))};
  }
  Time time(int column) const { return Time{Milliseconds{integer(column)}}; }
  std::optional<Time> optional_time(int column) const {
    return is_null(column) ? std::nullopt : std::optional(time(column));
  }

 private:
  void check(int code) {
    if (code != SQLITE_OK) raise(code);
  }
  [[noreturn]] void raise(int code);
  sqlite3_stmt* handle_ = nullptr;
  int next_ = 1;
};

/// A connection; one thread.
class Database {
 public:
  enum class Mode { write, read };
  /// `vfs` by name; "" for SQLite's own.
  Database(const std::filesystem::path& file, Mode mode, const std::string& vfs);
  ~Database() { sqlite3_close(handle_); }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  void run(const std::string& sql);
  std::int64_t integer(const std::string& sql);
  sqlite3* handle() { return handle_; }
  int changes() const { return sqlite3_changes(handle_); }
  [[noreturn]] void raise(int code, std::string_view doing);

 private:
  sqlite3* handle_ = nullptr;
};

}  // namespace waypost::store::sqlite
