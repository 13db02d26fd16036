#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "waypost/base/error.hpp"
#include "waypost/job/job.hpp"

/// What happens to a job: pure functions from a job and a command to the job it becomes. They run inside the
/// store's transaction, so that what was decided on is what is changed.
namespace waypost::job {

/// A worker takes a queued job. The new fence is in the job that results.
struct Lease {
  std::string worker;
};
/// The attempt ended well.
struct Succeed {
  std::int64_t fence = 0;
  std::string worker;
  std::string result;
  std::string result_type = "application/json";
};
/// The attempt failed or ran out of time.
struct FailAttempt {
  std::int64_t fence = 0;
  std::string worker;
  bool timed_out = false;
  std::string code;
  std::string message;
  bool retry = true;
  std::optional<Seconds> retry_after;
};
/// Our own shutdown: the attempt does not count.
struct GiveBack {
  std::int64_t fence = 0;
  std::string worker;
};
/// Found after a crash: the worker of a running job is gone.
struct WorkerLost {};
/// Rows of a batch are done.
struct Advance {
  std::int64_t fence = 0;
  std::int64_t succeeded = 0;  ///< more of them
  std::int64_t failed = 0;
};
/// Every row of a batch is done.
struct FinishBatch {
  std::int64_t fence = 0;
  std::string worker;
};
struct Cancel {};
/// Whoever ran a job that is being cancelled has stopped.
struct Stopped {
  std::int64_t fence = 0;
  std::string worker;
};
/// A manual retry.
struct RunAgain {};
/// A client has no more use for a job that has ended.
struct Forget {};
/// `wake_at` has come.
struct Wake {};

using Command = std::variant<Lease, Succeed, FailAttempt, GiveBack, WorkerLost, Advance, FinishBatch, Cancel,
                             Stopped, RunAgain, Forget, Wake>;

/// When and with what luck: the two things a decision needs from the world.
struct Moment {
  Time now{};
  double random = 0.5;  ///< in [0, 1): jitter
};

/// What a command makes of a job.
struct Decision {
  Job job;
  bool changed = true;   ///< false: what was asked for already holds
  bool forget = false;   ///< delete it
  bool new_run = false;  ///< what an earlier run recorded in chunks no longer counts
  std::optional<Attempt> ended_attempt;
  std::optional<Notice> notice;  ///< the event of its history that this is; its sequence is the job's version
};

/// The job that a submission makes. `payload` is JSON that passed the operation's check.
Job create(Ulid ulid, Spec spec, std::string payload, Time now);

/// Applies `command`. Fails with Code::conflict, naming the state, when the state does not allow it or the
/// fence is an old one.
Result<Decision> decide(Job job, const Command& command, const Moment& moment);

/// The next time at which something happens to the job by itself (becomes ready, expires, runs out of time,
/// is forgotten); nothing when it waits for someone.
std::optional<Time> wake_at(const Job& job);

/// The wait before attempt `failures + 1` of a run, from 1 failure on.
Milliseconds backoff_delay(const Backoff& backoff, int failures, double random);

/// The moment by which the present run must have ended, if it has started and has a limit.
std::optional<Time> run_deadline(const Job& job);

}  // namespace waypost::job
