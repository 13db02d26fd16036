#include "job/rules_impl.hpp"

/// What becomes of a job by its attempts.
namespace waypost::job {
namespace {

/// After this many lost workers in a row a job is taken for what kills them.
constexpr int poison_limit = 3;

}  // namespace

Result<Decision> Rules::operator()(const Lease&) {
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

Result<Decision> Rules::operator()(const Succeed& command) {
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

Result<Decision> Rules::operator()(const FailAttempt& command) {
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

Result<Decision> Rules::operator()(const GiveBack& command) {
  if (!holds(command.fence)) return lost_fence();
  Job& job = decision_.job;
  end_attempt(job.state == State::cancelling ? Outcome::cancelled : Outcome::interrupted, command.worker, {});
  if (!move(Event::give_back)) return refuse("be given back");
  if (job.state == State::cancelled) return cancelled();
  ++job.run_base;  // an attempt ended by our own shutdown does not count
  if (job.state == State::paused) return rests();
  job.reason = "the service was shut down while it ran; ready again";
  return done();
}

Result<Decision> Rules::operator()(const WorkerLost&) {
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

Result<Decision> Rules::operator()(const Stopped& command) {
  if (!holds(command.fence)) return lost_fence();
  if (!move(Event::stopped)) return refuse("be stopped");
  end_attempt(Outcome::cancelled, command.worker, {});
  return cancelled();
}

Result<Decision> Rules::operator()(const Rest& command) {
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

Result<Decision> Rules::operator()(const Hold& command) {
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

Result<Decision> Rules::come_to_rest() {
  if (!move(Event::come_to_rest)) return refuse("come to rest");
  return rests();
}

Result<Decision> Rules::rests() {
  decision_.job.reason = "paused by request";
  notify(Notice::paused);
  return done();
}

bool Rules::holds(std::int64_t fence) const {
  const State state = decision_.job.state;
  const bool held = state == State::running || state == State::pausing || state == State::cancelling ||
                    state == State::completing;
  return held && fence == decision_.job.fence;
}

std::unexpected<Error> Rules::lost_fence() const {
  return waypost::fail(Code::conflict, "the lease on " + decision_.job.id() + " was lost");
}

void Rules::end_attempt(Outcome outcome, const std::string& worker, std::optional<JobError> error) {
  const Job& job = decision_.job;
  if (job.attempt == 0) return;  // it was preparing, and nobody worked on it
  if (job.attempt_started_at && job.spec.batch) decision_.job.batch.active += now() - *job.attempt_started_at;
  decision_.ended_attempt = Attempt{.number = job.attempt,
                                    .started_at = job.attempt_started_at.value_or(now()),
                                    .finished_at = now(),
                                    .worker = worker,
                                    .outcome = outcome,
                                    .error = std::move(error)};
}

}  // namespace waypost::job
