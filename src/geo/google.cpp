#include "waypost/geo/google.hpp"

#include <algorithm>
#include <array>

#include "geo/address.hpp"
#include "geo/number_text.hpp"
#include "waypost/base/json.hpp"
#include "waypost/geo/place_id.hpp"
#include "waypost/geo/plus_code.hpp"

namespace waypost::geo {
namespace {

void write_point(json::Writer& json, std::string_view name, LatLng point) {
  constexpr std::string_view lat = R"({"lat":)", lng = R"(,"lng":)";
  std::array<char, lat.size() + lng.size() + 2 * most_degrees_digits + 1> text;
  char* end = write_degrees(std::ranges::copy(lat, text.data()).out, point.lat_e7);
  end = write_degrees(std::ranges::copy(lng, end).out, point.lng_e7);
  *end++ = '}';
  json.key(name).raw({text.data(), end});
}

void write_bounds(json::Writer& json, std::string_view name, const Bounds& bounds) {
  json.key(name).begin_object();
  write_point(json, "northeast", bounds.northeast);
  write_point(json, "southwest", bounds.southwest);
  json.end_object();
}

void write_types(json::Writer& json, Kind kind) {
  json.key("types").begin_array();
  for (const auto type : google_types(kind)) json.string(type);
  json.end_array();
}

void write_component(json::Writer& json, const Gazetteer& gazetteer, const Place& place,
                     const LanguageChain& chain) {
  const auto name = gazetteer.name(place.number, chain);
  json.begin_object();
  json.field("long_name", name).field("short_name", short_name(place, name));
  write_types(json, place.kind);
  json.end_object();
}

std::string formatted_address(const Answer& answer, const Place& place) {
  std::string out;
  append_formatted_address(out, *answer.gazetteer, place, answer.languages);
  return out;
}

void write_result(json::Writer& json, const Answer& answer, const Hit& hit) {
  const Gazetteer& gazetteer = *answer.gazetteer;
  const auto place = gazetteer.place(hit.place);
  json.begin_object();
  json.key("address_components").begin_array();
  for (const auto& part : lineage(gazetteer, place).all())
    write_component(json, gazetteer, part, answer.languages);
  json.end_array();
  json.field("formatted_address", formatted_address(answer, place));
  json.key("geometry").begin_object();
  if (place.bounds) write_bounds(json, "bounds", *place.bounds);
  write_point(json, "location", place.location);
  json.field("location_type", name_of(LocationType::approximate));
  write_bounds(json, "viewport", viewport(place));
  json.end_object();
  if (hit.match == MatchKind::partial) json.field("partial_match", true);
  json.field("place_id", place_id_of(gazetteer, hit));
  write_types(json, place.kind);
  json.end_object();
}

/// The code of the point asked for, and the short form that the town makes complete.
void write_plus_code(json::Writer& json, const Answer& answer) {
  json.key("plus_code").begin_object();
  for (const auto& hit : answer.hits) {
    const auto place = answer.gazetteer->place(hit.place);
    if (place.kind != Kind::locality) continue;
    const auto code = shortened_plus_code(*answer.point, place.location);
    if (!code.empty()) json.field("compound_code", code + " " + formatted_address(answer, place));
    break;
  }
  json.field("global_code", plus_code(*answer.point));
  json.end_object();
}

}  // namespace

Answer lookup(const GazetteerPtr& gazetteer, const GoogleQuery& query) {
  if (const auto* by_id = std::get_if<PlaceQuery>(&query)) return place(gazetteer, *by_id);
  if (const auto* by_point = std::get_if<ReverseQuery>(&query)) return reverse(gazetteer, *by_point);
  return geocode(gazetteer, std::get<ForwardQuery>(query));
}

int http_status(Status status) {
  return status == Status::invalid_request ? 400 : 200;
}

std::string google_json(const Answer& answer) {
  std::string out;
  out.reserve(64 + answer.hits.size() * 1024);
  json::Writer json(out);
  json.begin_object();
  if (!answer.error_message.empty()) json.field("error_message", answer.error_message);
  if (answer.point) write_plus_code(json, answer);
  json.key("results").begin_array();
  for (const auto& hit : answer.hits) write_result(json, answer, hit);
  json.end_array();
  json.field("status", name_of(answer.status));
  json.end_object();
  return out;
}

std::string google_error_json(std::string_view status, std::string_view error_message) {
  std::string out;
  json::Writer json(out);
  json.begin_object();
  if (!error_message.empty()) json.field("error_message", error_message);
  json.key("results").begin_array().end_array();
  json.field("status", status);
  json.end_object();
  return out;
}

FlatResult flat_result(const Answer& answer) {
  FlatResult flat;
  if (answer.hits.empty()) return flat;
  const auto& hit = answer.hits.front();
  const auto place = answer.gazetteer->place(hit.place);
  flat.formatted_address = formatted_address(answer, place);
  append_degrees(flat.lat, place.location.lat_e7);
  append_degrees(flat.lng, place.location.lng_e7);
  flat.place_id = place_id_of(*answer.gazetteer, hit);
  for (const auto type : google_types(place.kind)) {
    if (!flat.types.empty()) flat.types += '|';
    flat.types += type;
  }
  flat.location_type = name_of(LocationType::approximate);
  flat.partial_match = hit.match == MatchKind::partial ? "true" : "false";
  return flat;
}

}  // namespace waypost::geo
