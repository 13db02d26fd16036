#include "store/sqlite/lists.hpp"

#include <gmock/gmock.h>

#include "support/store_fixture.hpp"
#include "waypost/store/sqlite_store.hpp"

// How SQLite finds the pages that conformance_lists_test.cpp reads.
namespace waypost::store::sqlite {
namespace {

using job::State;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

class ListPlans : public testing::Test {
 protected:
  ListPlans() {
    store_ = std::move(*open_sqlite({.file = directory_ / "waypost.db", .full_sync = false}, clock_));
    store_->observe({});
    database_.emplace(directory_ / "waypost.db", Database::Mode::read, "");
    sql_.emplace(*database_);
  }

  std::vector<std::string> plan(const ListQuery& query, Lead lead) {
    const Query page = page_query(query, lead);
    Statement row(*database_, "EXPLAIN QUERY PLAN " + page.text);
    std::vector<std::string> steps;
    while (row.step()) steps.emplace_back(row.text(3));
    return steps;
  }
  Lead best(const job::Filter& filter) {
    const ListQuery query{.filter = filter};
    return best_lead(*sql_, query);
  }
  ListQuery planned(const ListQuery& query) { return sqlite::planned(*sql_, query); }
  void make_tenant(std::string name) {
    auth::ApiKey key{.ulid = make_ulid(clock_.now()), .name = "k", .tenant = std::move(name)};
    ASSERT_TRUE(waypost::test::wait_for_reply<Submitted>(
        [&](auto reply) { store_->keys().add(key, {}, std::move(reply)); }));
  }
  void submit(int count, job::Spec spec) {
    for (int i = 0; i < count; ++i) {
      auto job = job::create(make_ulid(clock_.now()), spec, "{}", clock_.now());
      store_->submit({.job = std::move(job)}, [](const auto&) {});
    }
    // Answered after all of these.
    ASSERT_TRUE(waypost::test::Calls(*store_).tick(clock_.now()));
  }

 private:
  waypost::test::TempDirectory directory_;
  waypost::test::ManualClock clock_;
  std::unique_ptr<Store> store_;
  std::optional<Database> database_;
  std::optional<Statements> sql_;
};

TEST_F(ListPlans, EachPageIsReadAlongOneIndexAndNeitherScannedNorSorted) {
  const job::Filter all{.tenant = default_tenant,
                        .states = {State::failed},
                        .types = {"http"},
                        .queues = {"q"},
                        .tags = {{"team", "maps"}, {"x", "y"}},
                        .created_after = Time{Milliseconds{1}},
                        .created_before = Time{Milliseconds{2}}};
  struct Case {
    job::Filter filter;
    Lead lead;
    std::string begins;
  };
  const Case cases[] = {
      {{.tenant = default_tenant}, Lead::none, "SEARCH jobs USING INTEGER PRIMARY KEY (rowid<?)"},
      {{.tenant = default_tenant, .states = {State::failed}},
       Lead::state,
       "jobs_by_state (tenant=? AND state=? AND rowid<?)"},
      {all, Lead::state, "jobs_by_state (tenant=? AND state=? AND rowid>? AND rowid<?)"},
      {{.tenant = default_tenant, .types = {"http"}},
       Lead::type,
       "jobs_by_type (tenant=? AND type=? AND rowid<?)"},
      {all, Lead::type, "jobs_by_type (tenant=? AND type=? AND rowid>? AND rowid<?)"},
      {{.tenant = default_tenant, .queues = {"q"}},
       Lead::queue,
       "jobs_by_queue (tenant=? AND queue=? AND rowid<?)"},
      {all, Lead::queue, "jobs_by_queue (tenant=? AND queue=? AND rowid>? AND rowid<?)"},
      {{.tenant = default_tenant, .tags = {{"team", "maps"}}},
       Lead::tag,
       "SEARCH lead USING PRIMARY KEY (tenant=? AND name=? AND value=? AND job<?)"},
      {all, Lead::tag, "SEARCH lead USING PRIMARY KEY (tenant=? AND name=? AND value=? AND job>? AND job<?)"},
  };
  for (const auto& [filter, lead, begins] : cases)
    for (const bool ascending : {false, true}) {
      ListQuery query{.filter = filter, .ascending = ascending, .after = 5};
      const auto steps = plan(query, lead);
      SCOPED_TRACE(page_query(query, lead).text);
      if (!ascending) {
        EXPECT_THAT(steps, Contains(HasSubstr(begins)));
      }
      EXPECT_THAT(steps, Not(Contains(HasSubstr("SCAN jobs")))) << testing::PrintToString(steps);
      EXPECT_THAT(steps, Not(Contains(HasSubstr("SCAN lead"))));
      if (lead == Lead::none || lead == Lead::tag) {
        EXPECT_THAT(steps, Not(Contains(HasSubstr("TEMP B-TREE"))));
      }
    }
}

TEST_F(ListPlans, ATenantWithFewJobsAmongManyIsReadAlongTheIndexThatBeginsWithIt) {
  const ListQuery ours{.filter = {.tenant = default_tenant}}, theirs{.filter = {.tenant = Tenant{1}}};
  submit(1200, {.type = "common"});
  submit(3, {.tenant = Tenant{1}, .type = "rare"});
  EXPECT_TRUE(planned(theirs).filter.states.empty()) << "there is no other tenant: all jobs are one's own";
  make_tenant("other");
  EXPECT_TRUE(planned(ours).filter.states.empty()) << "most jobs are its own";
  EXPECT_EQ(planned(theirs).filter.states.size(), job::state_count);
  const auto steps = plan(planned(theirs), Lead::state);
  EXPECT_THAT(steps, Contains(HasSubstr("jobs_by_state (tenant=? AND state=?")));
  EXPECT_THAT(steps, Not(Contains(HasSubstr("SCAN jobs"))));
}

TEST_F(ListPlans, TheBranchesOfSeveralValuesEndEarlyEach) {
  const auto text =
      page_query({.filter = {.states = {State::failed, State::queued}}, .limit = 10}, Lead::state).text;
  EXPECT_THAT(text, HasSubstr("ORDER BY seq DESC LIMIT ?) UNION ALL SELECT seq FROM (SELECT seq"));
}

TEST_F(ListPlans, TheConditionThatTheFewestJobsMeetLeads) {
  submit(1200, {.type = "common", .queue = "common", .tags = {{"team", "common"}}});
  submit(3, {.type = "rare", .queue = "rare", .tags = {{"team", "rare"}}});
  const std::vector<std::string> common{"common"}, rare{"rare"};
  EXPECT_EQ(best({}), Lead::none);
  EXPECT_EQ(best({.types = common}), Lead::type);
  EXPECT_EQ(best({.types = rare, .queues = common}), Lead::type);
  EXPECT_EQ(best({.types = common, .queues = rare}), Lead::queue);
  EXPECT_EQ(best({.states = {State::queued}, .tags = {{"team", "rare"}}}), Lead::tag);
  EXPECT_EQ(best({.states = {State::running}, .tags = {{"team", "common"}}}), Lead::state)
      << "no job runs, so that none is read for its tag";
  EXPECT_EQ(best({.states = {State::failed, State::running}, .types = common, .queues = common}),
            Lead::state);
}

}  // namespace
}  // namespace waypost::store::sqlite
