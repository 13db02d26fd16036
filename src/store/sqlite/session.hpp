#pragma once

#include <random>
#include <unordered_map>
#include <vector>

#include "store/sqlite/outbox.hpp"
#include "waypost/base/clock.hpp"
#include "waypost/store/bulk_store.hpp"
#include "waypost/store/sqlite_store.hpp"

namespace waypost::store::sqlite {

/// What the writer does inside a transaction. The writer's thread only. Each function checks before it
/// writes: when it answers with an Error nothing was changed.
class Session {
 public:
  Session(Database& database, Clock& clock, const SqliteOptions& options);

  /// The first answer when a request is a repetition; nothing when it is to be carried out. Fails when the
  /// key is taken, and near a full disk.
  Result<std::optional<Submitted>> admit(const std::optional<IdempotencyKey>& key);
  void keep_answer(const IdempotencyKey& key, const StoredAnswer& answer);
  /// Does `work` unless the key has an answer already, which it then gives.
  template <class Work>
  Result<Submitted> once(const Keyed& keyed, Work work) {
    auto first = admit(keyed.key);
    if (!first) return std::unexpected(first.error());
    if (*first) return std::move(**first);
    if (const Result<void> done = work(); !done) return std::unexpected(done.error());
    if (keyed.key) keep_answer(*keyed.key, keyed.answer);
    return Submitted{};
  }
  Result<Submitted> submit(const Submission& submission);
  Result<Submitted> submit_all(const BulkSubmission& submission);
  Result<void> put_answer(const IdempotencyKey& key, const StoredAnswer& answer);
  Result<job::Decision> change(const OwnedId& id, const job::Command& command);
  Result<BulkChange> change_all(const std::vector<Ulid>& jobs, const job::Filter& filter,
                                const job::Command& command);
  Result<job::Decision> record_chunk(const Ulid& id, const ChunkRecord& chunk, std::int64_t fence);
  Result<void> record_rest(const Ulid& id, const std::vector<ChunkRecord>& chunks);
  Result<Tick> tick(Time now, std::size_t limit);
  std::optional<Delivery> settle(const Settlement& settlement) { return outbox_.settle(settlement); }

  /// A job's row was changed otherwise than through here.
  void reread(std::int64_t seq) { recent_.erase(seq); }

  /// For the subjects that stand in files of their own.
  Statements& sql() { return sql_; }
  Endpoints& endpoints() { return endpoints_; }
  Outbox& outbox() { return outbox_; }

  /// Adds an entry to the audit trail.
  void write_down(const AuditEntry& entry);
  /// Keeps things so long from now on.
  void keep_for(const Retention& retention) {
    retention_ = retention;
    outbox_.keep_for(retention.deliveries);
  }

  /// Ends what a crash left behind.
  void recover();

  /// Near a full disk: submissions are refused before SQLite fails.
  void refuse_new_work(bool refuse) { nearly_full_ = refuse; }

  /// The transaction was rolled back: nothing that was done in it holds.
  void rolled_back() {
    changes_.clear();
    recent_.clear();
    someone_to_tell_ = true;  // perhaps
    endpoints_.rolled_back();
    outbox_.rolled_back();
  }

  /// What has changed since the last call, in order.
  std::vector<Change> take_changes() { return std::exchange(changes_, {}); }
  /// What deliverers are to be told of it.
  WebhookNews take_webhook_news() { return {endpoints_.take_changes(), outbox_.take_due()}; }

 private:
  std::optional<job::Job> load(const Ulid& id);
  std::optional<job::Job> load(std::int64_t seq);
  void remember(const job::Job& job);
  void add(const job::Job& job);
  void insert(const job::Job& job);
  void insert_tags(const job::Job& job);
  void amend(const job::Job& job);
  void save(const job::Decision& decision, std::optional<job::State> before, Time before_at);
  /// Adds an event to the job's history, and what is due for it to the change.
  void tell(Change& change, const job::Job& job, job::Notice notice);
  std::optional<Submitted> replay(const IdempotencyKey& key, Error& refusal);
  Result<std::optional<Ulid>> make_way(const job::Job& job);
  Result<void> may_run_again(const job::Job& job);
  void wait_for_dependencies(const job::Job& job, const std::vector<job::State>& states);
  void ended(const job::Job& job);
  std::size_t release(std::size_t limit);
  void release_some();
  void apply(std::int64_t seq, const job::Command& command, Time now);
  /// The job that stands for the new one; mostly itself.
  Result<Ulid> accept(const job::Job& job);
  std::size_t sweep(const std::vector<std::int64_t>& over, Time now);
  std::vector<std::int64_t> due_by(std::string_view select, Time now, std::size_t limit);
  job::Moment moment();

  Statements sql_;
  Endpoints endpoints_;
  Outbox outbox_;
  Clock& clock_;
  Retention retention_;
  std::int64_t holder_;  ///< this process: whose held answers are not lost
  std::mt19937_64 random_{std::random_device{}()};
  std::vector<Change> changes_;
  /// Small jobs that were just written and will be again: submitted, leased and finished within moments, most
  /// need not be read back. Only this thread writes, so what is here is what the store holds.
  std::unordered_map<std::int64_t, job::Job> recent_;
  bool nearly_full_ = false;
  bool someone_to_tell_ = true;  ///< that a job has ended on which it depends
};

}  // namespace waypost::store::sqlite
