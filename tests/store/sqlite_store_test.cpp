#include "waypost/store/sqlite_store.hpp"

#include <unistd.h>

#include <fstream>
#include <latch>

#include "store/conformance.hpp"
#include "store/faulty_vfs.hpp"

/// What is SQLite's alone: files, crashes, and a disk that fails.
namespace waypost::store::test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class SqliteStoreTest : public testing::Test {
 protected:
  SqliteOptions options() const { return {.file = directory / "waypost.db", .min_free_bytes = 0}; }
  std::unique_ptr<JobStore> open(SqliteOptions with) {
    auto store = open_sqlite(std::move(with), clock);
    if (!store) throw std::runtime_error(store.error().message);
    (*store)->observe(observed.observer());
    return std::move(*store);
  }
  std::unique_ptr<JobStore> open() { return open(options()); }
  std::string refusal(SqliteOptions with) {
    const auto store = open_sqlite(std::move(with), clock);
    return store ? "it opened" : store.error().message;
  }
  job::Job new_job(std::string payload = "{}") const {
    return job::create(make_ulid(clock.now()), {.type = "echo"}, std::move(payload), clock.now());
  }
  static void write_file(const std::filesystem::path& file, std::string_view text) {
    std::ofstream(file) << text;
  }

  TempDirectory directory;
  ManualClock clock;
  Observed observed;
};

/// Stands on the writer's thread until it is let through, once.
class Gate {
 public:
  JobStore::Observer observer() {
    return [this](std::vector<Change>&&) {
      if (passed_.exchange(true)) return;
      reached_.count_down();
      opened_.wait();
    };
  }
  void wait_until_reached() { reached_.wait(); }
  void open() { opened_.count_down(); }

 private:
  std::atomic<bool> passed_ = false;
  std::latch reached_{1}, opened_{1};
};

// Opening

TEST_F(SqliteStoreTest, SaysWhichFileItCannotOpen) {
  write_file(directory / "file", "not a directory");
  for (const auto& file : {directory / "file" / "waypost.db", directory / "missing" / "waypost.db"})
    EXPECT_THAT(refusal({.file = file}), AllOf(HasSubstr(file.string()), HasSubstr("directory exists")))
        << file;
}

TEST_F(SqliteStoreTest, SaysThatAFileIsNoDatabase) {
  write_file(directory / "waypost.db", std::string(8192, 'x'));
  EXPECT_THAT(refusal(options()), AllOf(HasSubstr("waypost.db"), HasSubstr("not a database")));
}

TEST_F(SqliteStoreTest, SaysThatADatabaseIsOfANewerVersion) {
  open();
  sqlite3* handle = nullptr;
  ASSERT_EQ(sqlite3_open((directory / "waypost.db").c_str(), &handle), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(handle, "PRAGMA user_version=999", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(handle);
  EXPECT_THAT(refusal(options()), AllOf(HasSubstr("newer version"), HasSubstr("999")));
}

TEST_F(SqliteStoreTest, LeavesAllInOneFileWhenItIsClosed) {
  const job::Job job = new_job();
  {
    const auto store = open();
    ASSERT_TRUE(Calls(*store).submit({.job = job}));
  }
  const auto log = directory / "waypost.db-wal";
  EXPECT_TRUE(!std::filesystem::exists(log) || std::filesystem::file_size(log) == 0);
  std::filesystem::copy_file(directory / "waypost.db", directory / "copy.db");
  const auto copy = open({.file = directory / "copy.db", .min_free_bytes = 0});
  EXPECT_TRUE(Calls(*copy).get(job.ulid));
}

TEST_F(SqliteStoreTest, KeepsItsLogShort) {
  const auto store = open();
  Calls calls(*store);
  const std::string payload = "\"" + std::string(1 << 20, 'x') + "\"";
  for (int i = 0; i < 60; ++i) ASSERT_TRUE(calls.submit({.job = new_job(payload)}));
  EXPECT_LT(std::filesystem::file_size(directory / "waypost.db-wal"), 30u << 20);
  EXPECT_LT(store->figures().wal_bytes, 30u << 20);
}

// Crashes: the files are copied as they stand while the store is open

TEST_F(SqliteStoreTest, HasAfterACrashAllThatItAnswered) {
  std::vector<job::Job> jobs;
  const auto store = open();
  Calls calls(*store);
  for (int i = 0; i < 5; ++i) {
    jobs.push_back(new_job());
    ASSERT_TRUE(calls.submit({.job = jobs.back()}));
  }
  for (const std::size_t running : {0, 1, 2}) ASSERT_TRUE(calls.change(jobs[running].ulid, job::Lease{"w"}));
  ASSERT_TRUE(calls.change(jobs[1].ulid, job::Cancel{}));
  ASSERT_TRUE(calls.change(jobs[2].ulid, job::Succeed{.fence = 1, .result = "1"}));

  std::filesystem::create_directory(directory / "crashed");
  for (const char* file : {"waypost.db", "waypost.db-wal"})
    std::filesystem::copy_file(directory / file, directory / "crashed" / file);
  const auto again = open({.file = directory / "crashed" / "waypost.db", .min_free_bytes = 0});
  Calls recovered(*again);
  std::vector<job::State> states;
  for (const auto& job : jobs) states.push_back(recovered.get(job.ulid)->state);
  using enum job::State;
  EXPECT_THAT(states, ElementsAre(queued, cancelled, succeeded, queued, queued));
  EXPECT_EQ(recovered.attempts(jobs[0].ulid)->at(0).outcome, job::Outcome::worker_lost);
}

TEST_F(SqliteStoreTest, DropsATornCommitAtTheEndOfItsLog) {
  const auto store = open();
  Calls calls(*store);
  const job::Job first = new_job(), second = new_job();
  ASSERT_TRUE(calls.submit({.job = first}));
  const auto length = std::filesystem::file_size(directory / "waypost.db-wal");
  ASSERT_TRUE(calls.submit({.job = second}));
  std::filesystem::create_directory(directory / "crashed");
  for (const char* file : {"waypost.db", "waypost.db-wal"})
    std::filesystem::copy_file(directory / file, directory / "crashed" / file);
  std::filesystem::resize_file(directory / "crashed" / "waypost.db-wal", length + 100);
  const auto again = open({.file = directory / "crashed" / "waypost.db", .min_free_bytes = 0});
  Calls recovered(*again);
  EXPECT_TRUE(recovered.get(first.ulid));
  EXPECT_FALSE(recovered.get(second.ulid));
  EXPECT_TRUE(recovered.submit({.job = new_job()}));
}

// Group commit

TEST_F(SqliteStoreTest, CommitsWhatWaitsInOneTransaction) {
  auto store = open_sqlite(options(), clock);
  ASSERT_TRUE(store);
  Gate gate;
  (*store)->observe(gate.observer());
  Calls calls(**store);
  std::vector<std::future<Result<Submitted>>> answers;
  const auto start = [&](job::Job job) {
    answers.push_back(waypost::test::start_call<Submitted>(
        [&](auto reply) { (*store)->submit({.job = std::move(job)}, std::move(reply)); }));
  };
  start(new_job());
  gate.wait_until_reached();
  const auto before = (*store)->figures().commit_microseconds.count();
  for (int i = 0; i < 500; ++i) start(new_job());
  gate.open();
  for (auto& answer : answers) EXPECT_TRUE(answer.get());
  EXPECT_EQ((*store)->figures().commit_microseconds.count(), before + 1);
}

TEST_F(SqliteStoreTest, FailsOnlyTheBadWriteOfACommit) {
  auto store = open_sqlite(options(), clock);
  ASSERT_TRUE(store);
  Gate gate;
  (*store)->observe(gate.observer());
  Calls calls(**store);
  std::vector<job::Job> jobs{new_job()};
  std::vector<std::future<Result<Submitted>>> answers;
  const auto start = [&](const job::Job& job) {
    answers.push_back(waypost::test::start_call<Submitted>(
        [&](auto reply) { (*store)->submit({.job = job}, std::move(reply)); }));
  };
  start(jobs[0]);
  gate.wait_until_reached();
  for (int i = 0; i < 5; ++i) start(jobs.emplace_back(new_job()));
  start(jobs[0]);
  for (int i = 0; i < 5; ++i) start(jobs.emplace_back(new_job()));
  gate.open();
  for (std::size_t i = 0; i < answers.size(); ++i) EXPECT_EQ(answers[i].get().has_value(), i != 6) << i;
  for (const auto& job : jobs) EXPECT_TRUE(calls.get(job.ulid));
  EXPECT_TRUE((*store)->healthy());
}

TEST_F(SqliteStoreTest, RefusesWritesWhenTooManyWait) {
  SqliteOptions few = options();
  few.max_queued = 3;
  auto store = open_sqlite(few, clock);
  ASSERT_TRUE(store);
  Gate gate;
  (*store)->observe(gate.observer());
  std::vector<std::future<Result<Submitted>>> answers;
  const auto start = [&] {
    answers.push_back(waypost::test::start_call<Submitted>(
        [&](auto reply) { (*store)->submit({.job = new_job()}, std::move(reply)); }));
  };
  start();
  gate.wait_until_reached();
  for (int i = 0; i < 4; ++i) start();
  EXPECT_EQ((*store)->figures().queued_operations, 3u);
  const auto refused = answers.back().get();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::overloaded);
  EXPECT_TRUE(refused.error().retry_after_seconds);
  answers.pop_back();
  gate.open();
  for (auto& answer : answers) EXPECT_TRUE(answer.get());
  EXPECT_TRUE(Calls(**store).submit({.job = new_job()})) << "there is room again";
}

// The disk

TEST_F(SqliteStoreTest, RefusesNewWorkNearAFullDiskAndGoesOnWithTheOld) {
  const job::Job job = new_job();
  const IdempotencyKey key{.key = "k", .fingerprint = "f"};
  {
    const auto store = open();
    ASSERT_TRUE(Calls(*store).submit({.job = job, .idempotency = key, .answer = {.status = 202}}));
  }
  SqliteOptions full = options();
  full.min_free_bytes = UINT64_MAX;
  const auto store = open(full);
  Calls calls(*store);
  EXPECT_EQ(calls.submit({.job = new_job()}).error().code, Code::insufficient_storage);
  EXPECT_TRUE(calls.submit({.job = new_job(), .idempotency = key})->replayed) << "nothing new";
  EXPECT_TRUE(calls.get(job.ulid));
  EXPECT_TRUE(calls.change(job.ulid, job::Lease{"w"}));
  EXPECT_TRUE(calls.change(job.ulid, job::Succeed{.fence = 1, .result = "1"}));
  EXPECT_TRUE(store->healthy());
}

TEST_F(SqliteStoreTest, SurvivesAFullDisk) {
  FaultyVfs disk;
  SqliteOptions with = options();
  with.vfs = disk.name();
  const auto store = open(with);
  Calls calls(*store);
  const job::Job first = new_job(), refused = new_job(), later = new_job();
  ASSERT_TRUE(calls.submit({.job = first}));
  disk.disk_full = true;
  EXPECT_EQ(calls.submit({.job = refused}).error().code, Code::insufficient_storage);
  EXPECT_TRUE(calls.get(first.ulid));
  EXPECT_TRUE(store->healthy());
  disk.disk_full = false;
  EXPECT_TRUE(calls.submit({.job = later}));
  EXPECT_TRUE(calls.get(later.ulid));
  EXPECT_FALSE(calls.get(refused.ulid));
}

TEST_F(SqliteStoreTest, SyncsBeforeItAnswersUnlessToldOtherwise) {
  FaultyVfs disk;
  SqliteOptions with = options();
  with.vfs = disk.name();
  for (const bool full : {true, false}) {
    with.full_sync = full;
    const auto store = open(with);
    Calls calls(*store);
    ASSERT_TRUE(calls.submit({.job = new_job()}));  // the first one begins a log
    const int before = disk.syncs;
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(calls.submit({.job = new_job()}));
    EXPECT_EQ(disk.syncs - before, full ? 5 : 0);
  }
}

TEST_F(SqliteStoreTest, BreaksForGoodWhenASyncFails) {
  FaultyVfs disk;
  std::vector<std::string> failures;
  SqliteOptions with = options();
  with.vfs = disk.name();
  with.on_failure = [&](const std::string& what) { failures.push_back(what); };
  const job::Job first = new_job(), lost = new_job();
  {
    const auto store = open(with);
    Calls calls(*store);
    ASSERT_TRUE(calls.submit({.job = first}));
    observed.take();
    disk.fail_sync = true;
    const auto failed = calls.submit({.job = lost});
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code, Code::internal);
    EXPECT_FALSE(store->healthy());
    EXPECT_EQ(failures.size(), 1u);
    EXPECT_THAT(observed.take(), IsEmpty()) << "nobody is told what was not kept";

    disk.fail_sync = false;
    const int syncs = disk.syncs;
    EXPECT_EQ(calls.submit({.job = new_job()}).error().code, Code::internal) << "a sync is never tried again";
    EXPECT_EQ(calls.change(first.ulid, job::Cancel{}).error().code, Code::internal);
    EXPECT_EQ(calls.tick(clock.now()).error().code, Code::internal);
    EXPECT_TRUE(calls.get(first.ulid)) << "reads go on";
    EXPECT_FALSE(calls.get(lost.ulid));
    EXPECT_EQ(disk.syncs, syncs);
    disk.syncs = 0;
  }
  EXPECT_EQ(disk.syncs, 0) << "closing leaves the log alone";
  EXPECT_EQ(failures.size(), 1u);
  const auto again = open(with);
  EXPECT_TRUE(again->healthy());
  EXPECT_TRUE(Calls(*again).get(first.ulid));
}

TEST_F(SqliteStoreTest, FailsEveryoneWhoWaitedForTheCommitThatBroke) {
  FaultyVfs disk;
  SqliteOptions with = options();
  with.vfs = disk.name();
  auto store = open_sqlite(with, clock);
  ASSERT_TRUE(store);
  Gate gate;
  (*store)->observe(gate.observer());
  std::vector<std::future<Result<Submitted>>> answers;
  const auto start = [&] {
    answers.push_back(waypost::test::start_call<Submitted>(
        [&](auto reply) { (*store)->submit({.job = new_job()}, std::move(reply)); }));
  };
  start();
  gate.wait_until_reached();
  for (int i = 0; i < 1500; ++i) start();  // more than one commit's worth
  disk.fail_sync = true;
  gate.open();
  EXPECT_TRUE(answers[0].get());
  for (std::size_t i = 1; i < answers.size(); ++i) EXPECT_FALSE(answers[i].get()) << i;
  EXPECT_EQ(Calls(**store).list({.limit = 1000})->jobs.size(), 1u);
}

// The lock of a data directory

TEST(DirectoryLock, IsHeldByOne) {
  const TempDirectory directory;
  {
    const auto lock = DirectoryLock::take(directory.path());
    ASSERT_TRUE(lock) << lock.error().message;
    const auto second = DirectoryLock::take(directory.path());
    ASSERT_FALSE(second);
    EXPECT_THAT(second.error().message, AllOf(HasSubstr(directory.path().string()),
                                              HasSubstr("process " + std::to_string(::getpid()) + ";")));
  }
  EXPECT_TRUE(DirectoryLock::take(directory.path())) << "it ends with its holder";
}

TEST(DirectoryLock, MovesWithItsHolder) {
  const TempDirectory directory;
  std::optional<DirectoryLock> kept;
  {
    auto lock = DirectoryLock::take(directory.path());
    ASSERT_TRUE(lock);
    kept = std::move(*lock);
  }
  EXPECT_FALSE(DirectoryLock::take(directory.path()));
  kept.reset();
  EXPECT_TRUE(DirectoryLock::take(directory.path()));
}

TEST(DirectoryLock, SaysThatADirectoryCannotBeWrittenTo) {
  const TempDirectory directory;
  const auto lock = DirectoryLock::take(directory / "missing");
  ASSERT_FALSE(lock);
  EXPECT_THAT(lock.error().message,
              AllOf(HasSubstr((directory / "missing").string()), HasSubstr("--data-dir")));
}

}  // namespace
}  // namespace waypost::store::test
