#include <gmock/gmock.h>

#include "store/faulty_vfs.hpp"
#include "support/store_fixture.hpp"
#include "waypost/store/sqlite_store.hpp"
#include "waypost/store/store.hpp"

// Whatever the disk refuses, and whenever: what was acknowledged is there afterwards, and nothing is there by
// half.
namespace waypost::store::test {
namespace {

using waypost::test::Calls;
using waypost::test::ManualClock;
using waypost::test::TempDirectory;
using waypost::test::wait_for_reply;

/// Jobs that are submitted, run and ended until the disk fails, and what was acknowledged of each.
class Work {
 public:
  Work(const std::filesystem::path& directory, const ManualClock& clock)
      : directory_(directory), clock_(clock) {}

  /// How many writes were acknowledged.
  std::size_t do_until_it_fails(Store& store) {
    Calls calls(store);
    for (int i = 0; i < 8; ++i) {
      const std::string key = std::to_string(next_++);
      job::Job job = job::create(make_ulid(clock_.now()), {.type = "echo", .tags = {{"n", key}}},
                                 "\"" + std::string(3000, 'x') + "\"", clock_.now());
      const Ulid id = job.ulid;
      if (!calls.submit(
              {.job = std::move(job), .idempotency = IdempotencyKey{key, "f"}, .answer = {202, key}}))
        return acknowledged();
      acknowledged_[id] = job::State::queued;
      keys_[id] = key;
      if (!calls.change(id, job::Lease{"w"})) return acknowledged();
      acknowledged_[id] = job::State::running;
      if (!calls.change(id, job::Succeed{.fence = 1, .result = "1"})) return acknowledged();
      acknowledged_[id] = job::State::succeeded;
    }
    return acknowledged();
  }

  void expect_kept(ManualClock& clock) const {
    const auto opened = open_sqlite({.file = directory_ / "waypost.db", .min_free_bytes = 0}, clock);
    ASSERT_TRUE(opened) << opened.error().message;
    (*opened)->observe({});
    Calls calls(**opened);
    std::set<std::int64_t> known;
    for (const auto& [id, state] : acknowledged_) {
      known.insert(id.sequence());
      const auto job = calls.get(id);
      ASSERT_TRUE(job) << "lost: " << id.to_string();
      if (state == job::State::succeeded) {
        EXPECT_EQ(job->state, state);
        EXPECT_EQ(job->result, "1");
      }
      const auto again = calls.submit({.job = *job, .idempotency = IdempotencyKey{keys_.at(id), "f"}});
      EXPECT_TRUE(again && again->replayed) << "its key is kept with it";
    }
    // What was under way when the disk failed may be there, and is then whole: with its tag and its key.
    const auto all = calls.list({.limit = 100});
    for (const auto& job : all->jobs) {
      const auto tag = job.spec.tags.begin();
      EXPECT_EQ(calls.list({.filter = {.tags = {*tag}}})->jobs.size(), 1u);
      EXPECT_TRUE(calls.submit({.job = job, .idempotency = IdempotencyKey{tag->second, "f"}})->replayed);
    }
    EXPECT_LE(all->jobs.size(), known.size() + 1);
  }

 private:
  std::size_t acknowledged() const {
    std::size_t writes = 0;
    for (const auto& [id, state] : acknowledged_)
      writes += state == job::State::queued ? 1 : state == job::State::running ? 2 : 3;
    return writes;
  }
  const std::filesystem::path directory_;
  const ManualClock& clock_;
  std::map<Ulid, job::State> acknowledged_;
  std::map<Ulid, std::string> keys_;
  int next_ = 0;
};

/// Lets the disk do `good` times what `arm` counts, and then no more. Whether that was too few for the work.
template <class Arm>
bool fails_after(int good, Arm arm) {
  const TempDirectory directory;
  ManualClock clock;
  FaultyVfs disk;
  Work work(directory.path(), clock);
  bool broke = false;
  {
    const auto store =
        open_sqlite({.file = directory / "waypost.db", .min_free_bytes = 0, .vfs = disk.name()}, clock);
    if (!store) throw std::runtime_error(store.error().message);
    (*store)->observe({});
    arm(disk, good);
    work.do_until_it_fails(**store);
    broke = !(*store)->healthy();
  }
  work.expect_kept(clock);
  return broke;
}

TEST(DiskFaults, WhicheverSyncFailsNothingAcknowledgedIsLost) {
  const auto arm = [](FaultyVfs& disk, int good) { disk.good_syncs = good; };
  int good = 0;
  while (fails_after(good, arm)) ++good;
  EXPECT_GE(good, 24) << "each write is synced";
}

TEST(DiskFaults, WhicheverWriteFailsNothingAcknowledgedIsLost) {
  const auto arm = [](FaultyVfs& disk, int good) { disk.good_writes = good; };
  int good = 0;
  while (fails_after(good, arm)) good += 3;
  EXPECT_GE(good, 24);
}

TEST(DiskFaults, AFullDiskRefusesWritesAndTheStoreGoesOnOnceThereIsRoom) {
  const TempDirectory directory;
  ManualClock clock;
  Work work(directory.path(), clock);
  FaultyVfs disk;
  {
    const auto store =
        open_sqlite({.file = directory / "waypost.db", .min_free_bytes = 0, .vfs = disk.name()}, clock);
    ASSERT_TRUE(store);
    (*store)->observe({});
    for (int times = 0; times < 3; ++times) {
      disk.disk_full = true;
      const auto refused = Calls(**store).tick(clock.now() + std::chrono::hours{times + 1});
      if (!refused) {
        EXPECT_EQ(refused.error().code, Code::insufficient_storage);
      }
      EXPECT_EQ(work.do_until_it_fails(**store), times == 0 ? 0u : 24u);
      EXPECT_TRUE((*store)->healthy());
      disk.disk_full = false;
      if (times == 0) {
        EXPECT_EQ(work.do_until_it_fails(**store), 24u);
      }
    }
  }
  work.expect_kept(clock);
}

}  // namespace
}  // namespace waypost::store::test
