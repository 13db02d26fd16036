#include <random>

#include "engine/engine_fixture.hpp"

/// Random operations through the engine and a real store, compared with a model that fits on a page.
namespace waypost::test {
namespace {

using job::DependencyPolicy;
using job::OnConflict;
using std::chrono::seconds;

/// What the contract says of one job, and nothing of how it is done.
struct Modelled {
  std::string name;
  bool fails = false;  ///< when it runs
  bool gated = false, awaiting = false, paused = false;
  std::set<std::size_t> open;  ///< dependencies that have not ended
  DependencyPolicy policy = DependencyPolicy::fail;
  bool dependency_failed = false;
  std::optional<Time> run_at;
  std::string unique;
  std::optional<State> ended;

  State state(Time now) const {
    if (ended) return *ended;
    if (awaiting) return State::awaiting_confirmation;
    if (paused) return State::paused;
    if (!open.empty()) return State::blocked;
    return run_at && *run_at > now ? State::scheduled : State::queued;
  }
};

class Model {
 public:
  std::vector<Modelled> jobs;

  std::optional<std::size_t> holder(const std::string& key) const {
    for (std::size_t i = 0; i < jobs.size(); ++i)
      if (!key.empty() && jobs[i].unique == key && !jobs[i].ended) return i;
    return {};
  }
  void end(std::size_t which, State how) {
    jobs[which].ended = how;
    for (std::size_t i = 0; i < jobs.size(); ++i)
      if (!jobs[i].ended && jobs[i].open.erase(which) > 0) depended(i, how);
  }
  bool pause(std::size_t i) {
    Modelled& job = jobs[i];
    if (job.ended || job.awaiting) return false;
    return job.paused = true;
  }
  bool resume(std::size_t i) {
    if (jobs[i].ended || jobs[i].awaiting) return false;
    jobs[i].paused = false;
    return go_on(i);
  }
  bool confirm(std::size_t i) {
    if (jobs[i].ended || !jobs[i].gated) return false;
    jobs[i].awaiting = false;
    return jobs[i].paused || go_on(i);
  }
  bool cancel(std::size_t i) {
    if (jobs[i].ended) return jobs[i].ended == State::cancelled;
    end(i, State::cancelled);
    return true;
  }
  bool retry(std::size_t i) {
    Modelled& job = jobs[i];
    if (!job.ended || job.ended == State::succeeded || holder(job.unique)) return false;
    job.ended.reset();
    job.run_at.reset();
    job.open.clear();
    job.awaiting = job.paused = job.dependency_failed = false;
    return true;
  }
  bool move(std::size_t i, std::optional<Time> run_at) {
    if (jobs[i].ended) return false;
    jobs[i].run_at = run_at;
    return true;
  }
  /// Everything that may run does.
  void run(Time now) {
    for (bool some = true; some;) {
      some = false;
      for (std::size_t i = 0; i < jobs.size(); ++i)
        if (jobs[i].state(now) == State::queued) {
          end(i, jobs[i].fails ? State::failed : State::succeeded);
          some = true;
        }
    }
  }

 private:
  void depended(std::size_t i, State how) {
    Modelled& job = jobs[i];
    if (how == State::succeeded || job.policy == DependencyPolicy::run) return;
    job.dependency_failed = true;
    job.open.clear();
    if (!job.awaiting && !job.paused) end(i, State::failed);
  }
  bool go_on(std::size_t i) {
    if (jobs[i].dependency_failed) end(i, State::failed);
    return true;
  }
};

class RandomOperations : public EngineTest, public testing::WithParamInterface<unsigned> {
 protected:
  std::size_t up_to(std::size_t most) { return std::uniform_int_distribution<std::size_t>(0, most)(random_); }
  bool one_in(std::size_t n) { return up_to(n - 1) == 0; }
  std::size_t any_job() { return up_to(model_.jobs.size() - 1); }

  void submit_one() {
    Modelled expected{
        .name = "j" + std::to_string(model_.jobs.size()), .fails = one_in(4), .gated = one_in(5)};
    job::Spec s = spec(expected.fails ? "fail" : "note");
    s.max_attempts = 1;
    s.priority = static_cast<std::int64_t>(up_to(3));
    expected.awaiting = s.confirmation_required = expected.gated;
    if (one_in(3)) expected.run_at = s.run_at = clock.now() + seconds{1 + up_to(60)};
    if (one_in(3)) s.on_dependency_failure = expected.policy = DependencyPolicy::run;
    std::set<std::size_t> others;
    for (auto n = model_.jobs.empty() || one_in(2) ? 0 : 1 + up_to(2); n > 0; --n) others.insert(any_job());
    for (const std::size_t other : others) s.depends_on.push_back(ids_[other]);
    if (one_in(3)) {
      expected.unique = "key " + std::to_string(up_to(2));
      s.unique = job::Unique{expected.unique, static_cast<OnConflict>(up_to(2))};
    }
    const auto holder = model_.holder(expected.unique);
    const job::Job made = make(s, expected.name);
    const auto answer = wait_for_reply<store::Submitted>(
        [&](auto reply) { engine->submit({.job = made}, std::move(reply)); });
    if (holder && s.unique->on_conflict == OnConflict::reject) {
      ASSERT_FALSE(answer);
      EXPECT_EQ(answer.error().code, Code::duplicate_job);
      return;
    }
    ASSERT_TRUE(answer) << answer.error().message;
    if (holder && s.unique->on_conflict == OnConflict::return_existing) {
      EXPECT_EQ(answer->job, ids_[*holder]);
      return;
    }
    ids_.push_back(made.ulid);
    add_to_model(std::move(expected), others, holder);
  }

  void add_to_model(Modelled job, const std::set<std::size_t>& others, std::optional<std::size_t> replaced) {
    // Its dependencies are judged before the holder of its key goes, which may be one of them.
    std::vector<State> ended;
    for (const std::size_t other : others) {
      if (!model_.jobs[other].ended)
        job.open.insert(other);
      else
        ended.push_back(*model_.jobs[other].ended);
    }
    const std::size_t index = model_.jobs.size();
    model_.jobs.push_back(std::move(job));
    Modelled& added = model_.jobs.back();
    for (const State how : ended)
      if (how != State::succeeded && added.policy == DependencyPolicy::fail) added.dependency_failed = true;
    if (added.dependency_failed) {
      added.open.clear();
      if (!added.awaiting) model_.end(index, State::failed);
    }
    if (replaced) model_.end(*replaced, State::cancelled);
  }

  void steer_one() {
    const std::size_t i = any_job();
    bool allowed = false;
    job::Command command;
    switch (up_to(6)) {
      case 0:
        command = job::Pause{};
        allowed = model_.pause(i);
        break;
      case 1:
        command = job::Resume{};
        allowed = model_.resume(i);
        break;
      case 2:
        command = job::Confirm{};
        allowed = model_.confirm(i);
        break;
      case 3:
        command = job::Cancel{};
        allowed = model_.cancel(i);
        break;
      case 4:
        command = job::RunAgain{};
        allowed = model_.retry(i);
        break;
      case 5: {
        const auto at = one_in(3) ? std::nullopt : std::optional<Time>(clock.now() + seconds{up_to(60)});
        command = job::Amend{.run_at = at};
        allowed = model_.move(i, at);
        break;
      }
      default:
        command = job::Amend{.priority = static_cast<std::int64_t>(up_to(5))};
        allowed = !model_.jobs[i].ended;
    }
    const auto answer = steer(ids_[i], command);
    EXPECT_EQ(answer.has_value(), allowed)
        << model_.jobs[i].name << " command " << command.index() << ": "
        << (answer ? std::string(to_string(answer->state)) : answer.error().message);
  }

  void expect_as_modelled() {
    for (std::size_t i = 0; i < ids_.size(); ++i) {
      const State expected = model_.jobs[i].state(clock.now());
      ASSERT_EQ(wait_for(ids_[i], expected).state, expected) << model_.jobs[i].name;
    }
  }

  Model model_;
  std::vector<Ulid> ids_;

 private:
  std::mt19937 random_{GetParam()};
};

TEST_P(RandomOperations, DoWhatTheModelSays) {
  start();
  ASSERT_TRUE(set_queue("default", {.paused = true}));
  submit_one();
  for (int step = 0; step < 150 && !HasFailure(); ++step) {
    SCOPED_TRACE("step " + std::to_string(step));
    if (one_in(3) || model_.jobs.empty())
      submit_one();
    else if (one_in(6))
      advance(seconds{up_to(20)});
    else
      steer_one();
    expect_as_modelled();
  }
  ASSERT_FALSE(HasFailure());
  advance(seconds{200});
  expect_as_modelled();
  ASSERT_TRUE(set_queue("default", {.paused = false}));
  model_.run(clock.now());
  expect_as_modelled();

  end();
  open_store();
  for (std::size_t i = 0; i < ids_.size(); ++i)
    EXPECT_EQ(get(ids_[i]).state, model_.jobs[i].state(clock.now())) << model_.jobs[i].name;
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomOperations, testing::Range(1U, 9U));

}  // namespace
}  // namespace waypost::test
