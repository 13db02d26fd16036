#include "waypost/job/rules.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace waypost::job {
namespace {

/// After this many lost workers in a row a job is taken for what kills them.
constexpr int poison_limit = 3;

/// When the wait before the first attempt ends, if it still can. Whoever asks for another run after that time
/// wants it all the same.
std::optional<Time> expiry_of(const Job& job) {
  if (job.attempt > 0 || !job.spec.expires_at) return {};
  const bool asked_again_later =
      job.version > 1 && job.state == State::queued && job.updated_at >= *job.spec.expires_at;
  return asked_again_later ? std::nullopt : job.spec.expires_at;
}

class Rules {
 public:
  Rules(Job job, const Moment& moment) : moment_(moment), decision_{.job = std::move(job)} {}

  Result<Decision> operator()(const Lease&) {
    Job& job = decision_.job;
    // After a standstill a job may be overdue before its Wake has come: it must not start any more.
    if (const auto due = wake_at(job); job.state == State::queued && due && *due <= now())
      return waypost::fail(Code::conflict, job.id() + " is queued and its time is up");
    if (!move(Event::lease)) return refuse("be leased");
    ++job.attempt;
    ++job.fence;
    job.run_at.reset();
    job.attempt_started_at = now();
    if (!job.started_at) job.started_at = now();
    notify(Notice::started);
    return done();
  }

  Result<Decision> operator()(const Succeed& command) {
    if (!holds(command.fence)) return lost_fence();
    Job& job = decision_.job;
    // A cancel that came too late for the work is still a cancel: what a client was told holds.
    if (job.state == State::cancelling) return (*this)(Stopped{command.fence, command.worker});
    if (!move(Event::succeed)) return refuse("succeed");
    end_attempt(Outcome::succeeded, command.worker, {});
    job.result = command.result;
    job.result_type = command.result_type;
    job.has_result = true;
    job.error.reset();
    finish(Notice::succeeded);
    return done();
  }

  Result<Decision> operator()(const FailAttempt& command) {
    if (!holds(command.fence)) return lost_fence();
    Job& job = decision_.job;
    if (job.state == State::cancelling) return (*this)(Stopped{command.fence, command.worker});
    const JobError error{command.code, command.message, job.attempt, now()};
    end_attempt(command.timed_out ? Outcome::timed_out : Outcome::failed, command.worker, error);
    job.lost_in_a_row = 0;
    job.error = error;
    const int failures = job.attempt - job.run_base;
    if (!command.retry) return fail_for_good("the error is one that another attempt would not mend");
    if (failures >= job.spec.max_attempts)
      return fail_for_good("all " + std::to_string(job.spec.max_attempts) + " attempts failed");
    Milliseconds wait = backoff_delay(job.spec.backoff, failures, moment_.random);
    if (command.retry_after) wait = std::max<Milliseconds>(wait, *command.retry_after);
    if (const auto deadline = run_deadline(job); deadline && now() + wait >= *deadline)
      return fail_for_good("total_timeout_seconds leaves no time for another attempt");
    if (!move(Event::try_later)) return refuse("be retried");
    job.run_at = now() + wait;
    job.reason =
        "attempt " + std::to_string(job.attempt) + " failed (" + command.code + "); the next one follows";
    notify(Notice::retrying);
    return done();
  }

  Result<Decision> operator()(const GiveBack& command) {
    if (!holds(command.fence)) return lost_fence();
    Job& job = decision_.job;
    end_attempt(job.state == State::cancelling ? Outcome::cancelled : Outcome::interrupted, command.worker,
                {});
    if (!move(Event::give_back)) return refuse("be given back");
    if (job.state == State::cancelled) return cancelled();
    ++job.run_base;  // an attempt ended by our own shutdown does not count
    job.reason = "the service was shut down while it ran; ready again";
    return done();
  }

  Result<Decision> operator()(const WorkerLost&) {
    Job& job = decision_.job;
    const bool was_cancelling = job.state == State::cancelling;
    if (!move(Event::give_back)) return refuse("lose its worker");
    const JobError error{"worker_lost", "the worker that ran this attempt is gone", job.attempt, now()};
    end_attempt(was_cancelling ? Outcome::cancelled : Outcome::worker_lost, "", error);
    if (was_cancelling) return cancelled();
    ++job.fence;  // whatever the lost worker may still say is refused
    job.error = error;
    ++job.lost_in_a_row;
    if (job.lost_in_a_row >= poison_limit)
      return fail_for_good("its worker was lost " + std::to_string(poison_limit) + " times in a row");
    // A batch goes on at its last finished chunk, however often: max_attempts is for its rows.
    if (job.spec.batch) ++job.run_base;
    if (job.attempt - job.run_base >= job.spec.max_attempts)
      return fail_for_good("all " + std::to_string(job.spec.max_attempts) + " attempts failed");
    job.reason = "its worker was lost; ready again";
    return done();
  }

  Result<Decision> operator()(const Advance& command) {
    if (!holds(command.fence)) return lost_fence();
    Job& job = decision_.job;
    job.progress.succeeded += command.succeeded;
    job.progress.failed += command.failed;
    job.lost_in_a_row = 0;
    const bool first_in_its_second =
        std::chrono::floor<Seconds>(now()) != std::chrono::floor<Seconds>(job.updated_at);
    touch();
    if (first_in_its_second) notify(Notice::progress);
    return done();
  }

  Result<Decision> operator()(const FinishBatch& command) {
    if (!holds(command.fence)) return lost_fence();
    Job& job = decision_.job;
    if (job.state == State::cancelling) return (*this)(Stopped{command.fence, command.worker});
    const Progress& p = job.progress;
    const bool none_failed = p.failed == 0, none_succeeded = p.succeeded == 0;
    const Event event = none_failed ? Event::succeed : none_succeeded ? Event::fail : Event::succeed_partly;
    if (!move(event)) return refuse("finish");
    std::optional<JobError> error;
    if (!none_failed)
      error = JobError{"rows_failed",
                       std::to_string(p.failed) + " of " + std::to_string(p.total) + " rows failed",
                       job.attempt, now()};
    end_attempt(none_succeeded && !none_failed ? Outcome::failed : Outcome::succeeded, command.worker, error);
    job.error = error;
    finish(none_failed ? Notice::succeeded : none_succeeded ? Notice::failed : Notice::partial);
    return done();
  }

  Result<Decision> operator()(const Cancel&) {
    Job& job = decision_.job;
    if (job.state == State::cancelled || job.state == State::cancelling) return already();
    if (!move(Event::cancel)) return refuse("be cancelled");
    if (job.state == State::cancelled) return cancelled();
    job.reason = "asked to stop; its running work is ending";
    return done();
  }

  Result<Decision> operator()(const Stopped& command) {
    if (!holds(command.fence)) return lost_fence();
    if (!move(Event::stopped)) return refuse("be stopped");
    end_attempt(Outcome::cancelled, command.worker, {});
    return cancelled();
  }

  Result<Decision> operator()(const RunAgain&) {
    Job& job = decision_.job;
    if (!move(Event::run_again)) return refuse("be retried");
    decision_.new_run = true;
    job.run_base = job.attempt;
    job.lost_in_a_row = 0;
    job.progress = {.total = job.progress.total};
    job.started_at.reset();
    job.finished_at.reset();
    job.error.reset();
    job.result.clear();
    job.has_result = false;
    job.progress.succeeded = job.progress.failed = 0;
    job.reason = "retried by request";
    return done();
  }

  Result<Decision> operator()(const Forget&) {
    if (!is_terminal(decision_.job.state)) return refuse("be deleted");
    decision_.forget = true;
    return done();
  }

  Result<Decision> operator()(const Wake&) {
    Job& job = decision_.job;
    const auto due = wake_at(job);
    if (!due || *due > now()) return already();
    if (is_terminal(job.state)) {
      decision_.forget = true;
      return done();
    }
    if (const auto expiry = expiry_of(job); expiry && *expiry <= now())
      return end_waiting("expired", "expires_at passed before its first attempt");
    if (const auto deadline = run_deadline(job); deadline && *deadline <= now())
      return end_waiting("total_timeout", "total_timeout_seconds passed");
    if (!move(Event::become_ready)) return refuse("become ready");
    job.run_at.reset();
    return done();
  }

 private:
  Time now() const { return moment_.now; }

  /// Follows the table; false when it has no such row.
  bool move(Event event) {
    const auto to = next(decision_.job.state, event);
    if (!to) return false;
    decision_.job.state = *to;
    decision_.job.reason.clear();
    touch();
    return true;
  }

  void touch() {
    ++decision_.job.version;
    decision_.job.updated_at = now();
  }

  bool holds(std::int64_t fence) const {
    const State state = decision_.job.state;
    const bool held = state == State::running || state == State::pausing || state == State::cancelling ||
                      state == State::completing;
    return held && fence == decision_.job.fence;
  }

  std::unexpected<Error> lost_fence() const {
    return waypost::fail(Code::conflict, "the lease on " + decision_.job.id() + " was lost");
  }

  std::unexpected<Error> refuse(std::string_view what) const {
    return waypost::fail(Code::conflict, decision_.job.id() + " is " +
                                             std::string(to_string(decision_.job.state)) + " and cannot " +
                                             std::string(what));
  }

  void end_attempt(Outcome outcome, const std::string& worker, std::optional<JobError> error) {
    const Job& job = decision_.job;
    decision_.ended_attempt = Attempt{.number = job.attempt,
                                      .started_at = job.attempt_started_at.value_or(now()),
                                      .finished_at = now(),
                                      .worker = worker,
                                      .outcome = outcome,
                                      .error = std::move(error)};
  }

  Result<Decision> fail_for_good(std::string reason) {
    if (!move(Event::fail)) return refuse("fail");
    decision_.job.reason = std::move(reason);
    finish(Notice::failed);
    return done();
  }

  Result<Decision> end_waiting(std::string code, std::string message) {
    decision_.job.error = JobError{std::move(code), message, decision_.job.attempt, now()};
    return fail_for_good(std::move(message));
  }

  Result<Decision> cancelled() {
    decision_.job.reason = "cancelled by request";
    finish(Notice::cancelled);
    return done();
  }

  void finish(Notice notice) {
    decision_.job.finished_at = now();
    decision_.job.run_at.reset();
    notify(notice);
  }

  void notify(Notice notice) { decision_.notice = notice; }

  Result<Decision> already() {
    decision_.changed = false;
    return done();
  }

  Result<Decision> done() { return std::move(decision_); }

  const Moment& moment_;
  Decision decision_;
};

}  // namespace

Job create(Ulid ulid, Spec spec, std::string payload, Time now) {
  Job job;
  job.ulid = ulid;
  job.payload = std::move(payload);
  job.created_at = job.updated_at = now;
  if (spec.run_at && *spec.run_at > now) {
    job.state = State::scheduled;
    job.run_at = spec.run_at;
  }
  if (spec.batch) job.progress.total = spec.batch->rows;
  job.spec = std::move(spec);
  return job;
}

Result<Decision> decide(Job job, const Command& command, const Moment& moment) {
  return std::visit(Rules(std::move(job), moment), command);
}

std::optional<Time> run_deadline(const Job& job) {
  if (!job.started_at || !job.spec.total_timeout) return {};
  return *job.started_at + *job.spec.total_timeout;
}

std::optional<Time> wake_at(const Job& job) {
  if (is_terminal(job.state)) return job.finished_at.value_or(job.updated_at) + job.spec.retain;
  if (job.state != State::scheduled && job.state != State::queued && job.state != State::blocked) return {};
  std::optional<Time> at = job.state == State::scheduled ? job.run_at : std::nullopt;
  const auto sooner = [&at](std::optional<Time> other) {
    if (other && (!at || *other < *at)) at = other;
  };
  sooner(expiry_of(job));
  sooner(run_deadline(job));
  return at;
}

Milliseconds backoff_delay(const Backoff& backoff, int failures, double random) {
  const double grown = backoff.initial_seconds * std::pow(backoff.factor, std::max(0, failures - 1));
  double seconds = std::min(grown, backoff.max_seconds);
  // Half of the wait is fixed and half is spread, so that jobs that failed together do not return together.
  if (backoff.jitter) seconds *= 0.5 + 0.5 * random;
  return Milliseconds{static_cast<std::int64_t>(seconds * 1000)};
}

}  // namespace waypost::job
