#pragma once

#include <unordered_map>

#include "store/sqlite/database.hpp"

namespace waypost::store::sqlite {

/// The statements of one connection, each prepared when it is first needed. One thread.
class Statements {
 public:
  explicit Statements(Database& database) : database_(database) {}
  Statement& operator()(std::string_view sql);
  /// A statement of the caller's own: for texts of which there are many.
  Statement once(std::string_view sql) { return {database_, sql}; }
  /// Rows that the last statement changed.
  int changes() const { return database_.changes(); }

 private:
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  Database& database_;
  std::unordered_map<std::string, Statement, Hash, std::equal_to<>> prepared_;
};

}  // namespace waypost::store::sqlite
