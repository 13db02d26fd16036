#include "api/lookups.hpp"

#include <algorithm>

#include "api/problem.hpp"
#include "waypost/geo/native.hpp"
#include "waypost/geo/nominatim.hpp"
#include "waypost/geo/photon.hpp"

namespace waypost::api {
namespace {

constexpr std::string_view geojson_type = "application/geo+json";
constexpr std::string_view json_type = "application/json; charset=utf-8";

/// Reads the query by `parse(parameters, accept_language)` and answers with `respond(gazetteer, parsed)`.
template <class Parse, class Respond>
Reply answer(const Call& call, Parse parse, Respond respond) {
  const auto parameters = parse_query(call.request.head.query);
  if (!parameters) return std::unexpected(parameters.error());
  const auto parsed = parse(*parameters, accept_language(call));
  if (!parsed) return std::unexpected(parsed.error());
  return respond(call.services.catalog.current(), *parsed);
}

/// Nominatim's `/search` and `/lookup`.
constexpr auto respond_with_list = [](const geo::GazetteerPtr& gazetteer, const auto& search) {
  return lookup_response(content_type(search.output.format),
                         nominatim_list(lookup(gazetteer, search), search.output));
};

}  // namespace

std::string_view accept_language(const Call& call) {
  return call.request.head.field("accept-language").value_or("");
}

net::Response lookup_response(std::string_view content_type, std::string body) {
  net::Response response{.content_type = content_type};
  response.body = std::move(body);
  response.fields.push_back({"Access-Control-Allow-Origin", "*"});
  return response;
}

asio::awaitable<Reply> native_geocode(Call call) {
  co_return answer(call, geo::parse_native_forward,
                   [](const geo::GazetteerPtr& gazetteer, const geo::NativeForward& search) {
                     return lookup_response(
                         geojson_type, geo::geojson(geo::geocode(gazetteer, search.query), search.explain));
                   });
}

asio::awaitable<Reply> native_autocomplete(Call call) {
  co_return answer(call, geo::parse_native_autocomplete,
                   [](const geo::GazetteerPtr& gazetteer, const geo::NativeForward& search) {
                     return lookup_response(
                         geojson_type,
                         geo::geojson(geo::autocomplete(gazetteer, search.query), search.explain));
                   });
}

asio::awaitable<Reply> native_reverse(Call call) {
  co_return answer(call, geo::parse_native_reverse,
                   [](const geo::GazetteerPtr& gazetteer, const geo::ReverseQuery& query) {
                     return lookup_response(geojson_type, geo::geojson(geo::reverse(gazetteer, query)));
                   });
}

asio::awaitable<Reply> native_place(Call call) {
  const auto parameters = parse_query(call.request.head.query);
  if (!parameters) co_return std::unexpected(parameters.error());
  auto feature = geo::native_place(call.services.catalog.current(), call.arguments[0], *parameters,
                                   accept_language(call));
  if (!feature) co_return std::unexpected(feature.error());
  co_return lookup_response(geojson_type, std::move(*feature));
}

asio::awaitable<Reply> photon_search(Call call) {
  co_return answer(call, geo::parse_photon_search,
                   [](const geo::GazetteerPtr& gazetteer, const geo::PhotonSearch& search) {
                     return lookup_response(json_type, geo::photon_json(gazetteer, search));
                   });
}

asio::awaitable<Reply> photon_or_nominatim_reverse(Call call) {
  const auto parameters = parse_query(call.request.head.query);
  if (!parameters) co_return std::unexpected(parameters.error());
  const bool has_format =
      std::ranges::any_of(*parameters, [](const auto& parameter) { return parameter.first == "format"; });
  if (has_format)
    co_return answer(call, geo::parse_nominatim_reverse,
                     [](const geo::GazetteerPtr& gazetteer, const geo::NominatimReverse& search) {
                       return lookup_response(content_type(search.output.format),
                                              nominatim_one(geo::lookup(gazetteer, search), search.output));
                     });
  co_return answer(call, geo::parse_photon_reverse,
                   [](const geo::GazetteerPtr& gazetteer, const geo::PhotonReverse& search) {
                     return lookup_response(json_type, geo::photon_json(gazetteer, search));
                   });
}

asio::awaitable<Reply> nominatim_search(Call call) {
  co_return answer(call, geo::parse_nominatim_search, respond_with_list);
}

asio::awaitable<Reply> nominatim_lookup(Call call) {
  co_return answer(call, geo::parse_nominatim_lookup, respond_with_list);
}

asio::awaitable<Reply> nominatim_status(Call call) {
  const auto parameters = parse_query(call.request.head.query);
  if (!parameters) co_return std::unexpected(parameters.error());
  const auto format = geo::first_value(*parameters, "format");
  if (!format.empty() && format != "text" && format != "json")
    co_return std::unexpected(
        faulty(Code::invalid_parameter,
               {{.parameter = "format", .code = "invalid", .detail = "must be text or json"}}));
  if (format != "json") co_return lookup_response("text/plain; charset=utf-8", "OK");
  co_return lookup_response(json_type, geo::nominatim_status_json(*call.services.catalog.current()));
}

}  // namespace waypost::api
