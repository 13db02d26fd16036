#include "waypost/job/job_trace.hpp"

namespace waypost::job {

std::uint64_t job_span(const Ulid& job) {
  return derived_span(job.low, job.high);
}

std::uint64_t attempt_span(const Ulid& job, int attempt) {
  return derived_span(job_span(job), static_cast<std::uint64_t>(attempt));
}

std::string traceparent_of(const Job& job) {
  auto context = job.spec.traced ? parse_traceparent(job.spec.traceparent) : std::nullopt;
  if (!context) return job.spec.traceparent;
  context->span = job.attempt > 0 ? attempt_span(job.ulid, job.attempt) : job_span(job.ulid);
  return to_traceparent(*context);
}

}  // namespace waypost::job
