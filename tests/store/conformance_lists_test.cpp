#include "store/conformance.hpp"

/// Lists, the order of what is ready, and counts.
namespace waypost::store::test {
namespace {

using job::State;
using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::IsEmpty;

TEST_P(StoreConformance, ListsAreEmptyInAnEmptyStore) {
  const auto page = calls().list({});
  ASSERT_TRUE(page);
  EXPECT_THAT(page->jobs, IsEmpty());
  EXPECT_EQ(page->next, std::nullopt);
}

TEST_P(StoreConformance, ListsShowTheNewestFirstUnlessAskedOtherwise) {
  const Ulid a = submit(), b = submit(), c = submit();
  EXPECT_THAT(list({}), ElementsAre(c, b, a));
  EXPECT_THAT(list({}, true), ElementsAre(a, b, c));
}

TEST_P(StoreConformance, ListsFilterByStates) {
  const Ulid queued = submit(), running = submit(), done = submit(), cancelled = submit();
  lease(running);
  lease(done);
  succeed(done);
  apply(cancelled, job::Cancel{});
  EXPECT_THAT(list({.states = {State::queued}}), ElementsAre(queued));
  EXPECT_THAT(list({.states = {State::succeeded, State::queued, State::running}}),
              ElementsAre(done, running, queued));
  EXPECT_THAT(list({.states = {State::succeeded, State::queued}}, true), ElementsAre(queued, done));
  EXPECT_THAT(list({.states = {State::queued, State::queued}}), ElementsAre(queued))
      << "named twice, shown once";
  EXPECT_THAT(list({.states = {State::failed}}), IsEmpty());
}

TEST_P(StoreConformance, ListsFilterByTypesAndQueue) {
  const Ulid a = of("echo"), b = of("http", "slow"), c = of("geocode", "slow"), d = of("http");
  EXPECT_THAT(list({.types = {"http"}}), ElementsAre(d, b));
  EXPECT_THAT(list({.types = {"http", "echo"}}), ElementsAre(d, b, a));
  EXPECT_THAT(list({.queues = {"slow"}}), ElementsAre(c, b));
  EXPECT_THAT(list({.types = {"http"}, .queues = {"slow"}}), ElementsAre(b));
  EXPECT_THAT(list({.queues = {"slow", "default", "slow"}}), ElementsAre(d, c, b, a)) << "each once";
  EXPECT_THAT(list({.types = {"nothing"}}), IsEmpty());
  EXPECT_THAT(list({.queues = {"x' OR '1'='1"}}), IsEmpty());
}

TEST_P(StoreConformance, ListsFilterByEveryTagGiven) {
  const Ulid a = tagged({{"team", "maps"}}), b = tagged({{"team", "maps"}, {"env", "live"}, {"run", "7"}});
  tagged({{"team", "search"}, {"env", "live"}});
  const Ulid d = tagged({{"env", "maps"}, {"run", ""}});
  EXPECT_THAT(list({.tags = {{"team", "maps"}}}), ElementsAre(b, a));
  EXPECT_THAT(list({.tags = {{"team", "maps"}}}, true), ElementsAre(a, b));
  EXPECT_THAT(list({.tags = {{"team", "maps"}, {"env", "live"}}}), ElementsAre(b));
  EXPECT_THAT(list({.tags = {{"team", "maps"}, {"env", "live"}, {"run", "7"}}}), ElementsAre(b));
  EXPECT_THAT(list({.tags = {{"team", "maps"}, {"env", "test"}}}), IsEmpty());
  EXPECT_THAT(list({.tags = {{"run", ""}}}), ElementsAre(d));
}

TEST_P(StoreConformance, ListsFilterByTheTimeOfCreation) {
  // Ids made here say when, whatever other tests made before.
  const auto at = [&](Milliseconds later, std::uint64_t number) {
    const Time time = clock.now() + later;
    const Ulid id{.high = (static_cast<std::uint64_t>(time.time_since_epoch().count()) << 16) + number,
                  .low = number};
    return submit(job::create(id, plain(), "{}", time));
  };
  const Ulid a = at(0ms, 0), b = at(0ms, 1), c = at(1ms, 0), d = at(1s, 0);
  const Time start = clock.now();
  EXPECT_THAT(list({.created_after = start + 1ms}), ElementsAre(d, c)) << "inclusive";
  EXPECT_THAT(list({.created_before = start + 1ms}), ElementsAre(b, a)) << "exclusive";
  EXPECT_THAT(list({.created_after = start, .created_before = start + 1s}), ElementsAre(c, b, a));
  EXPECT_THAT(list({.created_after = Time{Milliseconds{-1}}, .created_before = Time{Milliseconds::max()}}),
              ElementsAre(d, c, b, a));
}

TEST_P(StoreConformance, ListsCombineAllFilters) {
  job::Spec spec = plain();
  spec.queue = "q";
  spec.tags = {{"a", "1"}, {"b", "2"}};
  const Ulid wanted = submit(spec);
  lease(wanted);
  submit(spec);
  spec.tags.erase("b");
  lease(submit(spec));
  const job::Filter filter{.states = {State::running, State::cancelling},
                           .types = {"echo", "http"},
                           .queues = {"q", "r"},
                           .tags = {{"a", "1"}, {"b", "2"}},
                           .created_after = clock.now() - 1h,
                           .created_before = clock.now() + 24h};
  EXPECT_THAT(list(filter), ElementsAre(wanted));
}

TEST_P(StoreConformance, ListsComeInPagesThatNewJobsDoNotDisturb) {
  for (const bool ascending : {false, true})
    for (const bool by_state : {false, true})
      for (const bool by_tag : {false, true}) {
        std::vector<Ulid> expected;
        const std::map<std::string, std::string> tags = {
            {"run", fmt::format("{}{}{}", ascending, by_state, by_tag)}};
        const auto first = submit();
        for (int i = 0; i < 10; ++i) expected.push_back(tagged(tags));
        ListQuery query{.ascending = ascending, .after = first.sequence(), .limit = 3};
        if (by_state) query.filter.states = {State::queued, State::running};
        if (by_tag) query.filter.tags = tags;
        if (!ascending) {
          std::ranges::reverse(expected);
          query.after = expected.front().sequence() + 1;
        }
        auto all = turn_pages(query, [&] { submit(); });
        // Forward, jobs that came meanwhile stand at the end; backward, nowhere.
        if (!ascending || by_tag) all.resize(std::min<std::size_t>(all.size(), 10));
        ASSERT_GE(all.size(), 10u);
        EXPECT_THAT(std::vector(all.begin(), all.begin() + 10), ElementsAreArray(expected));
      }
}

TEST_P(StoreConformance, ListsEndWithAFullLastPageAndNoCursor) {
  for (int i = 0; i < 6; ++i) submit();
  int turned = 0;
  EXPECT_EQ(turn_pages({.limit = 3}, [&] { ++turned; }).size(), 6u);
  EXPECT_EQ(turned, 1);
}

TEST_P(StoreConformance, PagesOfLargeJobsEndEarly) {
  const Ulid a = submit(new_job(plain(), '"' + std::string(1000, 'a') + '"')),
             b = submit(new_job(plain(), '"' + std::string(1000, 'b') + '"')), c = submit();
  ListQuery query{.ascending = true, .limit = 10, .max_bytes = 1500};
  const auto page = *calls().list(query);
  EXPECT_THAT(ids_of(page.jobs), ElementsAre(a, b));
  query.after = page.next;
  EXPECT_THAT(ids_of(calls().list(query)->jobs), ElementsAre(c));
  query.max_bytes = 0;
  query.after.reset();
  EXPECT_EQ(turn_pages(query, [] {}).size(), 3u) << "one at a time";
}

TEST_P(StoreConformance, ListsShowWholeJobs) {
  const Ulid id = tagged({{"a", "b"}});
  lease(id);
  succeed(id);
  EXPECT_EQ(dump(calls().list({})->jobs.at(0)), dump(get(id)));
}

// What is ready

TEST_P(StoreConformance, HandsOutWhatIsReadyInTheOrderInWhichItRuns) {
  const Ulid low = of("echo", "default", 0), high = of("echo", "default", 9),
             high_later = of("http", "default", 9), low_later = of("echo"),
             top = of("echo", "default", 2'147'483'647);
  of("echo", "elsewhere", 100);
  const auto ready = *calls().ready({.queue = "default"});
  EXPECT_THAT(ids_of(ready), ElementsAre(top, high, high_later, low, low_later));
  EXPECT_EQ(ready[2].type, "http");
  EXPECT_EQ(ready[2].priority, 9);
}

TEST_P(StoreConformance, HandsOutAsReadyOnlyWhatIsQueued) {
  job::Spec later = plain();
  later.run_at = clock.now() + 1h;
  submit(later);
  const Ulid running = submit(), cancelled = submit(), queued = submit();
  lease(running);
  apply(cancelled, job::Cancel{});
  EXPECT_THAT(ids_of(*calls().ready({.queue = "default"})), ElementsAre(queued));
  EXPECT_THAT(*calls().ready({.queue = "nowhere"}), IsEmpty());
}

TEST_P(StoreConformance, HandsOutWhatIsReadyInPages) {
  std::vector<Ulid> all;
  for (const std::int64_t priority : {5, 1, 3, 5, 3, 1, 5, 0, 3, 5}) of("echo", "default", priority);
  all = ids_of(*calls().ready({.queue = "default"}));
  ASSERT_EQ(all.size(), 10u);
  for (const std::size_t limit : {1, 2, 3, 4, 7, 10}) {
    std::vector<Ulid> paged;
    ReadyQuery query{.queue = "default", .limit = limit};
    for (;;) {
      const auto page = *calls().ready(query);
      EXPECT_LE(page.size(), limit);
      if (page.empty()) break;
      std::ranges::copy(ids_of(page), std::back_inserter(paged));
      query.after = {page.back().priority, page.back().ulid.sequence()};
      ASSERT_LE(paged.size(), 10u);
    }
    EXPECT_EQ(paged, all) << limit;
  }
}

// Counts

TEST_P(StoreConformance, CountsByQueueAndState) {
  EXPECT_TRUE(calls().census()->jobs.empty());
  of("echo", "a");
  of("echo", "a");
  const Ulid running = of("echo", "b");
  lease(running);
  job::Spec later = plain();
  later.queue = "b";
  later.run_at = clock.now() + 1h;
  submit(later);
  const Census census = *calls().census();
  EXPECT_EQ(census.jobs,
            (std::map<std::string, std::map<State, std::int64_t>>{
                {"a", {{State::queued, 2}}}, {"b", {{State::running, 1}, {State::scheduled, 1}}}}));
  ASSERT_EQ(census.ready.size(), 1u);
  EXPECT_EQ(census.ready.at("a").oldest(), clock.now());
}

}  // namespace
}  // namespace waypost::store::test
