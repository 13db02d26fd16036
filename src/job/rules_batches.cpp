#include <algorithm>
#include <cmath>

#include "job/rules_impl.hpp"

/// What becomes of a job by the rows of its batch.
namespace waypost::job {
namespace {

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

}  // namespace

Result<Decision> Rules::operator()(const Advance& command) {
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

Result<Decision> Rules::operator()(const FinishBatch& command) {
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

Result<Decision> Rules::operator()(const PassThreshold& command) {
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

Result<Decision> Rules::operator()(const Prepare& command) {
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

Result<Decision> Rules::operator()(const FailPreparing& command) {
  if (decision_.job.state != State::preparing) return refuse("fail while it is prepared");
  return end_waiting(command.code, command.message);
}

Result<Decision> Rules::run_failed_rows() {
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

bool past_threshold(const Batch& batch, const BatchState& state, const Progress& progress) {
  if (!batch.threshold) return false;
  constexpr std::int64_t usual_after = 1000;
  const std::int64_t ended = progress.succeeded + progress.failed - state.judged;
  const std::int64_t failed = progress.failed - state.judged_failed;
  const std::int64_t after = batch.threshold->after_tasks.value_or(std::min(usual_after, progress.total));
  return failed > 0 && ended >= after &&
         static_cast<double>(failed) > batch.threshold->ratio * static_cast<double>(ended);
}

}  // namespace waypost::job
