#include "store/conformance.hpp"

// What one tenant has is as if it were not there for another.
namespace waypost::store::test {
namespace {

using job::State;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using waypost::test::wait_for_reply;

TEST_P(TenantConformance, KeysOfOneNameAreOfOneTenant) {
  auth::ApiKey again{.ulid = make_ulid(clock.now()), .name = "more", .tenant = "theirs"};
  auth::ApiKey third{.ulid = make_ulid(clock.now()), .name = "third", .tenant = "third"};
  for (const auto& key : {again, third})
    ASSERT_TRUE(wait_for_reply<Submitted>([&](auto reply) { keys().add(key, {}, std::move(reply)); }));
  reopen();
  const auto all =
      *wait_for_reply<std::vector<auth::ApiKey>>([&](auto reply) { keys().all(std::move(reply)); });
  ASSERT_THAT(all, SizeIs(3));
  EXPECT_EQ(all[1].tenant_number, other);
  EXPECT_EQ(all[2].tenant_number, Tenant{2});
}

TEST_P(TenantConformance, AJobIsFoundByItsTenantAndByTheServiceItself) {
  const Ulid id = submit(of_other());
  for (const bool again : {false, true}) {
    if (again) reopen();
    EXPECT_EQ(refusal(calls().get({id, default_tenant})), Code::not_found);
    EXPECT_EQ(refusal(calls().standing({id, default_tenant})), Code::not_found);
    EXPECT_EQ(refusal(calls().change({id, default_tenant}, job::Cancel{})), Code::not_found);
    EXPECT_EQ(refusal(wait_for_reply<job::History>([&](auto reply) {
                store().histories().read({id, default_tenant}, 0, 10, std::move(reply));
              })),
              Code::not_found);
    EXPECT_EQ(calls().get({id, other})->spec.tenant, other);
    EXPECT_TRUE(calls().standing({id, other}));
    EXPECT_TRUE(calls().get(id));
  }
  EXPECT_EQ(get(id).state, State::queued) << "nobody else cancels it";
  EXPECT_TRUE(calls().change({id, other}, job::Cancel{}));
}

TEST_P(TenantConformance, ListsAreOfOneTenantWhateverLeadsThem) {
  job::Spec theirs = of_other();
  theirs.tags = {{"team", "maps"}};
  job::Spec ours = theirs;
  ours.tenant = default_tenant;
  std::vector<Ulid> own, foreign;
  for (int i = 0; i < 300; ++i)
    (i % 100 == 0 ? foreign : own).push_back(submit(i % 100 == 0 ? theirs : ours));
  const std::vector<job::Filter> filters{{},
                                         {.states = {State::queued}},
                                         {.states = {State::queued, State::failed}},
                                         {.types = {"echo"}},
                                         {.queues = {"default"}},
                                         {.tags = {{"team", "maps"}}},
                                         {.states = {State::queued}, .tags = {{"team", "maps"}}}};
  for (job::Filter filter : filters)
    for (const bool ascending : {true, false})
      for (const std::size_t limit : {std::size_t{2}, std::size_t{1000}}) {
        const auto listed = [&](std::optional<Tenant> tenant) {
          filter.tenant = tenant;
          auto ids = turn_pages({.filter = filter, .ascending = ascending, .limit = limit == 2 ? 40u : limit},
                                [] {});
          if (!ascending) std::ranges::reverse(ids);
          return ids;
        };
        EXPECT_EQ(listed(other), foreign);
        EXPECT_EQ(listed(default_tenant), own);
        EXPECT_THAT(listed({}), SizeIs(300));
        EXPECT_THAT(listed(Tenant{2}), IsEmpty());
      }
}

TEST_P(TenantConformance, ABulkChangeLeavesWhatIsOfOthers) {
  const Ulid ours = submit(), theirs = submit(of_other());
  const auto changed = wait_for_reply<BulkChange>([&](auto reply) {
    store().bulk().change({ours, theirs}, {.tenant = default_tenant}, job::Cancel{}, std::move(reply));
  });
  EXPECT_EQ(changed->matched, 1);
  EXPECT_EQ(get(theirs).state, State::queued);
}

TEST_P(TenantConformance, OneDoesNotDependOnWhatAnotherHas) {
  const Ulid theirs = submit(of_other());
  job::Spec spec = plain();
  spec.depends_on = {theirs};
  EXPECT_EQ(refusal(calls().submit({.job = new_job(spec)})), Code::unknown_job);
  spec.tenant = other;
  EXPECT_TRUE(calls().submit({.job = new_job(spec)}));
}

TEST_P(TenantConformance, KeysOfIdempotencyAndOfUniqueJobsAreApart) {
  job::Spec ours = plain(), theirs = of_other();
  ours.unique = theirs.unique = job::Unique{"k", job::OnConflict::reject};
  const auto sent = [&](const job::Spec& spec) {
    return calls().submit({.job = new_job(spec),
                           .idempotency = IdempotencyKey{"k", "f", false, spec.tenant},
                           .answer = {202, "of " + std::to_string(static_cast<int>(spec.tenant))}});
  };
  ASSERT_TRUE(sent(ours));
  const auto first = sent(theirs);
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_FALSE(first->replayed);
  ASSERT_TRUE(wait_for_reply<void>([&](auto reply) {
    store().put_answer({.key = "k", .tenant = other}, {200, "changed"}, std::move(reply));
  }));
  reopen();
  EXPECT_EQ(sent(ours)->answer->body, "of 0");
  EXPECT_EQ(sent(theirs)->answer->body, "changed");
}

TEST_P(TenantConformance, ConcurrencyKeysAreApartWhateverTheySay) {
  job::Spec ours = plain(), theirs = of_other();
  theirs.concurrency_key = "k";
  const Ulid foreign = submit(theirs);
  for (const std::string& key : {std::string("k"), job::concurrency_group(theirs)}) {
    ours.concurrency_key = key;
    submit(ours);
    EXPECT_NE(job::concurrency_group(ours), job::concurrency_group(theirs));
  }
  const auto ready =
      *calls().ready({.queue = "default", .concurrency_group = job::concurrency_group(theirs)});
  EXPECT_THAT(ids_of(ready), ElementsAre(foreign));
}

TEST_P(TenantConformance, AManifestIsItsTenants) {
  StoredManifest theirs = made();
  theirs.tenant = other;
  ASSERT_TRUE(add(theirs));
  reopen();
  EXPECT_EQ(refusal(wait_for_reply<StoredManifest>([&](auto reply) {
              store().manifests().get({theirs.ulid, default_tenant}, std::move(reply));
            })),
            Code::not_found);
  EXPECT_EQ(refusal(wait_for_reply<void>([&](auto reply) {
              store().manifests().remove({theirs.ulid, default_tenant}, std::move(reply));
            })),
            Code::not_found);
  EXPECT_THAT(page({}).manifests, IsEmpty());
  EXPECT_THAT(page({.tenant = other}).manifests, SizeIs(1));
  job::Job ours = job_over(theirs);
  EXPECT_EQ(refusal(calls().submit({.job = ours})), Code::unknown_manifest);
  ours.spec.tenant = other;
  EXPECT_TRUE(calls().submit({.job = ours}));
}

TEST_P(TenantConformance, AnEndpointHearsOfItsTenantsJobsOnly) {
  const Endpoint ours = endpoint_of(default_tenant), theirs = endpoint_of(other);
  for (const bool again : {false, true}) {
    if (again) reopen();
    apply(submit(of_other()), job::Cancel{});
    std::vector<Delivery> told;
    for (auto& change : observed.take()) std::ranges::move(change.deliveries, std::back_inserter(told));
    ASSERT_THAT(told, SizeIs(1));
    EXPECT_EQ(told[0].endpoint, theirs.ulid.sequence());
    EXPECT_EQ(refusal(wait_for_reply<Submitted>([&](auto reply) {
                store().webhooks().redeliver(
                    {told[0].id, default_tenant}, make_ulid(clock.now()), {},
                    [](const auto&) { return StoredAnswer{}; }, std::move(reply));
              })),
              Code::not_found);
  }
  const auto get_as = [&](Tenant tenant) {
    return wait_for_reply<Endpoint>(
        [&](auto reply) { store().webhooks().get({theirs.ulid, tenant}, std::move(reply)); });
  };
  EXPECT_EQ(refusal(get_as(default_tenant)), Code::not_found);
  EXPECT_EQ(*get_as(other), theirs);
  const auto page = *wait_for_reply<Page<Endpoint>>(
      [&](auto reply) { store().webhooks().list(other, {}, std::move(reply)); });
  EXPECT_THAT(page.rows, ElementsAre(theirs));
  const auto remove_as = [&](Tenant tenant) {
    return wait_for_reply<void>(
        [&](auto reply) { store().webhooks().remove({theirs.ulid, tenant}, std::move(reply)); });
  };
  EXPECT_EQ(refusal(remove_as(default_tenant)), Code::not_found);
  EXPECT_TRUE(remove_as(other));
}

TEST_P(TenantConformance, WhoIsToldOfDisabledEndpointsIsOfTheirTenant) {
  Endpoint watcher{
      .ulid = make_ulid(clock.now()), .tenant = other, .url = "http://w/", .hears_of_disabled = true};
  ASSERT_TRUE(
      wait_for_reply<Submitted>([&](auto reply) { store().webhooks().put(watcher, {}, std::move(reply)); }));
  const auto disable = [&](const Endpoint& endpoint) {
    ASSERT_TRUE(wait_for_reply<void>([&](auto reply) {
      store().webhooks().note_health(endpoint.ulid, {.disabled = Disabled{"gone", clock.now()}},
                                     std::move(reply));
    }));
  };
  disable(endpoint_of(default_tenant));
  EXPECT_EQ(calls().backlog()->deliveries, 0);
  disable(endpoint_of(other));
  EXPECT_EQ(calls().backlog()->deliveries, 1);
  EXPECT_EQ(calls().backlog(other)->deliveries, 1);
  EXPECT_EQ(calls().backlog(default_tenant)->deliveries, 0);
}

TEST_P(TenantConformance, WhatIsOwedIsCountedForEachTenant) {
  const auto told = [&](job::Spec spec) {
    spec.webhook = job::Webhook{.url = "http://receiver/"};
    apply(submit(std::move(spec)), job::Cancel{});
  };
  told({.type = "echo"});
  told(of_other());
  clock.advance(1s);
  told(of_other());
  reopen();
  EXPECT_EQ(calls().backlog()->deliveries, 3);
  EXPECT_EQ(calls().backlog(default_tenant)->deliveries, 1);
  EXPECT_EQ(calls().backlog(other)->deliveries, 2);
  EXPECT_EQ(calls().backlog(other)->oldest, clock.now() - 1s);
  EXPECT_FALSE(calls().backlog(Tenant{77})->oldest);
  for (const auto& delivery : calls().due_deliveries(clock.now())->deliveries)
    calls().settle({.delivery = delivery.id, .kind = Settlement::Kind::delivered, .at = clock.now()});
  EXPECT_EQ(calls().backlog(other)->deliveries, 0);
}

TEST_P(TenantConformance, TheCensusCountsEachTenantsJobs) {
  submit();
  apply(submit(of_other()), job::Cancel{});
  submit(of_other());
  reopen();
  using States = std::map<State, std::int64_t>;
  const auto jobs = calls().census()->jobs;
  EXPECT_EQ(jobs.at(default_tenant).at("default"), (States{{State::queued, 1}}));
  EXPECT_EQ(jobs.at(other).at("default"), (States{{State::queued, 1}, {State::cancelled, 1}}));
}

TEST_P(TenantConformance, WhatADeadProcessRanForAnotherTenantIsQueuedAgain) {
  const Ulid id = submit(of_other());
  lease(id);
  reopen();
  EXPECT_EQ(get(id).state, State::queued);
}

}  // namespace
}  // namespace waypost::store::test
