#include "waypost/job/rules.hpp"

#include <cmath>

#include "job/rules_impl.hpp"

namespace waypost::job {

std::optional<Time> expiry_of(const Job& job) {
  return job.attempt == 0 ? job.spec.expires_at : std::nullopt;
}

std::string waiting_for(std::int64_t jobs) {
  return "waits for " + std::to_string(jobs) +
         (jobs == 1 ? " job that it depends on" : " jobs that it depends on");
}

Result<Decision> Rules::operator()(const Wake&) {
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

bool Rules::move(Event event) {
  const auto to = next(decision_.job.state, event);
  if (!to) return false;
  decision_.job.state = *to;
  decision_.job.reason.clear();
  touch();
  return true;
}

void Rules::touch() {
  ++decision_.job.version;
  decision_.job.updated_at = now();
}

std::unexpected<Error> Rules::refuse(std::string_view what) const {
  return waypost::fail(Code::conflict, decision_.job.id() + " is " +
                                           std::string(to_string(decision_.job.state)) + " and cannot " +
                                           std::string(what));
}

Result<Decision> Rules::fail_for_good(std::string reason) {
  if (!move(Event::fail)) return refuse("fail");
  decision_.job.reason = std::move(reason);
  finish(Notice::failed);
  return done();
}

Result<Decision> Rules::end_waiting(std::string code, std::string message) {
  decision_.job.error = JobError{std::move(code), message, decision_.job.attempt, now()};
  return fail_for_good(std::move(message));
}

void Rules::finish(Notice notice) {
  // What was to be tried again stays failed.
  decision_.job.progress.failed += std::exchange(decision_.job.batch.waiting, 0);
  decision_.job.finished_at = now();
  decision_.job.run_at.reset();
  notify(notice);
}

Result<Decision> Rules::already() {
  decision_.changed = false;
  return done();
}

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
