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
