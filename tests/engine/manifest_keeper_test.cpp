#include "waypost/engine/manifest_keeper.hpp"

#include <boost/asio/executor_work_guard.hpp>

#include "support/store_fixture.hpp"
#include "waypost/batch/manifest.hpp"
#include "waypost/store/sqlite_store.hpp"

namespace waypost::test {
namespace {

using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

/// A real store and real files; the keeper's thread runs while `keeper` is there.
class ManifestKeeperTest : public ::testing::Test {
 protected:
  ManifestKeeperTest() {
    std::filesystem::create_directory(manifests);
    store = std::move(*store::open_sqlite({.file = directory / "waypost.db", .full_sync = false}, clock));
    store->observe([this](std::vector<store::Change>&& changes) {
      for (const auto& change : changes) keeper->changed(change);
    });
  }
  ~ManifestKeeperTest() override {
    work.reset();
    context.stop();
    thread.join();
    disk.join();
    keeper.reset();
    store.reset();
  }

  void start() {
    keeper.emplace(*store, store->manifests(), clock, context, disk, manifests);
    thread = std::thread([this] { context.run(); });
    ASSERT_TRUE(keeper->start());
  }

  /// The files of a manifest under a new id.
  Ulid file() {
    const Ulid ulid = make_ulid(clock.now());
    auto writer = *batch::ManifestWriter::create(manifests, format_id(job::manifest_prefix, ulid),
                                                 batch::ManifestFormat::csv);
    EXPECT_TRUE(writer.append("a\n1\n"));
    EXPECT_TRUE(writer.finish());
    return ulid;
  }
  Ulid stored(Seconds keep) {
    const Ulid ulid = file();
    const auto added = wait_for_reply<store::Submitted>([&](auto reply) {
      store->manifests().add({.ulid = ulid, .format = "csv", .expires_at = clock.now() + keep}, {}, {},
                             std::move(reply));
    });
    EXPECT_TRUE(added);
    return ulid;
  }
  void submit(const Ulid& ulid, const Ulid& manifest, Seconds retain) {
    job::Spec spec{.type = "echo", .retain = retain};
    spec.batch = job::Batch{.manifest = format_id(job::manifest_prefix, manifest), .rows = 1, .chunks = 1};
    ASSERT_TRUE(Calls(*store).submit({.job = job::create(ulid, std::move(spec), "{}", clock.now())}));
  }
  std::vector<Ulid> files() {
    std::vector<Ulid> ulids;
    for (const auto& id : *batch::Manifest::all(manifests))
      ulids.push_back(*parse_id(job::manifest_prefix, id));
    return ulids;
  }
  void wait_until_files_are(std::size_t count) {
    while (files().size() != count) std::this_thread::yield();
  }

  ManualClock clock;
  TempDirectory directory;
  const std::filesystem::path manifests = directory / "manifests";
  std::unique_ptr<store::Store> store;
  boost::asio::io_context context{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{context.get_executor()};
  boost::asio::thread_pool disk{1};
  std::optional<engine::ManifestKeeper> keeper;
  std::thread thread;
};

TEST_F(ManifestKeeperTest, AtTheStartItDeletesWhatBelongsToNobodyAndNothingElse) {
  keeper.emplace(*store, store->manifests(), clock, context, disk, manifests);
  file();  // its job was never accepted
  const Ulid kept = stored(Seconds{100}), own = file();
  submit(own, own, Seconds{100});
  const Ulid removed = stored(Seconds{100}), used = make_ulid(clock.now());
  submit(used, removed, Seconds{100});
  ASSERT_TRUE(Calls(*store).change(used, job::Cancel{}));
  ASSERT_TRUE(
      wait_for_reply<void>([&](auto reply) { store->manifests().remove(removed, std::move(reply)); }));
  start();
  EXPECT_THAT(files(), UnorderedElementsAre(kept, own, removed));
}

TEST_F(ManifestKeeperTest, WhatCameWithAJobGoesWithIt) {
  start();
  const Ulid own = file();
  submit(own, own, Seconds{10});
  ASSERT_TRUE(Calls(*store).change(own, job::Cancel{}));
  clock.advance(Seconds{10});
  ASSERT_TRUE(Calls(*store).tick(clock.now()));
  wait_until_files_are(0);
}

TEST_F(ManifestKeeperTest, AStoredOneGoesWhenItsTimeIsOver) {
  stored(Seconds{10});
  const Ulid late = stored(Seconds{20});
  start();
  clock.advance(Seconds{10});
  wait_until_files_are(1);
  EXPECT_THAT(files(), UnorderedElementsAre(late));
  clock.advance(Seconds{10});
  wait_until_files_are(0);
}

TEST_F(ManifestKeeperTest, AStoredOneWhoseTimeIsOverWaitsForTheLastJobOverIt) {
  start();
  const Ulid manifest = stored(Seconds{5}), id = make_ulid(clock.now());
  submit(id, manifest, Seconds{10});
  ASSERT_TRUE(Calls(*store).change(id, job::Cancel{}));
  clock.advance(Seconds{6});
  keeper->look();
  ASSERT_TRUE(Calls(*store).tick(clock.now()));
  EXPECT_THAT(files(), UnorderedElementsAre(manifest));
  clock.advance(Seconds{4});
  ASSERT_TRUE(Calls(*store).tick(clock.now()));
  wait_until_files_are(0);
}

}  // namespace
}  // namespace waypost::test
