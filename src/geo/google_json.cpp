#include <algorithm>
#include <array>

#include "geo/address.hpp"
#include "geo/google_result.hpp"
#include "geo/number_text.hpp"
#include "waypost/base/json.hpp"
#include "waypost/geo/google.hpp"

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

void write_list(json::Writer& json, std::string_view name, std::span<const std::string_view> texts) {
  json.key(name).begin_array();
  for (const auto text : texts) json.string(text);
  json.end_array();
}

void write_plus_codes(json::Writer& json, const PlusCodes& codes) {
  if (codes.global.empty()) return;
  json.key("plus_code").begin_object();
  if (!codes.compound.empty()) json.field("compound_code", codes.compound);
  json.field("global_code", codes.global).end_object();
}

void write_geometry(json::Writer& json, const Answer& answer, const Hit& hit) {
  json.key("geometry").begin_object();
  if (const auto box = extent(answer, hit)) write_bounds(json, "bounds", *box);
  write_point(json, "location", location_of(*answer.gazetteer, hit));
  json.field("location_type", name_of(location_type_of(*answer.gazetteer, hit)));
  write_bounds(json, "viewport", viewport(answer, hit));
  json.end_object();
}

void write_result(json::Writer& json, const Answer& answer, const Hit& hit) {
  const Address address(answer, hit);
  json.begin_object();
  json.key("address_components").begin_array();
  for (const auto& component : address.components()) {
    json.begin_object();
    json.field("long_name", component.long_name).field("short_name", component.short_name);
    write_list(json, "types", google_types(component.part));
    json.end_object();
  }
  json.end_array();
  json.field("formatted_address", address.formatted());
  write_geometry(json, answer, hit);
  if (is_partial(hit)) json.field("partial_match", true);
  json.field("place_id", place_id_of(*answer.gazetteer, hit));
  write_plus_codes(json, plus_codes_of(answer, hit, address));
  if (const auto names = postcode_localities(answer, address); !names.empty())
    write_list(json, "postcode_localities", names);
  write_list(json, "types", google_types(address.kind()));
  json.end_object();
}

}  // namespace

std::string google_json(const Answer& answer) {
  std::string out;
  out.reserve(64 + answer.hits.size() * 1024);
  json::Writer json(out);
  json.begin_object();
  if (!answer.error_message.empty()) json.field("error_message", answer.error_message);
  write_plus_codes(json, plus_codes_of(answer));
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

}  // namespace waypost::geo
