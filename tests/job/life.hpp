#pragma once

#include <gmock/gmock.h>

#include "waypost/job/rules.hpp"

namespace waypost::job::test {

inline constexpr Time start{Milliseconds{1'800'000'000'000}};
inline constexpr Ulid some_ulid{.high = 1'800'000'000'000ULL << 16, .low = 42};

/// Waits are exact: no jitter.
inline Spec plain() {
  return {.type = "echo", .backoff = {.jitter = false}};
}

inline Spec with_webhook(Spec spec = plain()) {
  spec.webhook = Webhook{.url = "http://receiver/",
                         .events = {Notice::started, Notice::progress, Notice::retrying, Notice::succeeded,
                                    Notice::partial, Notice::failed, Notice::cancelled}};
  return spec;
}

inline Spec batch_of(std::int64_t rows, Spec spec = plain()) {
  spec.batch = Batch{.manifest = "man_1", .rows = rows, .chunks = rows};
  return spec;
}

/// One job and the time it lives in: applies commands and keeps what becomes of it.
class Life {
 public:
  explicit Life(Spec spec = plain()) : job_(create(some_ulid, std::move(spec), "{}", start)) {}

  const Job& job() const { return job_; }
  Time now() const { return now_; }
  void pass(Milliseconds time) { now_ += time; }
  void pass_until(Time time) { now_ = time; }

  /// Applies a command that must be taken.
  Decision apply(const Command& command) {
    auto decision = decide(job_, command, {.now = now_});
    if (!decision) {
      ADD_FAILURE() << "refused: " << decision.error().message;
      return {.job = job_};
    }
    job_ = decision->job;
    return *decision;
  }
  /// Applies a command that must be refused as a conflict; what is said.
  std::string refusal(const Command& command) const {
    const auto decision = decide(job_, command, {.now = now_});
    if (decision) return "it was taken";
    EXPECT_EQ(decision.error().code, Code::conflict);
    return decision.error().message;
  }

  Decision lease() { return apply(Lease{"worker-1"}); }
  Decision succeed() { return apply(Succeed{.fence = job_.fence, .worker = "worker-1", .result = "42"}); }
  Decision fail() { return apply(failure()); }
  FailAttempt failure() const {
    return {.fence = job_.fence, .worker = "worker-1", .code = "upstream", .message = "it said no"};
  }
  /// Lets the time come at which something happens by itself, and lets it happen.
  Decision wake() {
    const auto at = wake_at(job_);
    if (!at) {
      ADD_FAILURE() << "nothing happens by itself while " << to_string(job_.state);
      return {.job = job_};
    }
    now_ = std::max(now_, *at);
    return apply(Wake{});
  }

 private:
  Job job_;
  Time now_ = start;
};

}  // namespace waypost::job::test
