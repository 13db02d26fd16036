#include <algorithm>

#include "job/rules_impl.hpp"

/// What people ask of a job, and what it waits for.
namespace waypost::job {
namespace {

constexpr std::string_view dependency_failed = "dependency_failed";

}  // namespace

Result<Decision> Rules::operator()(const Cancel&) {
  Job& job = decision_.job;
  if (job.state == State::cancelled || job.state == State::cancelling) return already();
  if (!move(Event::cancel)) return refuse("be cancelled");
  if (job.state == State::cancelled) return cancelled();
  job.reason = "asked to stop; its running work is ending";
  return done();
}

Result<Decision> Rules::operator()(const RunAgain& command) {
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

Result<Decision> Rules::operator()(const Forget&) {
  if (!is_terminal(decision_.job.state)) return refuse("be deleted");
  decision_.forget = true;
  return done();
}

Result<Decision> Rules::operator()(const Pause&) {
  Job& job = decision_.job;
  if (job.state == State::paused || job.state == State::pausing) return already();
  if (!move(Event::pause)) return refuse("be paused");
  if (job.state == State::paused) return rests();
  job.reason = "asked to pause; its running work is ending";
  return done();
}

Result<Decision> Rules::operator()(const Resume&) {
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

Result<Decision> Rules::operator()(const Confirm&) {
  const Job& job = decision_.job;
  if (job.state == State::awaiting_confirmation) return go_on(Event::confirm);
  const bool lives = !is_terminal(job.state) && job.state != State::cancelling;
  if (job.spec.confirmation_required && lives) return already();
  return refuse("be confirmed");
}

Result<Decision> Rules::operator()(const DependencyEnded& ended) {
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

Result<Decision> Rules::operator()(const Amend& amend) {
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

void Rules::begin_run() {
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

Result<Decision> Rules::go_on(Event when_ready) {
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

Result<Decision> Rules::unblock() {
  Job& job = decision_.job;
  if (dependency_has_failed()) return fail_for_good(job.error->message);
  const bool later = job.run_at && *job.run_at > now();
  move(later ? Event::unblock_later : Event::become_ready);
  if (!later) job.run_at.reset();
  return done();
}

bool Rules::dependency_has_failed() const {
  const Job& job = decision_.job;
  return job.attempt == 0 && job.error && job.error->code == dependency_failed;
}

void Rules::put_off_until(std::optional<Time> run_at) {
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

Result<Decision> Rules::cancelled() {
  decision_.job.reason = "cancelled by request";
  finish(Notice::cancelled);
  return done();
}

}  // namespace waypost::job
