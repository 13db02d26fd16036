#include "store/sqlite/schema.hpp"

#include <gmock/gmock.h>

#include "support/store_fixture.hpp"
#include "waypost/job/job_json.hpp"
#include "waypost/store/sqlite_store.hpp"
#include "waypost/store/store.hpp"

// What an older version of Waypost left is taken over.
namespace waypost::store::sqlite {
namespace {

using testing::ElementsAre;
using waypost::test::Calls;

/// The schema before there were tenants.
constexpr std::size_t without_tenants = 12;

class SchemaSteps : public testing::Test {
 protected:
  SchemaSteps() {
    old_.emplace(directory_ / "waypost.db", Database::Mode::write, "");
    migrate(*old_, without_tenants);
  }
  /// A queued job as it stood then, with a tag and a unique key.
  Ulid job_of_then() {
    job::Spec spec{.type = "echo", .tags = {{"team", "maps"}}, .unique = job::Unique{.key = "u"}};
    spec.unique->on_conflict = job::OnConflict::reject;
    const Ulid id = make_ulid(clock_.now());
    const std::string seq = std::to_string(id.sequence()),
                      low = std::to_string(static_cast<std::int64_t>(id.low)),
                      now = std::to_string(clock_.now().time_since_epoch().count());
    old_->run(
        "INSERT INTO jobs(seq, low, state, type, queue, priority, version, fence, attempt, run_base, lost, "
        "created_at, updated_at, reason, total, succeeded, failed, spec, payload) VALUES(" +
        seq + "," + low + ",4,'echo','default',0,1,0,0,0,0," + now + "," + now + ",'',0,0,0,'" +
        job::pack(spec) + "',x'7b7d')");
    old_->run("INSERT INTO tags(name, value, job) VALUES('team','maps'," + seq + ")");
    old_->run("INSERT INTO unique_keys(key, job) VALUES('u'," + seq + ")");
    old_->run(
        "INSERT INTO answers(key, fingerprint, holder, status, location, body, created_at) VALUES('k','f',"
        "0,202,'/there',x'7b7d'," +
        now + ")");
    return id;
  }
  Store& open() {
    old_.reset();
    store_ = std::move(*open_sqlite({.file = directory_ / "waypost.db", .min_free_bytes = 0}, clock_));
    store_->observe({});
    return *store_;
  }
  job::Job new_job() const {
    job::Spec spec{.type = "echo"};
    spec.unique = job::Unique{.key = "u", .on_conflict = job::OnConflict::reject};
    return job::create(make_ulid(clock_.now()), std::move(spec), "{}", clock_.now());
  }

  waypost::test::TempDirectory directory_;
  waypost::test::ManualClock clock_;
  std::optional<Database> old_;
  std::unique_ptr<Store> store_;
};

TEST_F(SchemaSteps, GiveWhatIsThereToTheDefaultTenant) {
  const Ulid id = job_of_then();
  Calls calls(open());
  EXPECT_EQ(calls.get({id, default_tenant})->spec.tenant, default_tenant);
  EXPECT_FALSE(calls.get({id, Tenant{1}}));
  const auto tagged = calls.list({.filter = {.tenant = default_tenant, .tags = {{"team", "maps"}}}});
  ASSERT_EQ(tagged->jobs.size(), 1u);
  EXPECT_EQ(tagged->jobs[0].ulid, id);
  const auto again = calls.submit({.job = new_job(), .idempotency = IdempotencyKey{"k", "f"}});
  EXPECT_TRUE(again->replayed);
  EXPECT_EQ(again->answer->location, "/there");
  EXPECT_EQ(calls.submit({.job = new_job()}).error().code, Code::duplicate_job) << "the key is still held";
  EXPECT_TRUE(calls.change(id, job::Cancel{}));
  EXPECT_TRUE(calls.submit({.job = new_job()})) << "and free with the end of its job";
}

TEST(SchemaOfTheFirstVersion, IsBroughtUpToDateWithAllOfItsJobs) {
  const waypost::test::TempDirectory directory;
  waypost::test::ManualClock clock;
  const std::string now = std::to_string(clock.now().time_since_epoch().count());
  const std::int64_t first = make_ulid(clock.now()).sequence(), jobs = 3000;
  {
    Database old(directory / "waypost.db", Database::Mode::write, "");
    migrate(old, 1);
    old.run(
        "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i+1 FROM n WHERE i+1<" + std::to_string(jobs) +
        ") INSERT INTO jobs(seq, low, state, type, queue, priority, version, fence, attempt, run_base, lost, "
        "created_at, updated_at, finished_at, wake_at, reason, total, succeeded, failed, result_type, spec, "
        "payload, result) SELECT " +
        std::to_string(first) + "+i, i, 10, 'echo', 'q', 0, 3, 1, 1, 0, 0, " + now + "," + now + "," + now +
        "," + now + "+604800000, '', 0, 0, 0, 'application/json', '{}', x'7b7d', x'7b7d' FROM n");
  }
  auto store = std::move(*open_sqlite({.file = directory / "waypost.db", .min_free_bytes = 0}, clock));
  store->observe({});
  Calls calls(*store);
  const auto census =
      waypost::test::wait_for_reply<Census>([&](auto reply) { store->census(std::move(reply)); });
  EXPECT_EQ(census->jobs.at(default_tenant).at("q").at(job::State::succeeded), jobs);
  const auto page = calls.list({.filter = {.tenant = default_tenant, .queues = {"q"}}, .limit = 2});
  ASSERT_EQ(page->jobs.size(), 2u);
  EXPECT_EQ(page->jobs[0].ulid.sequence(), first + jobs - 1);
  EXPECT_EQ(page->jobs[0].result, "{}");
}

TEST_F(SchemaSteps, AreTakenOneAfterTheOtherAndOnce) {
  for (std::size_t step = without_tenants; step <= newest_schema(); ++step) {
    migrate(*old_, step);
    EXPECT_EQ(old_->integer("PRAGMA user_version"), static_cast<std::int64_t>(step));
    EXPECT_EQ(old_->integer("PRAGMA foreign_key_check"), 0);
  }
  migrate(*old_);
  EXPECT_EQ(old_->integer("SELECT count(*) FROM tenants"), 1);
}

}  // namespace
}  // namespace waypost::store::sqlite
