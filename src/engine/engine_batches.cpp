#include "engine/engine_impl.hpp"
#include "waypost/base/log.hpp"

/// Batches: their runs, and the reports of those that ended.
namespace waypost::engine {

namespace {

job::Command command_of(BatchRun::End end, const Attempt& attempt) {
  switch (end) {
    case BatchRun::End::canary:
      return job::Hold{attempt.fence, attempt.worker,
                       "its first rows have run; confirm it to run the others"};
    case BatchRun::End::threshold:
      return job::PassThreshold{attempt.fence, attempt.worker};
    case BatchRun::End::complete:
      break;
  }
  return job::FinishBatch{attempt.fence, attempt.worker};
}

}  // namespace

BatchFiles Engine::Impl::files_of(const Ulid& id) const {
  return {options_.manifests, options_.reports / (format_id(job::id_prefix, id) + ".report")};
}

void Engine::Impl::start_batch(job::Job job, Running& running) {
  // It lasts, and its chunks find the workers by themselves: it must not keep short jobs from being leased.
  --in_use_[static_cast<std::size_t>(running.capacity)];
  running.capacity = Capacity::waiting;
  ++in_use_[static_cast<std::size_t>(running.capacity)];
  if (const auto report = reporting_.find(job.ulid.sequence()); report != reporting_.end())
    report->second.next_run = std::move(job);
  else
    run_batch(std::move(job), running);
}

void Engine::Impl::run_batch(job::Job job, Running& running) {
  const Ulid id = job.ulid;
  running.batch =
      std::make_unique<BatchRun>(BatchRun::Surroundings{.door = door_,
                                                        .context = context_,
                                                        .executor = executor_,
                                                        .store = store_,
                                                        .operations = operations_,
                                                        .clock = clock_,
                                                        .parallel = options_.worker_threads + 1},
                                 std::move(job), running.attempt, files_of(id),
                                 [this, id](const Result<BatchRun::End>& how) { batch_ended(id, how); });
  running.batch->start();
  if (draining_ || running.pausing) running.batch->stop();
  if (running.attempt->cancellation.requested()) running.batch->abort();
}

void Engine::Impl::batch_ended(Ulid id, const Result<BatchRun::End>& how) {
  const Running& running = running_.at(id.sequence());
  const std::shared_ptr<Attempt> attempt = running.attempt;
  if (how) return executor_.finish(attempt, command_of(*how, *attempt));
  const Error* error = &how.error();
  if (auto ending = command_of_ending(*attempt)) return executor_.finish(attempt, std::move(*ending));
  if (error->code == Code::conflict) {
    if (running.pausing && !draining_) return executor_.finish(attempt, job::Rest{attempt->fence, worker_});
    return executor_.finish(attempt, job::GiveBack{attempt->fence, worker_});
  }
  log::error("a batch cannot go on",
             {{"job_id", format_id(job::id_prefix, id)}, {"error", error->message}, {"cause", error->cause}});
  const bool may_pass = error->code == Code::internal || error->code == Code::overloaded ||
                        error->code == Code::insufficient_storage;
  executor_.finish(attempt, job::FailAttempt{.fence = attempt->fence,
                                             .worker = worker_,
                                             .code = std::string(describe(error->code).name),
                                             .message = error->message,
                                             .retry = may_pass});
}

void Engine::Impl::report_chunks(job::Job job, store::Reply<Chunks> reply) {
  const auto at = running_.find(job.ulid.sequence());
  // Of a batch that runs, or runs again by now, what is recorded so far.
  const bool runs_again = at != running_.end() && at->second.attempt->fence != job.fence;
  if (!job::is_terminal(job.state) || runs_again) return store_.chunks(job.ulid, std::move(reply));
  Reporting& reporting = reporting_[job.ulid.sequence()];
  reporting.replies.push_back(std::move(reply));
  if (reporting.replies.size() > 1) return;  // the answer to the first one serves all
  // What ran out of time may still be writing its last rows.
  if (at != running_.end())
    reporting.after_run = std::move(job);
  else
    read_report(std::move(job));
}

void Engine::Impl::read_report(job::Job job) {
  const Ulid id = job.ulid;
  const auto read = [this, job = std::move(job)](Result<Chunks> recorded) {
    const bool all = recorded && static_cast<std::int64_t>(recorded->size()) == job.spec.batch->chunks;
    if (!recorded || all)
      answer_report(job.ulid.sequence(), recorded);
    else
      complete_report(job, std::move(*recorded));
  };
  store_.chunks(id, through<Chunks>(door_, read));
}

void Engine::Impl::complete_report(const job::Job& job, Chunks recorded) {
  asio::post(executor_.workers(), [this, job, recorded = std::move(recorded)]() mutable {
    const std::int64_t sequence = job.ulid.sequence();
    auto added = report_the_rest(job, operations_, files_of(job.ulid), recorded);
    if (!added)
      return post(
          [this, sequence, error = added.error()] { answer_report(sequence, std::unexpected(error)); });
    recorded.insert(recorded.end(), added->begin(), added->end());
    std::ranges::sort(recorded, {}, &store::ChunkRecord::number);
    const auto kept = [this, sequence, recorded = std::move(recorded)](const Result<void>& result) {
      if (result)
        answer_report(sequence, recorded);
      else
        answer_report(sequence, std::unexpected(result.error()));
    };
    store_.record_rest(job.ulid, std::move(*added), through<void>(door_, kept));
  });
}

void Engine::Impl::answer_report(std::int64_t sequence, const Result<Chunks>& chunks) {
  Reporting reporting = std::move(reporting_.at(sequence));
  reporting_.erase(sequence);
  for (auto& reply : reporting.replies) reply(chunks);
  if (!reporting.next_run) return;
  if (const auto at = running_.find(sequence); at != running_.end())
    run_batch(std::move(*reporting.next_run), at->second);
}

}  // namespace waypost::engine
