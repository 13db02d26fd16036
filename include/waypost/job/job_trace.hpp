#pragma once

#include "waypost/base/trace_context.hpp"
#include "waypost/job/job.hpp"

/// The spans of a job. Their ids follow from the job's, so that whoever tells of one, and when, calls it the
/// same: its parts fit together also when a restart lies between them.
namespace waypost::job {

std::uint64_t job_span(const Ulid& job);
std::uint64_t attempt_span(const Ulid& job, int attempt);

/// The `traceparent` of what a job causes, calls and webhooks: its latest attempt, or the job itself while
/// there was none. Of a job whose spans nobody tells of it is what the client sent.
std::string traceparent_of(const Job& job);

}  // namespace waypost::job
