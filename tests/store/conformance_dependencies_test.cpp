#include "store/conformance.hpp"

namespace waypost::store::test {
namespace {

using job::DependencyPolicy;
using job::State;
using testing::ElementsAre;

job::Spec after(std::vector<Ulid> others, DependencyPolicy policy = DependencyPolicy::fail) {
  return {.type = "echo", .depends_on = std::move(others), .on_dependency_failure = policy};
}

/// The states that the observer was told of each job, in order.
std::map<Ulid, std::vector<State>> told(Observed& observed) {
  std::map<Ulid, std::vector<State>> out;
  for (const auto& change : observed.take()) out[change.ulid].push_back(change.after);
  return out;
}

TEST_P(StoreConformance, BlocksAJobUntilTheLastOfItsDependenciesHasSucceeded) {
  const Ulid a = submit(), b = submit(), waits = submit(after({a, b}));
  EXPECT_EQ(get(waits).state, State::blocked);
  EXPECT_EQ(get(waits).waits_for, 2);
  lease(a);
  succeed(a);
  EXPECT_EQ(get(waits).state, State::blocked);
  EXPECT_EQ(get(waits).waits_for, 1);
  lease(b);
  observed.take();
  succeed(b);
  EXPECT_EQ(get(waits).state, State::queued);
  EXPECT_THAT(told(observed)[waits], ElementsAre(State::queued));
}

TEST_P(StoreConformance, FailsDependentsAndTheirDependentsInTheSameTransaction) {
  const Ulid a = submit(), b = submit(after({a})), c = submit(after({b}));
  const Ulid all_the_same = submit(after({c}, DependencyPolicy::run));
  apply(a, job::Cancel{});
  EXPECT_EQ(get(b).error->code, "dependency_failed");
  EXPECT_EQ(get(b).error->message, "it depends on " + get(a).id() + ", which ended as cancelled");
  EXPECT_EQ(get(c).state, State::failed);
  EXPECT_EQ(get(all_the_same).state, State::queued);
}

TEST_P(StoreConformance, RefusesAJobThatDependsOnOneThatIsNotThere) {
  const Ulid a = submit(), nobody = make_ulid(clock.now());
  Ulid twin = a;
  ++twin.low;
  const auto refused = calls().submit({.job = new_job(after({a, nobody, twin}))});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::unknown_job);
  ASSERT_EQ(refused.error().faults.size(), 2u);
  EXPECT_EQ(refused.error().faults[0].pointer, "/depends_on/1");
  EXPECT_EQ(refused.error().faults[1].pointer, "/depends_on/2");
  EXPECT_EQ(list({}).size(), 1u) << "nothing may be half made";
}

TEST_P(StoreConformance, RefusesAJobThatDependsOnItself) {
  job::Job job = new_job();
  job.spec.depends_on = {job.ulid};
  const auto refused = calls().submit({.job = std::move(job)});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::unknown_job);
}

TEST_P(StoreConformance, AnswersAtOnceWhatBecameOfAJobWhoseDependenciesHadEnded) {
  const Ulid good = submit(), bad = submit();
  lease(good);
  succeed(good);
  apply(bad, job::Cancel{});
  Submission submission{.job = new_job(after({good})), .answer = {.status = 202}};
  const auto queued = calls().submit(submission);
  EXPECT_EQ(get(queued->job).state, State::queued);
  ASSERT_TRUE(queued->answer);
  EXPECT_EQ(queued->answer->status, 202);
  EXPECT_THAT(queued->answer->body, testing::HasSubstr("\"state\":\"queued\""));
  submission.job = new_job(after({good, bad}));
  EXPECT_THAT(calls().submit(submission)->answer->body, testing::HasSubstr("dependency_failed"));
}

TEST_P(StoreConformance, ReleasesThousandsInStepsAndAcrossARestart) {
  const Ulid first = submit();
  std::vector<Ulid> crowd;
  for (int i = 0; i < 1000; ++i) crowd.push_back(submit(after({first})));
  observed.take();
  lease(first);
  succeed(first);
  const std::size_t at_once = list({.states = {State::queued}}).size();
  EXPECT_GT(at_once, 0u);
  EXPECT_LT(at_once, 500u) << "one transaction must not grow with the crowd";
  bool asks_to_go_on = false;
  for (const auto& change : observed.take())
    asks_to_go_on |= change.wake_at && *change.wake_at <= clock.now();
  EXPECT_TRUE(asks_to_go_on);
  reopen();
  auto tick = *calls().tick(clock.now(), 100);
  EXPECT_EQ(tick.done, 100u);
  EXPECT_LE(*tick.next, clock.now());
  while (tick.done > 0) tick = *calls().tick(clock.now(), 100);
  EXPECT_EQ(list({.states = {State::queued}}, 2000).size(), 1000u);
}

TEST_P(StoreConformance, LetsAJobWithToldDependentsRunAgainButNotWhileTheyAreTold) {
  const Ulid first = submit();
  for (int i = 0; i < 600; ++i) submit(after({first}));
  apply(first, job::Cancel{});
  const auto early = calls().change(first, job::RunAgain{});
  ASSERT_FALSE(early);
  EXPECT_EQ(early.error().code, Code::overloaded);
  while (calls().tick(clock.now())->done > 0) {
  }
  EXPECT_EQ(apply(first, job::RunAgain{}).state, State::queued);
}

TEST_P(StoreConformance, EndsAChainOfDependentsHoweverLongItIs) {
  const Ulid first = submit();
  Ulid last = first;
  for (int i = 0; i < 2000; ++i) last = submit(after({last}));
  apply(first, job::Cancel{});
  while (calls().tick(clock.now())->done > 0) {
  }
  EXPECT_EQ(get(last).state, State::failed);
}

TEST_P(StoreConformance, ReleasesWhatWaitsForAForgottenJob) {
  job::Spec brief = plain();
  brief.retain = 0s;
  const Ulid first = submit(brief);
  for (int i = 0; i < 600; ++i) submit(after({first}));
  lease(first);
  succeed(first);
  while (calls().tick(clock.now())->done > 0) {
  }
  EXPECT_FALSE(knows(first));
  EXPECT_EQ(list({.states = {State::queued}}, 1000).size(), 600u);
}

TEST_P(StoreConformance, SaysWhereAJobStandsAndWhatItWaitsFor) {
  const Ulid low = of("echo"), high = of("echo", "default", 9), other = of("echo", "other"),
             last = of("echo");
  EXPECT_EQ(calls().standing(low)->ahead, 1);
  EXPECT_EQ(calls().standing(high)->ahead, 0);
  EXPECT_EQ(calls().standing(last)->ahead, 2);
  EXPECT_EQ(calls().standing(other)->ahead, 0);
  const Ulid waits = submit(after({high, low}));
  lease(high);
  succeed(high);
  const auto standing = *calls().standing(waits);
  EXPECT_EQ(standing.job.state, State::blocked);
  EXPECT_EQ(standing.ahead, 0);
  EXPECT_THAT(standing.waits_for, ElementsAre(low));
  EXPECT_EQ(calls().standing(make_ulid(clock.now())).error().code, Code::not_found);
}

}  // namespace
}  // namespace waypost::store::test
