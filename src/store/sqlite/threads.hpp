#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "store/sqlite/session.hpp"
#include "waypost/store/sqlite_store.hpp"

namespace waypost::store::sqlite {

/// One write that waits for its commit.
class WriteOperation {
 public:
  virtual ~WriteOperation() = default;
  /// Inside the transaction; called again when the transaction was rolled back for another operation's sake.
  virtual void run(Session& session) = 0;
  /// After the commit.
  virtual void committed() = 0;
  virtual void failed(const Error& error) = 0;
};

/// The thread that owns the only connection that writes. It commits whatever waits in one transaction (group
/// commit), tells the observer what changed, and answers. Its queue is the only thing it waits on.
class Writer {
 public:
  Writer(const SqliteOptions& options, Clock& clock);
  ~Writer();

  /// Before `start`; told at once of all endpoints.
  void observe_webhooks(WebhookStore::Observer observer);
  /// Before the first `push`; ends what a crash left behind, and reports that too.
  void start(JobStore::Observer observer);
  /// Any thread. Refuses when too much waits or the store is broken.
  void push(std::unique_ptr<WriteOperation> operation);
  bool broken() const { return broken_.load(std::memory_order_relaxed); }
  StoreFigures figures() const;

 private:
  using Batch = std::vector<std::unique_ptr<WriteOperation>>;
  void loop();
  void commit(Batch& batch);
  void commit_one_by_one(Batch& batch);
  /// Runs `batch` in one transaction; what failed, if it did.
  std::optional<Failure> attempt(std::span<std::unique_ptr<WriteOperation>> batch);
  void report();
  void publish(std::span<std::unique_ptr<WriteOperation>> batch);
  void fail_all(std::span<std::unique_ptr<WriteOperation>> batch, const Error& error);
  void give_up(const Failure& failure);
  void checkpoint();
  void look_at_disk();

  const SqliteOptions options_;
  Database database_;
  Session session_;
  JobStore::Observer observer_;
  WebhookStore::Observer webhook_observer_;

  mutable std::mutex mutex_;
  std::condition_variable waiting_;
  Batch queue_;
  bool stopping_ = false;

  std::atomic<bool> broken_ = false;
  SharedHistogram commit_microseconds_{microseconds_scale}, commit_operations_{batch_scale};
  std::atomic<std::uint64_t> wal_pages_ = 0;
  std::uint64_t checkpoint_at_ = 0;
  std::chrono::steady_clock::time_point looked_{};
  std::thread thread_;
};

/// A few threads, each with a connection that only reads.
class Readers {
 public:
  using Work = std::move_only_function<void(Statements&)>;
  explicit Readers(const SqliteOptions& options);
  ~Readers();
  /// Any thread.
  void push(Work work);

 private:
  void loop(Database& database);
  std::mutex mutex_;
  std::condition_variable waiting_;
  std::deque<Work> queue_;
  bool stopping_ = false;
  std::vector<std::unique_ptr<Database>> databases_;
  std::vector<std::thread> threads_;
};

}  // namespace waypost::store::sqlite
