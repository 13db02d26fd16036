#include "engine/executor.hpp"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "waypost/base/log.hpp"

namespace waypost::engine {
namespace {

operation::Task task_of(const job::Job& job, const std::string& id) {
  return {.payload = job.payload,
          .job_id = id,
          .attempt = job.attempt,
          .timeout = job.spec.timeout,
          .traceparent = job.spec.traceparent};
}

operation::Failure broken(const Ulid& id, const std::exception& failure) {
  log::error("an operation threw", {{"job", format_id(job::id_prefix, id)}, {"error", failure.what()}});
  return {.code = "internal", .message = "the operation broke; the log has more under this job's id", .retry = true};
}

}  // namespace

Executor::Executor(store::JobStore& store, const operation::Registry& operations, std::vector<operation::IoContext> io,
                   unsigned threads, Lost lost)
    : store_(store), operations_(operations), io_(std::move(io)), lost_(std::move(lost)), workers_(threads) {
  // Work in the background gives way to the requests of people who wait: nice is per thread on Linux.
  for (unsigned i = 0; i < threads; ++i)
    asio::post(workers_, [] { setpriority(PRIO_PROCESS, static_cast<id_t>(syscall(SYS_gettid)), 5); });
}

Executor::~Executor() { join(); }

void Executor::join() { workers_.join(); }

void Executor::run(job::Job job, std::shared_ptr<Attempt> attempt) {
  const operation::Operation* operation = operations_.find(job.spec.type);
  if (const auto* computes = dynamic_cast<const operation::ComputeOperation*>(operation)) {
    asio::post(workers_, [this, computes, job = std::move(job), attempt = std::move(attempt)] {
      compute(*computes, job, *attempt);
    });
  } else if (const auto* waits = dynamic_cast<const operation::WaitingOperation*>(operation)) {
    const operation::IoContext io = io_[next_io_++ % io_.size()];
    attempt->context = &io.context;
    asio::co_spawn(io.context, wait(*this, *waits, io, std::move(job), std::move(attempt)), asio::detached);
  } else {
    settle(*attempt, operation::Failure{.code = "unknown_operation",
                                        .message = "there is no operation \"" + job.spec.type + "\" any more",
                                        .retry = false});
  }
}

void Executor::compute(const operation::ComputeOperation& operation, const job::Job& job, Attempt& attempt) {
  const std::string id = job.id();
  operation::Outcome outcome;
  if (attempt.cancellation.requested()) outcome = operation::Failure{.code = "cancelled", .message = "cancelled"};
  else try {
    outcome = operation.run(task_of(job, id), attempt.cancellation);
  } catch (const std::exception& failure) {
    outcome = broken(attempt.id, failure);
  }
  settle(attempt, std::move(outcome));
}

asio::awaitable<void> Executor::wait(Executor& self, const operation::WaitingOperation& operation,
                                     operation::IoContext io, job::Job job, std::shared_ptr<Attempt> attempt) {
  const std::string id = job.id();
  operation::Outcome outcome;
  if (attempt->cancellation.requested()) attempt->abort.request();
  try {
    outcome = co_await operation.run(task_of(job, id), io, attempt->abort);
  } catch (const std::exception& failure) {
    outcome = broken(attempt->id, failure);
  }
  self.settle(*attempt, std::move(outcome));
}

void Executor::cancel(const std::shared_ptr<Attempt>& attempt) {
  attempt->cancellation.request();
  if (attempt->context != nullptr) asio::post(*attempt->context, [attempt] { attempt->abort.request(); });
}

void Executor::settle(Attempt& attempt, operation::Outcome outcome) {
  if (attempt.cancellation.requested()) return finish(attempt, job::Stopped{attempt.fence, attempt.worker});
  if (auto* success = std::get_if<operation::Success>(&outcome))
    return finish(attempt, job::Succeed{.fence = attempt.fence,
                                        .worker = attempt.worker,
                                        .result = std::move(success->body),
                                        .result_type = std::move(success->content_type)});
  auto& failure = std::get<operation::Failure>(outcome);
  finish(attempt, job::FailAttempt{.fence = attempt.fence,
                                   .worker = attempt.worker,
                                   .code = std::move(failure.code),
                                   .message = std::move(failure.message),
                                   .retry = failure.retry,
                                   .retry_after = failure.retry_after});
}

void Executor::finish(Attempt& attempt, job::Command command) {
  attempt.returned.store(true);
  store_.change(attempt.id, std::move(command),
                [this, id = attempt.id, fence = attempt.fence.load()](const Result<job::Decision>& decision) {
                  if (!decision) lost_(id, fence);
                });
}

}  // namespace waypost::engine
