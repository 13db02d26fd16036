#include "webhook/attempt_span.hpp"

#include "waypost/job/job.hpp"

namespace waypost::webhook {

AttemptSpan::AttemptSpan(trace::Tracer* tracer, const store::Delivery& delivery)
    : tracer_(tracer), traceparent_(delivery.traceparent) {
  const auto cause =
      tracer == nullptr || !tracer->is_on() ? std::nullopt : parse_traceparent(delivery.traceparent);
  if (!cause || !cause->sampled) {
    tracer_ = nullptr;
    return;
  }
  parent_ = cause->span;
  context_ = tracer->begin(delivery.traceparent);
  traceparent_ = to_traceparent(context_);
}

void AttemptSpan::end(const Window::Attempt& attempt, const Outcome& outcome) const {
  if (tracer_ == nullptr) return;
  const store::Delivery& delivery = attempt.delivery;
  const net::Url& url = attempt.target->url;
  // The origin alone: a URL's path and query may hold secrets.
  trace::Span span{.context = context_,
                   .parent = parent_,
                   .state = delivery.tracestate,
                   .kind = trace::Span::Kind::client,
                   .name = "webhook",
                   .begin = begin_,
                   .end = trace::now(),
                   .attributes = {{"http.request.method", "POST"},
                                  {"server.address", url.host},
                                  {"server.port", std::int64_t{url.port}},
                                  {"waypost.event.id", event_id(delivery.event)},
                                  {"waypost.job.id", format_id(job::id_prefix, delivery.job)},
                                  {"http.request.resend_count", std::int64_t{delivery.attempts}}},
                   .error = {}};
  if (outcome.status != 0)
    span.attributes.push_back({"http.response.status_code", std::int64_t{outcome.status}});
  const bool taken = outcome.status >= 200 && outcome.status < 300;
  if (!taken) {
    const std::string type = outcome.error.empty() ? std::to_string(outcome.status) : outcome.error;
    span.attributes.push_back({"error.type", type});
    span.error = outcome.error.empty() ? "the receiver answered " + type : outcome.message;
  }
  tracer_->end(std::move(span));
}

}  // namespace waypost::webhook
