#include "api/tracing.hpp"

#include "waypost/base/redact.hpp"

namespace waypost::api {
namespace {

/// What the client sent; nothing when it is malformed, or there are several.
std::optional<TraceContext> sent_by_client(const net::RequestHead& head) {
  const auto field = head.joined("traceparent");
  return field ? parse_traceparent(*field) : std::nullopt;
}

}  // namespace

std::string tracestate_of(const net::RequestHead& head) {
  if (!sent_by_client(head)) return {};
  auto state = head.joined("tracestate");
  return state && is_tracestate(*state) ? std::move(*state) : std::string();
}

void take_trace(const Call& call, job::Spec& spec) {
  const net::RequestHead& head = call.request.head;
  if (head.traceparent.empty()) return;
  spec.traceparent = head.traceparent;
  spec.tracestate = tracestate_of(head);
  const auto context = parse_traceparent(head.traceparent);
  spec.traced = call.services.tracer.is_on() && context && context->sampled;
}

void end_request(trace::Tracer& tracer, const net::RequestHead& head, const net::Finished& how,
                 std::string_view route) {
  const auto context = parse_traceparent(head.traceparent);
  const auto parent = sent_by_client(head);
  // One that was refused before it was planned has no span of its own.
  if (!context || !context->sampled || (parent && parent->span == context->span)) return;
  const std::string method(head.method), target = redact_target(head.target);
  const auto query = target.find('?');
  trace::Span span{.context = *context,
                   .parent = parent ? parent->span : 0,
                   .state = tracestate_of(head),
                   .kind = trace::Span::Kind::server,
                   .name = route.empty() ? method : method + " " + std::string(route),
                   .end = trace::now(),
                   .attributes = {{"http.request.method", method},
                                  {"url.path", std::string(head.path)},
                                  {"url.scheme", "http"},
                                  {"http.response.status_code", std::int64_t{how.status}},
                                  {"http.response.size", static_cast<std::int64_t>(how.bytes)},
                                  {"client.address", std::string(head.remote_address)},
                                  {"user_agent.original", std::string(head.field("user-agent").value_or(""))},
                                  {"waypost.request.id", std::string(head.request_id)}},
                   .error = {}};
  span.begin = span.end - how.elapsed;
  if (!route.empty()) span.attributes.push_back({"http.route", std::string(route)});
  if (query != std::string::npos) span.attributes.push_back({"url.query", target.substr(query + 1)});
  if (how.status >= 500) {
    span.attributes.push_back({"error.type", std::to_string(how.status)});
    span.error = "answered " + std::to_string(how.status);
  }
  tracer.end(std::move(span));
}

}  // namespace waypost::api
