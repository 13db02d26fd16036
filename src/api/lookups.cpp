#include "api/lookups.hpp"

#include "api/problem.hpp"
#include "waypost/base/text.hpp"
#include "waypost/geo/google.hpp"
#include "waypost/geo/native.hpp"

namespace waypost::api {
namespace {

std::string_view accept_language(const Call& call) {
  return call.request.head.field("accept-language").value_or("");
}

Reply geojson_response(std::string body) {
  net::Response response{.content_type = "application/geo+json"};
  response.body = std::move(body);
  return response;
}

net::Response google_refusal(std::string_view message) {
  net::Response response{.status = 400};
  response.body = geo::google_error_json("INVALID_REQUEST", message);
  return response;
}

}  // namespace

asio::awaitable<Reply> google_geocode(Call call) {
  const auto parameters = parse_query(call.request.head.query);
  if (!parameters)
    co_return google_refusal("Invalid request. The query string is not percent-encoded UTF-8.");
  const auto query = geo::parse_google_query(*parameters, accept_language(call));
  if (!query) co_return google_refusal(query.error().message);
  const geo::Answer answer = geo::lookup(call.services.catalog.current(), *query);
  net::Response response{.status = geo::http_status(answer.status),
                         .content_type = "application/json; charset=UTF-8"};
  response.body = geo::google_json(answer);
  co_return response;
}

asio::awaitable<Reply> native_geocode(Call call) {
  const auto parameters = parse_query(call.request.head.query);
  if (!parameters) co_return std::unexpected(parameters.error());
  const auto query = geo::parse_native_forward(*parameters, accept_language(call));
  if (!query) co_return std::unexpected(query.error());
  co_return geojson_response(geo::geojson(geo::geocode(call.services.catalog.current(), *query)));
}

asio::awaitable<Reply> native_reverse(Call call) {
  const auto parameters = parse_query(call.request.head.query);
  if (!parameters) co_return std::unexpected(parameters.error());
  const auto query = geo::parse_native_reverse(*parameters, accept_language(call));
  if (!query) co_return std::unexpected(query.error());
  co_return geojson_response(geo::geojson(geo::reverse(call.services.catalog.current(), *query)));
}

asio::awaitable<Reply> native_place(Call call) {
  const auto parameters = parse_query(call.request.head.query);
  if (!parameters) co_return std::unexpected(parameters.error());
  auto feature = geo::native_place(call.services.catalog.current(), call.arguments[0], *parameters,
                                   accept_language(call));
  if (!feature) co_return std::unexpected(feature.error());
  co_return geojson_response(std::move(*feature));
}

}  // namespace waypost::api
