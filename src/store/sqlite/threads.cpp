#include "store/sqlite/threads.hpp"

#include <sys/statvfs.h>

#include "store/sqlite/schema.hpp"
#include "waypost/base/log.hpp"
#include "waypost/base/thread_name.hpp"

namespace waypost::store::sqlite {
namespace {

constexpr std::size_t max_batch = 1024;
// The log is copied into the database from this many pages of 4 KiB on, and restarted from the second bound
// on.
constexpr std::uint64_t checkpoint_pages = 4096, restart_pages = 32768;

Error error_of(const Failure& failure) {
  if (failure.full())
    return {.code = Code::insufficient_storage, .message = "the disk is full", .cause = failure.what()};
  return {.code = Code::internal, .message = "the store failed", .cause = failure.what()};
}

/// Of the disk that holds `file`, for others than root.
std::optional<std::uint64_t> free_bytes(const std::filesystem::path& file) {
  struct statvfs disk{};
  if (statvfs(file.c_str(), &disk) != 0) return {};
  return disk.f_bavail * disk.f_frsize;
}

}  // namespace

Writer::Writer(const SqliteOptions& options, Clock& clock)
    : options_(options),
      database_(options.file, Database::Mode::write, options.vfs),
      session_(
          [&]() -> Database& {
            database_.run("PRAGMA journal_mode=WAL");
            database_.run(std::string("PRAGMA synchronous=") + (options.full_sync ? "FULL" : "NORMAL"));
            database_.run(
                "PRAGMA foreign_keys=ON; PRAGMA secure_delete=OFF; PRAGMA cache_size=-32000;"
                "PRAGMA wal_autocheckpoint=0; PRAGMA journal_size_limit=67108864");
            // What a migration sorts may be as large as the store: only after it memory will do.
            migrate(database_);
            database_.run("PRAGMA temp_store=MEMORY");
            return database_;
          }(),
          clock, options) {
  // Whatever the clock does between two runs: no number is given twice.
  for (const auto* table : {"jobs", "outbox", "endpoints", "manifests", "api_keys", "audit"})
    continue_ulids_after(database_.integer("SELECT coalesce(max(seq),0) FROM " + std::string(table)));
  sqlite3_wal_hook(
      database_.handle(),
      [](void* self, sqlite3*, const char*, int pages) {
        static_cast<Writer*>(self)->wal_pages_.store(static_cast<std::uint64_t>(pages),
                                                     std::memory_order_relaxed);
        return SQLITE_OK;
      },
      this);
  look_at_disk();
}

Writer::~Writer() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  waiting_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Writer::observe_webhooks(WebhookStore::Observer observer) {
  webhook_observer_ = std::move(observer);
  WebhookNews news;
  for (const auto& [sequence, endpoint] : session_.endpoints().all())
    news.endpoints.push_back({sequence, endpoint});
  webhook_observer_(std::move(news));
}

void Writer::start(JobStore::Observer observer) {
  observer_ = std::move(observer);
  database_.run("BEGIN IMMEDIATE");
  session_.recover();
  database_.run("COMMIT");
  report();
  thread_ = std::thread([this] {
    name_thread("wp-writer");
    loop();
  });
}

void Writer::push(std::unique_ptr<WriteOperation> operation) {
  Error refusal;
  {
    const std::scoped_lock lock(mutex_);
    if (broken()) {
      refusal = {.code = Code::internal, .message = "the store is broken; see the log"};
    } else if (stopping_ || queue_.size() >= options_.max_queued) {
      refusal = {.code = Code::overloaded,
                 .message = "too many writes wait for the disk; try again",
                 .retry_after_seconds = 1};
    } else {
      queue_.push_back(std::move(operation));
      if (queue_.size() == 1) waiting_.notify_one();
      return;
    }
  }
  operation->failed(refusal);
}

void Writer::loop() {
  Batch batch;
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      waiting_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
      if (queue_.empty()) break;
      batch.swap(queue_);
    }
    look_at_disk();
    for (std::size_t at = 0; at < batch.size(); at += max_batch) {
      const std::size_t end = std::min(batch.size(), at + max_batch);
      Batch part(std::move_iterator(batch.begin() + static_cast<std::ptrdiff_t>(at)),
                 std::move_iterator(batch.begin() + static_cast<std::ptrdiff_t>(end)));
      commit(part);
    }
    batch.clear();
    checkpoint();
  }
  // Whoever opens the file next finds everything in it, and no log to replay.
  if (!broken())
    sqlite3_wal_checkpoint_v2(database_.handle(), nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
}

void Writer::commit(Batch& batch) {
  if (broken())
    return fail_all(batch, {.code = Code::internal, .message = "the store is broken; see the log"});
  const auto begun = std::chrono::steady_clock::now();
  const auto failure = attempt(batch);
  if (!failure) {
    commit_operations_.note(std::ssize(batch));
    commit_microseconds_.note(
        std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - begun)
            .count());
    return publish(batch);
  }
  // One bad operation must not take its neighbours along.
  if (failure->refused() && batch.size() > 1) return commit_one_by_one(batch);
  if (!failure->refused() && !failure->full())
    give_up(*failure);
  else
    log::error("a write failed", {{"error", failure->what()}});
  fail_all(batch, error_of(*failure));
}

void Writer::commit_one_by_one(Batch& batch) {
  for (auto& operation : batch) {
    Batch one;
    one.push_back(std::move(operation));
    commit(one);
  }
}

std::optional<Failure> Writer::attempt(std::span<std::unique_ptr<WriteOperation>> batch) {
  try {
    database_.run("BEGIN IMMEDIATE");
    for (auto& operation : batch) operation->run(session_);
    database_.run("COMMIT");
    return {};
  } catch (const Failure& failure) {
    session_.rolled_back();
    if (sqlite3_get_autocommit(database_.handle()) == 0)
      sqlite3_exec(database_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
    return failure;
  }
}

void Writer::report() {
  // Endpoints first: who is told of a delivery knows by then where it goes.
  auto news = session_.take_webhook_news();
  if (webhook_observer_ && (news.due || !news.endpoints.empty())) webhook_observer_(std::move(news));
  if (auto changes = session_.take_changes(); !changes.empty() && observer_) observer_(std::move(changes));
}

void Writer::publish(std::span<std::unique_ptr<WriteOperation>> batch) {
  report();
  for (auto& operation : batch) operation->committed();
}

void Writer::fail_all(std::span<std::unique_ptr<WriteOperation>> batch, const Error& error) {
  for (auto& operation : batch) operation->failed(error);
}

// After a failed write or fsync nobody knows what is on disk: nothing more is acknowledged.
void Writer::give_up(const Failure& failure) {
  broken_.store(true);
  // Closing would copy the log into the database, and with it what was never acknowledged nor synced.
  sqlite3_db_config(database_.handle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  log::error("the store failed and takes no more writes; restart the service once the disk is well",
             {{"file", options_.file.string()}, {"error", failure.what()}, {"code", failure.code()}});
  if (options_.on_failure) options_.on_failure(failure.what());
}

void Writer::checkpoint() {
  if (broken()) return;
  const std::uint64_t pages = wal_pages_.load(std::memory_order_relaxed);
  if (pages < checkpoint_pages) {
    checkpoint_at_ = checkpoint_pages;
    return;
  }
  if (pages < checkpoint_at_) return;
  const int mode = pages >= restart_pages ? SQLITE_CHECKPOINT_RESTART : SQLITE_CHECKPOINT_PASSIVE;
  const int code = sqlite3_wal_checkpoint_v2(database_.handle(), nullptr, mode, nullptr, nullptr);
  if (code != SQLITE_OK && code != SQLITE_BUSY) give_up(Failure(code, sqlite3_errmsg(database_.handle())));
  // With every page copied the log starts over by itself; a reader in the way only puts that off.
  checkpoint_at_ = pages + checkpoint_pages;
}

void Writer::look_at_disk() {
  const auto now = std::chrono::steady_clock::now();
  if (now - looked_ < Seconds{1}) return;
  looked_ = now;
  if (const auto free = free_bytes(options_.file)) session_.refuse_new_work(*free < options_.min_free_bytes);
}

StoreFigures Writer::figures() const {
  StoreFigures figures{.commit_microseconds = commit_microseconds_.read(),
                       .commit_operations = commit_operations_.read(),
                       .wal_bytes = wal_pages_.load(std::memory_order_relaxed) * 4096};
  std::error_code unknown;
  if (const auto size = std::filesystem::file_size(options_.file, unknown); !unknown)
    figures.file_bytes = size;
  if (const auto free = free_bytes(options_.file)) {
    figures.free_bytes = *free;
    figures.takes_new_work = *free >= options_.min_free_bytes;
  }
  const std::scoped_lock lock(mutex_);
  figures.queued_operations = queue_.size();
  return figures;
}

Readers::Readers(const SqliteOptions& options) {
  for (std::size_t i = 0; i < options.readers; ++i) {
    databases_.push_back(std::make_unique<Database>(options.file, Database::Mode::read, options.vfs));
    databases_.back()->run("PRAGMA cache_size=-8000; PRAGMA query_only=ON; PRAGMA wal_autocheckpoint=0");
  }
  for (std::size_t i = 0; i < databases_.size(); ++i)
    threads_.emplace_back([this, i] {
      name_thread("wp-reader", i);
      loop(*databases_[i]);
    });
}

Readers::~Readers() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  waiting_.notify_all();
  for (auto& thread : threads_) thread.join();
}

void Readers::push(Work work) {
  {
    const std::scoped_lock lock(mutex_);
    queue_.push_back(std::move(work));
  }
  waiting_.notify_one();
}

void Readers::loop(Database& database) {
  Statements statements(database);
  for (;;) {
    Work work;
    {
      std::unique_lock lock(mutex_);
      waiting_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
      if (queue_.empty()) return;
      work = std::move(queue_.front());
      queue_.pop_front();
    }
    work(statements);
  }
}

}  // namespace waypost::store::sqlite
