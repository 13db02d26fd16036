#include <gmock/gmock.h>

#include <random>

#include "job/life.hpp"

/// Thousands of random commands, and what must hold whatever they are.
namespace waypost::job {
namespace {

using namespace std::chrono_literals;

class Chance {
 public:
  explicit Chance(std::uint64_t seed) : engine_(seed) {}
  std::int64_t up_to(std::int64_t most) {
    return std::uniform_int_distribution<std::int64_t>(0, most)(engine_);
  }
  bool one_in(std::int64_t n) { return up_to(n - 1) == 0; }
  double fraction() { return std::uniform_real_distribution<double>(0, 1)(engine_); }

 private:
  std::mt19937_64 engine_;
};

Spec random_spec(Chance& chance) {
  Spec spec = test::with_webhook();
  spec.max_attempts = static_cast<int>(1 + chance.up_to(5));
  spec.backoff = {.initial_seconds = static_cast<double>(chance.up_to(5)), .jitter = chance.one_in(2)};
  spec.retain = Seconds{chance.up_to(100)};
  if (chance.one_in(3)) spec.run_at = test::start + Seconds{chance.up_to(20)};
  if (chance.one_in(3)) spec.expires_at = test::start + Seconds{chance.up_to(30)};
  if (chance.one_in(3)) spec.total_timeout = Seconds{1 + chance.up_to(60)};
  if (chance.one_in(3)) spec = test::batch_of(1000, spec);
  return spec;
}

Command random_command(Chance& chance, const Job& job) {
  const std::int64_t fence = chance.one_in(4) ? chance.up_to(job.fence + 1) : job.fence;
  switch (chance.up_to(11)) {
    case 0:
      return Succeed{.fence = fence, .result = "1"};
    case 1:
      return FailAttempt{.fence = fence, .code = "x", .retry = !chance.one_in(5)};
    case 2:
      return GiveBack{.fence = fence};
    case 3:
      return WorkerLost{};
    case 4:
      return Advance{.fence = fence, .succeeded = chance.up_to(3), .failed = chance.up_to(1)};
    case 5:
      return FinishBatch{.fence = fence};
    case 6:
      return Cancel{};
    case 7:
      return Stopped{.fence = fence};
    case 8:
      return RunAgain{};
    case 9:
      return Wake{};
    default:
      return Lease{"w"};
  }
}

void expect_nothing_fell(const Job& before, const Decision& decision, const Command& command) {
  const Job& after = decision.job;
  if (decision.changed && !decision.forget) {
    EXPECT_GT(after.version, before.version);
  }
  if (!decision.changed) {
    EXPECT_EQ(after.version, before.version);
    EXPECT_EQ(after.state, before.state);
    EXPECT_FALSE(decision.notice);
  }
  EXPECT_GE(after.fence, before.fence);
  EXPECT_GE(after.attempt, before.attempt);
  EXPECT_LE(after.attempt, before.attempt + 1);
  EXPECT_LE(after.run_base, after.attempt);
  EXPECT_GE(after.updated_at, before.updated_at);
  if (is_terminal(before.state) && decision.changed) {
    EXPECT_TRUE(std::holds_alternative<RunAgain>(command) || decision.forget) << to_string(before.state);
  }
}

void expect_wake_is_consistent(const Job& job) {
  EXPECT_EQ(is_terminal(job.state), job.finished_at.has_value()) << to_string(job.state);
  EXPECT_EQ(job.state == State::scheduled, job.run_at.has_value()) << to_string(job.state);
  const auto at = wake_at(job);
  if (job.state == State::scheduled || is_terminal(job.state)) {
    ASSERT_TRUE(at) << to_string(job.state);
  }
  if (job.state == State::running || job.state == State::cancelling) {
    EXPECT_FALSE(at) << to_string(job.state);
  }
  if (!at) return;
  const auto early = decide(job, Wake{}, {.now = *at - 1ms});
  ASSERT_TRUE(early);
  EXPECT_FALSE(early->changed) << "woken before its time";
  const auto due = decide(job, Wake{}, {.now = *at});
  ASSERT_TRUE(due) << due.error().message;
  EXPECT_TRUE(due->changed || due->forget) << "a wake that changes nothing would be repeated for ever";
}

class RandomLives : public testing::TestWithParam<std::uint64_t> {};

TEST_P(RandomLives, KeepWhatMustHold) {
  Chance chance(GetParam());
  for (int life = 0; life < 100; ++life) {
    Job job = create(test::some_ulid, random_spec(chance), "{}", test::start);
    Time now = test::start;
    std::int64_t last_sequence = 0;
    for (int step = 0; step < 100 && !testing::Test::HasFailure(); ++step) {
      SCOPED_TRACE("life " + std::to_string(life) + " step " + std::to_string(step));
      now += Milliseconds{chance.up_to(chance.one_in(10) ? 60000 : 500)};
      const Command command = random_command(chance, job);
      const auto decision = decide(job, command, {.now = now, .random = chance.fraction()});
      if (!decision) {
        EXPECT_EQ(decision.error().code, Code::conflict);
        EXPECT_THAT(decision.error().message, testing::HasSubstr(job.id()));
        continue;
      }
      expect_nothing_fell(job, *decision, command);
      if (decision->notice) {
        EXPECT_GT(decision->job.version, last_sequence) << "the event's sequence";
        last_sequence = decision->job.version;
      }
      if (decision->forget) break;
      job = decision->job;
      expect_wake_is_consistent(job);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomLives, testing::Range<std::uint64_t>(1, 11));

TEST(UndisturbedLives, AlwaysEndWithinTheirAttempts) {
  Chance chance(7);
  for (int life = 0; life < 500; ++life) {
    Job job = create(test::some_ulid, random_spec(chance), "{}", test::start);
    Time now = test::start;
    int steps = 0;
    while (!is_terminal(job.state)) {
      ASSERT_LT(++steps, 50) << to_string(job.state);
      Command command = Lease{"w"};
      if (const auto at = wake_at(job)) now = std::max(now, *at);
      if (job.state == State::running)
        command = FailAttempt{.fence = job.fence, .code = "x"};
      else if (wake_at(job))
        command = Wake{};
      const auto decision = decide(job, command, {.now = now});
      ASSERT_TRUE(decision) << decision.error().message;
      job = decision->job;
    }
    EXPECT_LE(job.attempt, job.spec.max_attempts);
  }
}

}  // namespace
}  // namespace waypost::job
