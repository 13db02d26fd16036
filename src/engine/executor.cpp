#include "engine/executor.hpp"

#include <latch>

#include "waypost/base/log.hpp"
#include "waypost/base/scheduling.hpp"
#include "waypost/base/thread_name.hpp"
#include "waypost/job/job_trace.hpp"

namespace waypost::engine {
namespace {

/// A task, and what it looks into.
struct OwnedTask {
  explicit OwnedTask(const job::Job& job)
      : id(job.id()),
        traceparent(job::traceparent_of(job)),
        task{.payload = job.payload,
             .job_id = id,
             .attempt = job.attempt,
             .timeout = job.spec.timeout,
             .traceparent = traceparent,
             .tracestate = job.spec.tracestate} {}
  OwnedTask(const OwnedTask&) = delete;
  OwnedTask& operator=(const OwnedTask&) = delete;

  const std::string id, traceparent;
  const operation::Task task;
};

operation::Failure broken(const Ulid& id, const std::exception& failure) {
  log::error("an operation threw", {{"job_id", format_id(job::id_prefix, id)}, {"error", failure.what()}});
  return {.code = "internal",
          .message = "the operation broke; the log has more under this job's id",
          .retry = true};
}

// While operations take longer than this, nothing is leased that could not run at once.
constexpr std::chrono::nanoseconds lease_ahead{20'000'000};
constexpr std::int64_t most_leases_per_worker = 64;

}  // namespace

std::optional<job::Command> command_of_ending(const Attempt& attempt) {
  switch (attempt.ending.load()) {
    case Ending::none:
      return {};
    case Ending::cancelled:
      return job::Stopped{attempt.fence, attempt.worker};
    case Ending::handed_back:
      return job::GiveBack{attempt.fence, attempt.worker};
    case Ending::timed_out:
      return job::FailAttempt{.fence = attempt.fence,
                              .worker = attempt.worker,
                              .timed_out = true,
                              .code = "timed_out",
                              .message = "the attempt ran out of time"};
  }
  return {};
}

Executor::Executor(store::JobStore& store, const operation::Registry& operations, Clock& clock,
                   std::vector<operation::IoContext> io, unsigned threads, Refused refused)
    : store_(store),
      operations_(operations),
      clock_(clock),
      io_(std::move(io)),
      limits_(operations),
      refused_(std::make_shared<const Refused>(std::move(refused))),
      typical_nanoseconds_(lease_ahead.count()),
      workers_(threads) {
  // Each thread waits for the others, or one might take the turns of all.
  auto all = std::make_shared<std::latch>(threads);
  for (unsigned i = 0; i < threads; ++i)
    asio::post(workers_, [all, i] {
      name_thread("wp-worker", i);
      take_long_turns();
      all->arrive_and_wait();
    });
}

Executor::~Executor() {
  join();
  limits_.close();
}

void Executor::join() {
  workers_.join();
}

std::size_t Executor::leases_per_worker() const {
  const std::int64_t typical =
      std::max<std::int64_t>(typical_nanoseconds_.load(std::memory_order_relaxed), 1);
  return static_cast<std::size_t>(
      std::clamp<std::int64_t>(lease_ahead.count() / typical, 1, most_leases_per_worker));
}

void Executor::run(job::Job job, std::shared_ptr<Attempt> attempt) {
  // Whoever runs an operation keeps it: it may be replaced meanwhile.
  const auto operation = operations_.find(job.spec.type);
  if (auto computes = std::dynamic_pointer_cast<const operation::ComputeOperation>(operation)) {
    asio::post(workers_, [this, computes, job = std::move(job), attempt = std::move(attempt)] {
      compute(*computes, job, attempt);
    });
  } else if (auto waits = std::dynamic_pointer_cast<const operation::WaitingOperation>(operation)) {
    const operation::IoContext io = io_[next_io_++ % io_.size()];
    attempt->context = &io.context;
    asio::co_spawn(io.context, wait(*this, waits, io, std::move(job), std::move(attempt)), asio::detached);
  } else {
    settle(attempt, operation::Failure{.code = "unknown_operation",
                                       .message = "there is no operation \"" + job.spec.type + "\" any more",
                                       .retry = false});
  }
}

void Executor::compute(const operation::ComputeOperation& operation, const job::Job& job,
                       const std::shared_ptr<Attempt>& attempt) {
  if (auto ending = command_of_ending(*attempt)) return finish(attempt, std::move(*ending));
  attempt->begun = clock_.now();
  settle(attempt, run_measured(operation, job, *attempt));
}

operation::Outcome Executor::run_measured(const operation::ComputeOperation& operation, const job::Job& job,
                                          Attempt& attempt) {
  const OwnedTask owned(job);
  const auto begun = std::chrono::steady_clock::now();
  operation::Outcome outcome;
  try {
    outcome = operation.run(owned.task, attempt.cancellation);
  } catch (const std::exception& failure) {
    outcome = broken(attempt.id, failure);
  }
  // A lost update between two workers does no harm to an estimate.
  const std::int64_t took = std::chrono::nanoseconds(std::chrono::steady_clock::now() - begun).count();
  const std::int64_t typical = typical_nanoseconds_.load(std::memory_order_relaxed);
  typical_nanoseconds_.store(typical + (took - typical) / 8, std::memory_order_relaxed);
  return outcome;
}

asio::awaitable<void> Executor::wait(Executor& self,
                                     std::shared_ptr<const operation::WaitingOperation> operation,
                                     operation::IoContext io, job::Job job,
                                     std::shared_ptr<Attempt> attempt) {
  const OwnedTask owned(job);
  operation::Outcome outcome;
  if (attempt->cancellation.requested()) attempt->abort.request();
  // Its time begins with its turn. Whoever ended it before that hears of it by `settle`.
  std::optional<Limits::Turn> turn;
  if (operation->concurrency()) turn = co_await self.limits_.wait(job.spec.type, io.context, attempt->abort);
  attempt->begun = self.clock_.now();
  try {
    if (turn || !attempt->abort.requested())
      outcome = co_await operation->run(owned.task, io, attempt->abort);
  } catch (const std::exception& failure) {
    outcome = broken(attempt->id, failure);
  }
  self.settle(attempt, std::move(outcome));
}

void Executor::end(const std::shared_ptr<Attempt>& attempt, Ending why) {
  attempt->ending = why;
  attempt->cancellation.request();
  if (attempt->context != nullptr) asio::post(*attempt->context, [attempt] { attempt->abort.request(); });
}

void Executor::settle(const std::shared_ptr<Attempt>& attempt, operation::Outcome outcome) {
  if (auto ending = command_of_ending(*attempt)) return finish(attempt, std::move(*ending));
  if (auto* success = std::get_if<operation::Success>(&outcome))
    return finish(attempt, job::Succeed{.fence = attempt->fence,
                                        .worker = attempt->worker,
                                        .result = std::move(success->body),
                                        .result_type = std::move(success->content_type)});
  auto& failure = std::get<operation::Failure>(outcome);
  finish(attempt, job::FailAttempt{.fence = attempt->fence,
                                   .worker = attempt->worker,
                                   .code = std::move(failure.code),
                                   .message = std::move(failure.message),
                                   .retry = failure.retry,
                                   .retry_after = failure.retry_after});
}

void Executor::finish(const std::shared_ptr<Attempt>& attempt, job::Command outcome) {
  attempt->outcome = std::move(outcome);
  attempt->returned.store(true);
  finish_again(attempt);
}

void Executor::finish_again(const std::shared_ptr<Attempt>& attempt) {
  store_.change(attempt->id, *attempt->outcome,
                [refused = refused_, attempt](const Result<job::Decision>& decision) {
                  if (!decision) (*refused)(attempt, decision.error().code);
                });
}

}  // namespace waypost::engine
