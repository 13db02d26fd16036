#include "api/google.hpp"

#include "api/lookups.hpp"
#include "waypost/geo/google.hpp"

namespace waypost::api {
namespace {

constexpr std::string_view prefix = "/maps/api/geocode/";

/// How one of Google's formats is written.
struct Format {
  std::string_view content_type;
  std::string (*answer)(const geo::Answer& answer);
  std::string (*refusal)(std::string_view status, std::string_view message);
};
constexpr Format json{.content_type = "application/json; charset=UTF-8",
                      .answer = geo::google_json,
                      .refusal = geo::google_error_json};
constexpr Format xml{.content_type = "application/xml; charset=UTF-8",
                     .answer = geo::google_xml,
                     .refusal = geo::google_error_xml};

net::Response respond(const Format& format, int status, std::string body) {
  auto response = lookup_response(format.content_type, std::move(body));
  response.status = status;
  return response;
}

/// Google's status, its HTTP status and its words for a failure.
struct Refusal {
  std::string_view status;
  int http;
  std::string message;
};
Refusal refusal_of(const Error& error) {
  switch (error.code) {
    case Code::unauthenticated:
      return {.status = "REQUEST_DENIED", .http = 200, .message = error.message};
    case Code::forbidden:
      return {.status = "REQUEST_DENIED",
              .http = 200,
              .message = "This API key is not authorized to use this service or API."};
    case Code::rate_limited:
      return {.status = "OVER_QUERY_LIMIT",
              .http = 200,
              .message = "You have exceeded your rate-limit for this API."};
    case Code::overloaded:
    case Code::draining:
      return {.status = "UNKNOWN_ERROR", .http = describe(error.code).status, .message = error.message};
    case Code::internal:
      return {.status = "UNKNOWN_ERROR", .http = 500, .message = {}};
    default:
      return {.status = "INVALID_REQUEST", .http = describe(error.code).status, .message = error.message};
  }
}

Reply geocode(const Call& call, const Format& format) {
  const auto parameters = parse_query(call.request.head.query);
  if (!parameters)
    return respond(
        format, 400,
        format.refusal("INVALID_REQUEST", "Invalid request. The query string is not percent-encoded UTF-8."));
  const auto query = geo::parse_google_query(*parameters, accept_language(call));
  if (!query) return respond(format, 400, format.refusal("INVALID_REQUEST", query.error().message));
  const geo::Answer answer = geo::lookup(call.services.catalog.current(), *query);
  return respond(format, geo::http_status(answer.status), format.answer(answer));
}

}  // namespace

asio::awaitable<Reply> google_geocode_json(Call call) {
  co_return geocode(call, json);
}

asio::awaitable<Reply> google_geocode_xml(Call call) {
  co_return geocode(call, xml);
}

bool is_google(std::string_view path) {
  return path.starts_with(prefix);
}

net::Response google_refusal(std::string_view path, const Error& error) {
  const Format& format = path.substr(prefix.size()).starts_with("xml") ? xml : json;
  const auto refusal = refusal_of(error);
  auto response = respond(format, refusal.http, format.refusal(refusal.status, refusal.message));
  if (error.retry_after_seconds)
    response.fields.push_back({"Retry-After", std::to_string(*error.retry_after_seconds)});
  return response;
}

net::Response google_denial(const net::RequestHead& head, Error error) {
  if (error.code == Code::unauthenticated)
    error.message = Access::brings_key(head)
                        ? "The provided API key is invalid."
                        : "You must use an API key to authenticate each request to this service.";
  return google_refusal(head.path, error);
}

}  // namespace waypost::api
