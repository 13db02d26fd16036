#pragma once

#include <random>
#include <unordered_map>
#include <vector>

#include "store/sqlite/database.hpp"
#include "waypost/base/clock.hpp"
#include "waypost/store/bulk_store.hpp"

namespace waypost::store::sqlite {

/// The statements of one connection, each prepared when it is first needed.
class Statements {
 public:
  explicit Statements(Database& database) : database_(database) {}
  Statement& operator()(std::string_view sql);
  /// A statement of the caller's own: for texts of which there are many.
  Statement once(std::string_view sql) { return {database_, sql}; }

 private:
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  Database& database_;
  std::unordered_map<std::string, Statement, Hash, std::equal_to<>> prepared_;
};

/// What the writer does inside a transaction. The writer's thread only. Each function checks before it
/// writes: when it answers with an Error nothing was changed.
class Session {
 public:
  Session(Database& database, Clock& clock, Seconds idempotency);

  /// The first answer when a request is a repetition; nothing when it is to be carried out. Fails when the
  /// key is taken, and near a full disk.
  Result<std::optional<Submitted>> admit(const std::optional<IdempotencyKey>& key);
  void keep_answer(const IdempotencyKey& key, const StoredAnswer& answer);
  Result<Submitted> submit(const Submission& submission);
  Result<Submitted> submit_all(const BulkSubmission& submission);
  Result<void> put_answer(const std::string& key, const StoredAnswer& answer);
  Result<job::Decision> change(const Ulid& id, const job::Command& command);
  Result<BulkChange> change_all(const std::vector<Ulid>& jobs, const job::Filter& filter,
                                const job::Command& command);
  Result<job::Decision> record_chunk(const Ulid& id, const ChunkRecord& chunk, std::int64_t fence);
  Result<void> record_rest(const Ulid& id, const std::vector<ChunkRecord>& chunks);
  Result<Tick> tick(Time now, std::size_t limit);
  Result<std::optional<Delivery>> settle(const Settlement& settlement);

  /// For the subjects that stand in files of their own.
  Statements& sql() { return sql_; }

  /// Ends what a crash left behind.
  void recover();

  /// Near a full disk: submissions are refused before SQLite fails.
  void refuse_new_work(bool refuse) { nearly_full_ = refuse; }

  /// The transaction was rolled back: nothing that was done in it holds.
  void rolled_back() {
    changes_.clear();
    recent_.clear();
  }

  /// What has changed since the last call, in order.
  std::vector<Change> take_changes() { return std::exchange(changes_, {}); }

 private:
  std::optional<job::Job> load(const Ulid& id);
  std::optional<job::Job> load(std::int64_t seq);
  void remember(const job::Job& job);
  void insert(const job::Job& job);
  void insert_chunk(const Ulid& id, const ChunkRecord& chunk);
  void save(const job::Decision& decision, std::optional<job::State> before, Milliseconds waited);
  /// Adds an event to the job's history; the delivery that is due for it, if one is.
  std::optional<Delivery> tell(const job::Job& job, job::Notice notice);
  std::optional<Delivery> owe(const job::Job& job, const job::PastEvent& event);
  /// The job's next event that is owed: it is due now.
  std::optional<Delivery> next_owed(std::int64_t job);
  std::optional<Submitted> replay(const IdempotencyKey& key, Error& refusal);
  /// The job that stands for the new one; mostly itself.
  Result<Ulid> accept(const job::Job& job);
  job::Moment moment();

  Statements sql_;
  Clock& clock_;
  Seconds idempotency_;
  std::int64_t holder_;  ///< this process: whose held answers are not lost
  std::mt19937_64 random_{std::random_device{}()};
  std::vector<Change> changes_;
  /// Small jobs that were just written and will be again: submitted, leased and finished within moments, most
  /// need not be read back. Only this thread writes, so what is here is what the store holds.
  std::unordered_map<std::int64_t, job::Job> recent_;
  bool nearly_full_ = false;
};

}  // namespace waypost::store::sqlite
