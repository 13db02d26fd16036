#include "waypost/api/service.hpp"

#include "api/access_log.hpp"
#include "api/audit.hpp"
#include "api/google.hpp"
#include "api/problem.hpp"
#include "api/router.hpp"
#include "api/tracing.hpp"
#include "api/upload.hpp"
#include "waypost/base/log.hpp"

namespace waypost::api {
namespace {

/// What HTTP itself refuses, before a route is asked.
bool is_of_http(Code code) {
  return code == Code::malformed_request || code == Code::request_timeout || code == Code::uri_too_long ||
         code == Code::headers_too_large;
}

}  // namespace

Service::Service(Services services) : services_(std::move(services)) {}
Service::~Service() = default;

net::BodyPlan Service::plan(const net::RequestHead& head) {
  const Match found = match(head.method, head.path);
  net::BodyPlan plan{.max_bytes = services_.settings.max_body_bytes};
  if (services_.tracer.is_on()) plan.traceparent = to_traceparent(services_.tracer.begin(head.traceparent));
  if (found.route != nullptr) {
    auto principal = services_.access.admit(head, found.route->needs);
    if (!principal) {
      services_.metrics.refused(principal.error().code);
      plan.refuse_at_once = deny(head, principal.error(), found.route->needs);
      return plan;
    }
    if (!principal->key.empty() || principal->is_operator) plan.context = std::move(*principal);
  }
  if (found.route != nullptr && found.route->body == Body::bulk)
    plan.max_bytes = services_.settings.max_bulk_bytes;
  if (found.route != nullptr && found.route->body == Body::manifest && is_manifest(head)) {
    plan.stream = true;
    plan.max_bytes = services_.settings.max_manifest_bytes;
  }
  return plan;
}

asio::awaitable<net::Response> Service::handle(const net::Request& request) {
  const net::RequestHead& head = request.head;
  const Match found = match(head.method, head.path);
  if (found.route == nullptr) co_return no_route(head);
  if (!found.route->produces.empty() && preferred_type(head.joined("accept"), found.route->produces).empty())
    co_return refuse(head, {.code = Code::not_acceptable,
                            .message = "this route answers with " + std::string(found.route->produces)});
  static const auth::Principal keyless;
  const auto* known = std::any_cast<auth::Principal>(&request.context);
  const auth::Principal& principal = known != nullptr ? *known : keyless;
  Trail trail{*found.route};
  Call call{services_, request, principal, found.arguments, trail};
  Reply reply = co_await found.route->handler(call);
  if (!found.route->audit.action.empty()) reply = co_await write_down(call, std::move(reply));
  if (reply) {
    add_rate_fields(*reply, principal);
    co_return std::move(*reply);
  }
  if (reply.error().code == Code::internal)
    log::error("a request failed", {{"request_id", head.request_id},
                                    {"method", head.method},
                                    {"path", head.path},
                                    {"error", reply.error().message},
                                    {"cause", reply.error().cause}});
  co_return refuse(head, reply.error());
}

net::Response Service::no_route(const net::RequestHead& head) {
  const std::string allow = head.target == "*" ? "GET, HEAD, POST, OPTIONS" : allowed(head.path);
  if (allow.empty())
    return refuse(head,
                  {.code = Code::not_found, .message = "there is nothing at " + std::string(head.path)});
  net::Response response{.status = 204, .content_type = ""};
  if (head.method != "OPTIONS")
    response =
        refuse(head, {.code = Code::method_not_allowed,
                      .message = std::string(head.method) + " is not allowed here; allowed are " + allow});
  response.fields.push_back({"Allow", allow});
  return response;
}

net::Response Service::deny(const net::RequestHead& head, const Error& error, Needs needs) {
  if (is_google(head.path)) return google_denial(head, error);
  net::Response response = refuse(head, error);
  if (auto text = challenge(head, error, needs); !text.empty())
    response.fields.push_back({"WWW-Authenticate", std::move(text)});
  return response;
}

net::Response Service::refuse(const net::RequestHead& head, const Error& error) {
  if (is_google(head.path) && !is_of_http(error.code)) return google_refusal(head.path, error);
  if (error.code != Code::internal) return problem(error, head.request_id);
  // No internals leak: the request id finds them in the log.
  return problem({.code = Code::internal,
                  .message = "something went wrong here; the log has more under this request's id"},
                 head.request_id);
}

void Service::finished(const net::RequestHead& head, const net::Finished& how) {
  const Match found = match(head.method, head.path);
  services_.metrics.request(
      found.route == nullptr ? std::nullopt : std::optional<std::size_t>(found.route - routes().data()),
      how.status, how.elapsed);
  const std::string_view route = found.route == nullptr ? "" : found.route->path;
  if (services_.settings.access_log) log_access(head, how, route);
  if (services_.tracer.is_on()) end_request(services_.tracer, head, how, route);
}

}  // namespace waypost::api
