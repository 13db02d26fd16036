#include "waypost/geo/native.hpp"

#include <cmath>

#include "geo/address.hpp"
#include "geo/geojson_parts.hpp"
#include "geo/strict_parameters.hpp"
#include "waypost/geo/place_id.hpp"

namespace waypost::geo {
namespace {

constexpr std::size_t most_results = 1000, default_results = 10;

/// What `geocode` and `autocomplete` have in common.
ForwardQuery read_common(StrictParameters& given, std::string_view accept_language) {
  ForwardQuery out;
  out.also_much_smaller = true;
  out.limit = given.whole("limit", 1, most_results).value_or(default_results);
  out.language = given.text("lang").value_or(accept_language);
  out.filters.within = given.box("bbox");
  out.focus = given.point("focus");
  out.filters.kinds = given.kinds("types");
  return out;
}

/// `street=&city=&postal_code=&state=` in place of `q`.
AddressParts read_parts(StrictParameters& given) {
  AddressParts parts;
  parts.street = given.text("street").value_or("");
  parts.locality = given.text("city").value_or("");
  parts.postal_code = given.text("postal_code").value_or("");
  parts.admin = given.text("state").value_or("");
  return parts;
}

std::string_view name_of(MatchKind match) {
  switch (match) {
    case MatchKind::exact:
      return "exact";
    case MatchKind::prefix:
      return "prefix";
    case MatchKind::fuzzy:
      return "fuzzy";
    case MatchKind::partial:
      return "partial";
  }
  return "exact";
}

double three_decimals(double value) {
  return std::round(value * 1000) / 1000;
}

void write_explanation(json::Writer& json, const ScoreParts& parts) {
  json.key("explain").begin_object();
  json.key("match").number(three_decimals(parts.match));
  json.key("completeness").number(three_decimals(parts.completeness));
  json.key("importance").number(three_decimals(parts.importance));
  json.key("bias").number(three_decimals(parts.bias));
  json.end_object();
}

void write_properties(json::Writer& json, const Answer& answer, const Hit& hit, const Address& address,
                      Explain explain) {
  const auto& place = address.place();
  json.key("properties").begin_object();
  json.field("place_id", place_id_of(*answer.gazetteer, hit));
  json.field("name", address.name()).field("label", address.formatted());
  json.field("type", name_of(address.kind()));
  write_text_or_null(json, "country_code", address.country_code());
  write_text_or_null(json, "country", address.text(Part::country));
  write_text_or_null(json, "admin1", address.text(Part::admin1));
  write_text_or_null(json, "locality", address.text(Part::locality));
  write_text_or_null(json, "postal_code", address.text(Part::postal_code));
  write_text_or_null(json, "street", address.text(Part::street));
  write_text_or_null(json, "house_number", address.text(Part::house_number));
  json.key("population");
  place.population > 0 && hit.plus_code.empty() ? json.integer(place.population) : json.null();
  write_text_or_null(json, "timezone", place.timezone);
  json.key("score").number(three_decimals(hit.score));
  json.field("match", name_of(hit.match));
  if (hit.distance_m) json.key("distance_m").number(std::round(*hit.distance_m));
  write_text_or_null(json, "source", place.source);
  if (explain == Explain::yes) write_explanation(json, hit.parts);
  json.end_object();
}

void write_feature(json::Writer& json, const Answer& answer, const Hit& hit, Explain explain) {
  const Address address(answer, hit);
  json.begin_object();
  json.field("type", "Feature");
  if (const auto box = extent(address)) write_box(json, "bbox", *box);
  write_geometry(json, location_of(*answer.gazetteer, hit));
  write_properties(json, answer, hit, address, explain);
  json.end_object();
}

}  // namespace

Result<NativeForward> parse_native_forward(Parameters parameters, std::string_view accept_language) {
  StrictParameters given(parameters);
  const auto q = given.text("q");
  auto parts = read_parts(given);
  const auto country = given.text("country");
  NativeForward out{.query = read_common(given, accept_language)};
  if (q && !parts.empty())
    given.fault("q", "conflict", "cannot be combined with street, city, postal_code or state");
  if (q) {
    out.query.text = *q;
    if (country) out.query.filters.country.emplace_back(*country);
  } else {
    parts.country = country.value_or("");
    if (parts.empty()) given.require("q");
    out.query.parts = std::move(parts);
  }
  out.explain = given.flag("explain").value_or(false) ? Explain::yes : Explain::no;
  if (auto error = given.finish()) return std::unexpected(std::move(*error));
  return out;
}

Result<NativeForward> parse_native_autocomplete(Parameters parameters, std::string_view accept_language) {
  StrictParameters given(parameters);
  given.require("q");
  const auto q = given.text("q");
  const auto country = given.text("country");
  NativeForward out{.query = read_common(given, accept_language)};
  out.query.text = q.value_or("");
  if (country) out.query.filters.country.emplace_back(*country);
  out.explain = given.flag("explain").value_or(false) ? Explain::yes : Explain::no;
  if (auto error = given.finish()) return std::unexpected(std::move(*error));
  return out;
}

Result<ReverseQuery> parse_native_reverse(Parameters parameters, std::string_view accept_language) {
  StrictParameters given(parameters);
  ReverseQuery out;
  given.require("lat");
  given.require("lng");
  const auto lat = given.number("lat", -90, 90), lng = given.number("lng", -180, 180);
  out.radius_m = given.number("radius_m", 1, 200'000).value_or(20'000);
  out.limit = given.whole("limit", 1, most_results).value_or(default_results);
  out.language = given.text("lang").value_or(accept_language);
  out.kinds = given.kinds("types");
  if (auto error = given.finish()) return std::unexpected(std::move(*error));
  out.point = LatLng::from_degrees(lat.value_or(0), lng.value_or(0));
  return out;
}

Result<std::string> native_place(const GazetteerPtr& gazetteer, std::string_view place_id,
                                 Parameters parameters, std::string_view accept_language) {
  StrictParameters given(parameters);
  const PlaceQuery wanted{.place_id = std::string(place_id),
                          .language = std::string(given.text("lang").value_or(accept_language))};
  const auto answer = place(gazetteer, wanted);
  if (answer.status == Status::invalid_request) given.fault("place_id", "invalid", "is not a place id");
  if (auto error = given.finish()) return std::unexpected(std::move(*error));
  if (answer.hits.empty()) return fail(Code::not_found, "there is no place " + std::string(place_id));
  std::string out;
  json::Writer json(out);
  write_feature(json, answer, answer.hits.front(), Explain::no);
  return out;
}

std::string geojson(const Answer& answer, Explain explain) {
  std::string out;
  out.reserve(128 + answer.hits.size() * 640);
  json::Writer json(out);
  json.begin_object().field("type", "FeatureCollection").key("features").begin_array();
  for (const auto& hit : answer.hits) write_feature(json, answer, hit, explain);
  json.end_array();
  json.key("metadata").begin_object().key("attribution").begin_array();
  for (const auto& line : attributions(answer)) json.string(line);
  json.end_array().end_object().end_object();
  return out;
}

}  // namespace waypost::geo
