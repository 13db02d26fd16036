#include "store/sqlite/operations.hpp"

namespace waypost::store::sqlite {
namespace {

bool knows(Statements& sql, const std::string& type) {
  Statement& row = sql("SELECT 1 FROM operations WHERE type=?").bind(std::string_view(type));
  const bool found = row.step();
  row.start();
  return found;
}

}  // namespace

const std::string_view operations_schema = R"(
  CREATE TABLE operations(
    type TEXT PRIMARY KEY,
    definition TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
)";

void Operations::put(StoredOperation operation, Reply<bool> reply) {
  access_.write<bool>(
      [operation = std::move(operation)](Session& session) -> Result<bool> {
        Statements& sql = session.sql();
        const bool fresh = !knows(sql, operation.type);
        sql("INSERT OR REPLACE INTO operations(type, definition) VALUES(?,?)")
            .bind(std::string_view(operation.type))
            .bind(std::string_view(operation.sealed_definition))
            .run();
        return fresh;
      },
      std::move(reply));
}

void Operations::remove(std::string type, Reply<void> reply) {
  access_.write<void>(
      [type = std::move(type)](Session& session) -> Result<void> {
        if (!knows(session.sql(), type))
          return fail(Code::not_found, "no operation \"" + type + "\" was defined while running");
        session.sql()("DELETE FROM operations WHERE type=?").bind(std::string_view(type)).run();
        return {};
      },
      std::move(reply));
}

void Operations::all(Reply<std::vector<StoredOperation>> reply) {
  access_.read<std::vector<StoredOperation>>(
      [](Statements& sql) -> Result<std::vector<StoredOperation>> {
        std::vector<StoredOperation> out;
        Statement& row = sql("SELECT type, definition FROM operations ORDER BY type");
        while (row.step()) out.push_back({std::string(row.text(0)), std::string(row.text(1))});
        return out;
      },
      std::move(reply));
}

}  // namespace waypost::store::sqlite
