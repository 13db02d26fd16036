#include "waypost/job/rules.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace waypost::job {
namespace {

/// After this many lost workers in a row a job is taken for what kills them.
constexpr int poison_limit = 3;

constexpr std::string_view dependency_failed = "dependency_failed";
constexpr std::string_view paused_by_request = "paused by request";
constexpr std::string_view waits_for_confirmation = "waits for someone to confirm it";

/// When the wait before the first attempt ends, if it still can.
std::optional<Time> expiry_of(const Job& job) {
  return job.attempt == 0 ? job.spec.expires_at : std::nullopt;
}

std::string waiting_for(std::int64_t jobs) {
  return "waits for " + std::to_string(jobs) +
         (jobs == 1 ? " job that it depends on" : " jobs that it depends on");
}

constexpr std::string_view failure_threshold = "failure_threshold";

std::string threshold_message(const Job& job) {
  const std::int64_t ended = job.progress.succeeded + job.progress.failed - job.batch.judged;
  const std::int64_t failed = job.progress.failed - job.batch.judged_failed;
  const auto percent = [](double part) { return std::to_string(std::lround(part * 1000) / 10) + " %"; };
  return std::to_string(failed) + " of " + std::to_string(ended) + " rows failed: more than the " +
         percent(job.spec.batch->threshold->ratio) + " of failure_threshold";
}

/// How a batch ends when all of its rows have.
struct BatchVerdict {
  Event event = Event::succeed;
  Notice notice = Notice::succeeded;
  std::optional<JobError> error;
};

BatchVerdict judge(const Job& job, Time now) {
  const Progress& p = job.progress;
  const std::int64_t not_run = p.total - p.succeeded - p.failed;
  if (p.failed == 0 && not_run == 0) return {};
  if (past_threshold(*job.spec.batch, job.batch, p) && !job.spec.batch->threshold->pause)
    return {Event::fail, Notice::failed,
            JobError{std::string(failure_threshold), threshold_message(job), job.attempt, now}};
  std::string message = std::to_string(p.failed) + " of " + std::to_string(p.total) + " rows failed";
  if (not_run > 0) message += ", " + std::to_string(not_run) + " were not run";
  JobError error{"rows_failed", std::move(message), job.attempt, now};
  if (p.succeeded == 0) return {Event::fail, Notice::failed, std::move(error)};
  return {Event::succeed_partly, Notice::partial, std::move(error)};
}

class Rules {
 public:
  Rules(Job job, const Moment& moment)
      : moment_(moment), version_(job.version), decision_{.job = std::move(job)} {
    decision_.priority_before = decision_.job.spec.priority;
  }

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
    job.run_at = now() + wait;
    if (job.state == State::pausing) return come_to_rest();
    if (!move(Event::try_later)) return refuse("be retried");
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
    if (job.state == State::paused) return rests();
    job.reason = "the service was shut down while it ran; ready again";
    return done();
  }

  Result<Decision> operator()(const WorkerLost&) {
    Job& job = decision_.job;
    if (!next(job.state, Event::give_back)) return refuse("lose its worker");
    const bool was_cancelling = job.state == State::cancelling;
    const JobError error{"worker_lost", "the worker that ran this attempt is gone", job.attempt, now()};
    end_attempt(was_cancelling ? Outcome::cancelled : Outcome::worker_lost, "", error);
    if (was_cancelling) {
      move(Event::give_back);
      return cancelled();
    }
    ++job.fence;  // whatever the lost worker may still say is refused
    job.error = error;
    ++job.lost_in_a_row;
    if (job.lost_in_a_row >= poison_limit)
      return fail_for_good("its worker was lost " + std::to_string(poison_limit) + " times in a row");
    // A batch goes on at its last finished chunk, however often: max_attempts is for its rows.
    if (job.spec.batch) ++job.run_base;
    if (job.attempt - job.run_base >= job.spec.max_attempts)
      return fail_for_good("all " + std::to_string(job.spec.max_attempts) + " attempts failed");
    move(Event::give_back);
    if (job.state == State::paused) return rests();
    job.reason = "its worker was lost; ready again";
    return done();
  }

  Result<Decision> operator()(const Advance& command) {
    if (!holds(command.fence)) return lost_fence();
    Job& job = decision_.job;
    job.progress.succeeded += command.succeeded;
    job.progress.failed += command.failed;
    job.batch.waiting += command.waiting;
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
    const BatchVerdict verdict = judge(job, now());
    if (!move(verdict.event)) return refuse("finish");
    end_attempt(verdict.notice == Notice::failed ? Outcome::failed : Outcome::succeeded, command.worker,
                verdict.error);
    job.error = verdict.error;
    if (verdict.error && verdict.error->code == failure_threshold) job.reason = verdict.error->message;
    finish(verdict.notice);
    return done();
  }

  Result<Decision> operator()(const PassThreshold& command) {
    if (!holds(command.fence)) return lost_fence();
    Job& job = decision_.job;
    if (job.state == State::cancelling) return (*this)(Stopped{command.fence, command.worker});
    const JobError error{std::string(failure_threshold), threshold_message(job), job.attempt, now()};
    if (job.spec.batch && job.spec.batch->threshold && job.spec.batch->threshold->pause) {
      if (job.state == State::running) move(Event::pause);
      if (!move(Event::come_to_rest)) return refuse("pause");
      end_attempt(Outcome::interrupted, command.worker, {});
      ++job.run_base;
      job.batch.judged = job.progress.succeeded + job.progress.failed;
      job.batch.judged_failed = job.progress.failed;
      job.reason = error.message;
      notify(Notice::paused);
      return done();
    }
    if (!move(Event::fail)) return refuse("fail");
    end_attempt(Outcome::failed, command.worker, error);
    job.error = error;
    job.reason = error.message;
    finish(Notice::failed);
    return done();
  }

  Result<Decision> operator()(const Prepare& command) {
    Job& job = decision_.job;
    if (job.state != State::preparing || !move(Event::hold)) return refuse("be prepared");
    job.spec.batch = command.batch;
    job.progress.total = command.batch.rows;
    decision_.amended = true;
    if (!job.spec.confirmation_required) return go_on(Event::confirm);
    job.reason = waits_for_confirmation;
    notify(Notice::awaiting_confirmation);
    return done();
  }

  Result<Decision> operator()(const FailPreparing& command) {
    if (decision_.job.state != State::preparing) return refuse("fail while it is prepared");
    return end_waiting(command.code, command.message);
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

  Result<Decision> operator()(const RunAgain& command) {
    Job& job = decision_.job;
    if (command.failed_rows) return run_failed_rows();
    const bool unprepared = job.spec.batch && job.spec.batch->source && job.spec.batch->chunks == 0;
    if (!move(unprepared ? Event::prepare_again : Event::run_again)) return refuse("be retried");
    decision_.new_run = true;
    job.batch = {.run = job.batch.run + 1};
    job.progress = {.total = job.progress.total};
    begin_run();
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

  Result<Decision> operator()(const Pause&) {
    Job& job = decision_.job;
    if (job.state == State::paused || job.state == State::pausing) return already();
    if (!move(Event::pause)) return refuse("be paused");
    if (job.state == State::paused) return rests();
    job.reason = "asked to pause; its running work is ending";
    return done();
  }

  Result<Decision> operator()(const Resume&) {
    switch (decision_.job.state) {
      case State::paused:
        return go_on(Event::resume_ready);
      case State::pausing:
        move(Event::resume_running);
        return done();
      case State::preparing:
      case State::blocked:
      case State::scheduled:
      case State::queued:
      case State::running:
      case State::completing:
        return already();
      default:
        return refuse("be resumed");
    }
  }

  Result<Decision> operator()(const Confirm&) {
    const Job& job = decision_.job;
    if (job.state == State::awaiting_confirmation) return go_on(Event::confirm);
    const bool lives = !is_terminal(job.state) && job.state != State::cancelling;
    if (job.spec.confirmation_required && lives) return already();
    return refuse("be confirmed");
  }

  Result<Decision> operator()(const Rest& command) {
    if (!holds(command.fence)) return lost_fence();
    Job& job = decision_.job;
    if (job.state == State::cancelling) return (*this)(Stopped{command.fence, command.worker});
    end_attempt(Outcome::interrupted, command.worker, {});
    ++job.run_base;
    if (job.state == State::pausing) return come_to_rest();
    // It was resumed before it had come to rest.
    if (!move(Event::give_back)) return refuse("come to rest");
    return done();
  }

  Result<Decision> operator()(const Hold& command) {
    if (!holds(command.fence)) return lost_fence();
    Job& job = decision_.job;
    if (job.state == State::cancelling) return (*this)(Stopped{command.fence, command.worker});
    if (!move(Event::hold)) return refuse("wait for a confirmation");
    end_attempt(Outcome::interrupted, command.worker, {});
    ++job.run_base;
    job.batch.canary_done = true;
    job.reason = command.reason;
    notify(Notice::awaiting_confirmation);
    return done();
  }

  Result<Decision> operator()(const DependencyEnded& ended) {
    Job& job = decision_.job;
    if (job.waits_for == 0 || is_terminal(job.state)) return already();
    --job.waits_for;
    if (ended.state != State::succeeded && job.spec.on_dependency_failure == DependencyPolicy::fail) {
      job.waits_for = 0;
      job.error =
          JobError{std::string(dependency_failed),
                   "it depends on " + ended.id + ", which ended as " + std::string(to_string(ended.state)),
                   job.attempt, now()};
    }
    if (job.state == State::blocked && (job.waits_for == 0)) return unblock();
    if (job.state == State::blocked) job.reason = waiting_for(job.waits_for);
    touch();  // one that is held fails or goes on when it is let go
    return done();
  }

  Result<Decision> operator()(const Amend& amend) {
    Job& job = decision_.job;
    if (amend.only_versions &&
        std::ranges::find(*amend.only_versions, job.version) == amend.only_versions->end())
      return waypost::fail(Code::precondition_failed, job.id() + " has changed since: it is at version \"" +
                                                          std::to_string(job.version) + "\" by now");
    if (is_terminal(job.state)) return refuse("be changed");
    if (amend.run_at && is_waiting(job.state))
      put_off_until(*amend.run_at);
    else if (amend.run_at && *amend.run_at != job.spec.run_at)
      return refuse("be given another run_at");
    const auto put = [this](auto& field, const auto& wanted) {
      if (!wanted || field == *wanted) return;
      field = *wanted;
      decision_.amended = true;
    };
    put(job.spec.priority, amend.priority);
    put(job.spec.tags, amend.tags);
    put(job.spec.description, amend.description);
    if (!decision_.amended) return already();
    if (job.version == version_) touch();
    return done();
  }

 private:
  Time now() const { return moment_.now; }

  /// Of a batch: what failed runs again, and what did not stays as it is.
  Result<Decision> run_failed_rows() {
    Job& job = decision_.job;
    if (!job.spec.batch)
      return waypost::fail(Code::conflict, job.id() + " is no batch: it has no rows to run again");
    if (is_terminal(job.state) && job.progress.failed == 0)
      return waypost::fail(Code::conflict, job.id() + " has no row that failed");
    if (!move(Event::run_again)) return refuse("be retried");
    job.batch = {.run = job.batch.run + 1,
                 .failed_only = true,
                 .canary_done = true,
                 .waiting = job.progress.failed,
                 .done_before = job.progress.succeeded};
    job.progress.failed = 0;
    begin_run();
    job.reason = "its failed rows are retried by request";
    return done();
  }

  void begin_run() {
    Job& job = decision_.job;
    // Whoever asks for another run after that time wants it all the same.
    if (const auto expiry = expiry_of(job); expiry && *expiry <= now()) {
      job.spec.expires_at.reset();
      decision_.amended = true;
    }
    job.run_base = job.attempt;
    job.waits_for = 0;
    job.lost_in_a_row = 0;
    job.started_at.reset();
    job.finished_at.reset();
    job.error.reset();
    job.result.clear();
    job.has_result = false;
    job.reason = "retried by request";
  }

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

  /// A job that was held goes on, to where it would be by now.
  Result<Decision> go_on(Event when_ready) {
    Job& job = decision_.job;
    const bool failed = dependency_has_failed();
    if (failed || job.waits_for > 0) {
      move(Event::resume_blocked);
      if (failed) return fail_for_good(job.error->message);
      job.reason = waiting_for(job.waits_for);
    } else if (job.run_at && *job.run_at > now()) {
      move(Event::resume_later);
    } else {
      move(when_ready);
      job.run_at.reset();
    }
    return done();
  }

  /// A blocked job goes on when its dependencies have ended.
  Result<Decision> unblock() {
    Job& job = decision_.job;
    if (dependency_has_failed()) return fail_for_good(job.error->message);
    const bool later = job.run_at && *job.run_at > now();
    move(later ? Event::unblock_later : Event::become_ready);
    if (!later) job.run_at.reset();
    return done();
  }

  bool dependency_has_failed() const {
    const Job& job = decision_.job;
    return job.attempt == 0 && job.error && job.error->code == dependency_failed;
  }

  Result<Decision> come_to_rest() {
    if (!move(Event::come_to_rest)) return refuse("come to rest");
    return rests();
  }

  Result<Decision> rests() {
    decision_.job.reason = paused_by_request;
    notify(Notice::paused);
    return done();
  }

  void put_off_until(std::optional<Time> run_at) {
    Job& job = decision_.job;
    const bool later = run_at && *run_at > now();
    const std::optional<Time> ready_at = later ? run_at : std::nullopt;
    if (job.spec.run_at == run_at && job.run_at == ready_at) return;
    job.spec.run_at = run_at;
    job.run_at = ready_at;
    if (job.state == State::queued && later) move(Event::put_off);
    if (job.state == State::scheduled && !later) move(Event::become_ready);
    decision_.amended = true;
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
    if (job.attempt == 0) return;  // it was preparing, and nobody worked on it
    if (job.attempt_started_at && job.spec.batch)
      decision_.job.batch.active += now() - *job.attempt_started_at;
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
    // What was to be tried again stays failed.
    decision_.job.progress.failed += std::exchange(decision_.job.batch.waiting, 0);
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
  const std::int64_t version_;  ///< before
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
  if (job.waits_for = std::ssize(spec.depends_on); job.waits_for > 0) {
    job.state = State::blocked;
    job.reason = waiting_for(job.waits_for);
  }
  if (spec.confirmation_required) {
    job.state = State::awaiting_confirmation;
    job.reason = waits_for_confirmation;
  }
  if (spec.batch) job.progress.total = spec.batch->rows;
  if (spec.batch && spec.batch->source) {
    job.state = State::preparing;
    job.reason = "its manifest is being fetched";
  }
  job.spec = std::move(spec);
  return job;
}

Result<Decision> decide(Job job, const Command& command, const Moment& moment) {
  return std::visit(Rules(std::move(job), moment), command);
}

bool past_threshold(const Batch& batch, const BatchState& state, const Progress& progress) {
  if (!batch.threshold) return false;
  constexpr std::int64_t usual_after = 1000;
  const std::int64_t ended = progress.succeeded + progress.failed - state.judged;
  const std::int64_t failed = progress.failed - state.judged_failed;
  const std::int64_t after = batch.threshold->after_tasks.value_or(std::min(usual_after, progress.total));
  return failed > 0 && ended >= after &&
         static_cast<double>(failed) > batch.threshold->ratio * static_cast<double>(ended);
}

std::optional<Notice> first_notice(const Job& job) {
  if (job.state == State::awaiting_confirmation) return Notice::awaiting_confirmation;
  return {};
}

bool is_waiting(State state) {
  using enum State;
  return state == awaiting_confirmation || state == blocked || state == scheduled || state == queued ||
         state == paused;
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
