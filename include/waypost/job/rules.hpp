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
/// Rows of a batch are done: so many more, or fewer.
struct Advance {
  std::int64_t fence = 0;
  std::int64_t succeeded = 0;
  std::int64_t failed = 0;
  std::int64_t waiting = 0;  ///< failed, and to be tried again
};
/// Every row of a batch that is to be run has ended.
struct FinishBatch {
  std::int64_t fence = 0;
  std::string worker;
};
/// Too many rows have failed, and nothing runs any more: the batch fails or pauses, as it was asked to.
struct PassThreshold {
  std::int64_t fence = 0;
  std::string worker;
};
/// The manifest of a batch is read: the batch with what it adds.
struct Prepare {
  Batch batch;
};
/// There is no manifest to be had.
struct FailPreparing {
  std::string code;
  std::string message;
};
struct Cancel {};
/// Whoever ran a job that is being cancelled has stopped.
struct Stopped {
  std::int64_t fence = 0;
  std::string worker;
};
/// A manual retry: it runs at once, whatever it once waited for.
struct RunAgain {
  bool failed_rows = false;  ///< of a batch: those that failed, and no others
};
struct Pause {};
struct Resume {};
/// A person said yes to a job that waits for that.
struct Confirm {};
/// Whoever ran a job that is pausing has come to rest: its attempt does not count.
struct Rest {
  std::int64_t fence = 0;
  std::string worker;
};
/// The running job shall go on only once it is confirmed (a canary is done): its attempt does not count.
struct Hold {
  std::int64_t fence = 0;
  std::string worker;
  std::string reason;
};
/// A job that this one depends on has ended.
struct DependencyEnded {
  std::string id;
  State state = State::succeeded;
};
/// New values for what may change of a job that has not ended; what is nothing stays.
struct Amend {
  std::optional<std::int64_t> priority;
  std::optional<std::optional<Time>> run_at;  ///< nothing inside: as soon as it can
  std::optional<std::map<std::string, std::string>> tags;
  std::optional<std::optional<std::string>> description;
  /// The versions of the job that are meant; any other is refused with Code::precondition_failed.
  std::optional<std::vector<std::int64_t>> only_versions;
};
/// A client has no more use for a job that has ended.
struct Forget {};
/// `wake_at` has come.
struct Wake {};

using Command = std::variant<Lease, Succeed, FailAttempt, GiveBack, WorkerLost, Advance, FinishBatch,
                             PassThreshold, Prepare, FailPreparing, Cancel, Stopped, RunAgain, Forget, Wake,
                             Pause, Resume, Confirm, Rest, Hold, DependencyEnded, Amend>;

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
  bool amended = false;  ///< its spec has changed
  std::int64_t priority_before = 0;
  std::optional<Attempt> ended_attempt;
  std::optional<Notice> notice;  ///< the event of its history that this is; its sequence is the job's version
};

/// The job that a submission makes; one with dependencies is blocked, whatever those are by now. `payload` is
/// JSON that passed the operation's check.
Job create(Ulid ulid, Spec spec, std::string payload, Time now);

/// Applies `command`. Fails with Code::conflict, naming the state, when the state does not allow it or the
/// fence is an old one.
Result<Decision> decide(Job job, const Command& command, const Moment& moment);

/// Whether more rows of a batch have failed than its threshold allows.
bool past_threshold(const Batch& batch, const BatchState& state, const Progress& progress);
/// What is told of a job that was just made, if anything.
std::optional<Notice> first_notice(const Job& job);

/// Waits for its first or next attempt: nobody works on it.
bool is_waiting(State state);

/// The next time at which something happens to the job by itself (becomes ready, expires, runs out of time,
/// is forgotten); nothing when it waits for someone.
std::optional<Time> wake_at(const Job& job);

/// The wait before attempt `failures + 1` of a run, from 1 failure on.
Milliseconds backoff_delay(const Backoff& backoff, int failures, double random);

/// The moment by which the present run must have ended, if it has started and has a limit.
std::optional<Time> run_deadline(const Job& job);

}  // namespace waypost::job
