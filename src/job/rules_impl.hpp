#pragma once

#include "waypost/job/rules.hpp"

namespace waypost::job {

inline constexpr std::string_view waits_for_confirmation = "waits for someone to confirm it";

/// When the wait before the first attempt ends, if it still can.
std::optional<Time> expiry_of(const Job& job);
/// Why a job is blocked.
std::string waiting_for(std::int64_t jobs);

/// One decision: each command as a function of the job, which follows the table of states. What attempts,
/// batches and people do stands in a file each.
class Rules {
 public:
  Rules(Job job, const Moment& moment)
      : moment_(moment), version_(job.version), decision_{.job = std::move(job)} {
    decision_.priority_before = decision_.job.spec.priority;
  }

  Result<Decision> operator()(const Lease&);
  Result<Decision> operator()(const Succeed& command);
  Result<Decision> operator()(const FailAttempt& command);
  Result<Decision> operator()(const GiveBack& command);
  Result<Decision> operator()(const WorkerLost&);
  Result<Decision> operator()(const Advance& command);
  Result<Decision> operator()(const FinishBatch& command);
  Result<Decision> operator()(const PassThreshold& command);
  Result<Decision> operator()(const Prepare& command);
  Result<Decision> operator()(const FailPreparing& command);
  Result<Decision> operator()(const Cancel&);
  Result<Decision> operator()(const Stopped& command);
  Result<Decision> operator()(const RunAgain& command);
  Result<Decision> operator()(const Forget&);
  Result<Decision> operator()(const Wake&);
  Result<Decision> operator()(const Pause&);
  Result<Decision> operator()(const Resume&);
  Result<Decision> operator()(const Confirm&);
  Result<Decision> operator()(const Rest& command);
  Result<Decision> operator()(const Hold& command);
  Result<Decision> operator()(const DependencyEnded& ended);
  Result<Decision> operator()(const Amend& amend);

 private:
  Time now() const { return moment_.now; }
  /// Of a batch: what failed runs again, and what did not stays as it is.
  Result<Decision> run_failed_rows();
  void begin_run();
  /// Follows the table; false when it has no such row.
  bool move(Event event);
  void touch();
  /// A job that was held goes on, to where it would be by now.
  Result<Decision> go_on(Event when_ready);
  /// A blocked job goes on when its dependencies have ended.
  Result<Decision> unblock();
  bool dependency_has_failed() const;
  Result<Decision> come_to_rest();
  Result<Decision> rests();
  void put_off_until(std::optional<Time> run_at);
  bool holds(std::int64_t fence) const;
  std::unexpected<Error> lost_fence() const;
  std::unexpected<Error> refuse(std::string_view what) const;
  void end_attempt(Outcome outcome, const std::string& worker, std::optional<JobError> error);
  Result<Decision> fail_for_good(std::string reason);
  Result<Decision> end_waiting(std::string code, std::string message);
  Result<Decision> cancelled();
  void finish(Notice notice);
  void notify(Notice notice) { decision_.notice = notice; }
  Result<Decision> already();
  Result<Decision> done() { return std::move(decision_); }

  const Moment& moment_;
  const std::int64_t version_;  ///< before
  Decision decision_;
};

}  // namespace waypost::job
