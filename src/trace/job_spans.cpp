#include "waypost/trace/job_spans.hpp"

#include "waypost/job/job_trace.hpp"

namespace waypost::trace {
namespace {

Nanoseconds nanoseconds(Time time) {
  return time.time_since_epoch();
}

std::optional<std::string> described(const std::optional<job::JobError>& error) {
  if (!error) return {};
  return error->code + ": " + error->message;
}

Span attempt_span(const job::Job& job, const TraceContext& request, const job::Attempt& attempt) {
  Span span{.context = request,
            .parent = job::job_span(job.ulid),
            .state = job.spec.tracestate,
            .kind = Span::Kind::consumer,
            .name = "attempt " + job.spec.type,
            .begin = nanoseconds(attempt.started_at),
            .end = nanoseconds(attempt.finished_at),
            .attributes = {{"waypost.job.id", job.id()},
                           {"waypost.job.type", job.spec.type},
                           {"waypost.attempt.number", std::int64_t{attempt.number}},
                           {"waypost.attempt.outcome", std::string(job::to_string(attempt.outcome))}},
            .error = described(attempt.error)};
  span.context.span = job::attempt_span(job.ulid, attempt.number);
  if (attempt.error) span.attributes.push_back({"error.type", attempt.error->code});
  return span;
}

Span job_span(const job::Job& job, const TraceContext& request) {
  Span span{.context = request,
            .parent = request.span,
            .state = job.spec.tracestate,
            .kind = Span::Kind::internal,
            .name = "job " + job.spec.type,
            .begin = nanoseconds(job.created_at),
            .end = nanoseconds(job.finished_at.value_or(job.updated_at)),
            .attributes = {{"waypost.job.id", job.id()},
                           {"waypost.job.type", job.spec.type},
                           {"waypost.job.queue", job.spec.queue},
                           {"waypost.job.state", std::string(job::to_string(job.state))},
                           {"waypost.job.attempts", std::int64_t{job.attempt}}},
            .error = job.state == job::State::failed ? described(job.error) : std::nullopt};
  span.context.span = job::job_span(job.ulid);
  return span;
}

}  // namespace

std::vector<Span> spans_of(const store::Change& change) {
  if (!change.traced) return {};
  const job::Job& job = *change.traced;
  const auto request = parse_traceparent(job.spec.traceparent);
  if (!request) return {};
  std::vector<Span> spans;
  if (change.ended_attempt) spans.push_back(attempt_span(job, *request, *change.ended_attempt));
  if (job::is_terminal(change.after) && change.before != change.after)
    spans.push_back(job_span(job, *request));
  return spans;
}

}  // namespace waypost::trace
