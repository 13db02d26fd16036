#include "store/sqlite/queues.hpp"

namespace waypost::store::sqlite {
namespace {

template <class T>
std::optional<T> number_at(const Statement& row, int column) {
  return row.is_null(column) ? std::nullopt : std::optional(static_cast<T>(row.integer(column)));
}

Result<QueueStore::Queues> read_all(Statements& sql) {
  QueueStore::Queues queues;
  Statement& row = sql("SELECT name, paused, concurrency, concurrency_per_key, rate_per_second FROM queues");
  while (row.step())
    queues.emplace(row.text(0), QueueChoices{.paused = number_at<bool>(row, 1),
                                             .concurrency = number_at<std::uint32_t>(row, 2),
                                             .concurrency_per_key = number_at<std::uint32_t>(row, 3),
                                             .rate_per_second = row.optional_real(4)});
  return queues;
}

Result<void> write_one(Statements& sql, const std::string& name, const QueueChoices& choices) {
  const auto integer = [](const auto& value) {
    return value ? std::optional(static_cast<std::int64_t>(*value)) : std::nullopt;
  };
  sql("INSERT OR REPLACE INTO queues(name, paused, concurrency, concurrency_per_key, rate_per_second) "
      "VALUES(?,?,?,?,?)")
      .bind(std::string_view(name))
      .bind(integer(choices.paused))
      .bind(integer(choices.concurrency))
      .bind(integer(choices.concurrency_per_key))
      .bind(choices.rate_per_second)
      .run();
  return {};
}

}  // namespace

// NULL: as the configuration says.
const std::string_view queues_schema = R"(
  CREATE TABLE queues(
    name TEXT PRIMARY KEY,
    paused INTEGER,
    concurrency INTEGER,
    concurrency_per_key INTEGER,
    rate_per_second REAL
  ) STRICT, WITHOUT ROWID;
)";

void Queues::put(std::string name, QueueChoices choices, Reply<void> reply) {
  access_.write<void>(
      [name = std::move(name), choices](Session& session) { return write_one(session.sql(), name, choices); },
      std::move(reply));
}

void Queues::all(Reply<QueueStore::Queues> reply) {
  access_.read<QueueStore::Queues>(read_all, std::move(reply));
}

}  // namespace waypost::store::sqlite
