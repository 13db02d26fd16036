#include "geo/address.hpp"
#include "geo/google_result.hpp"
#include "geo/number_text.hpp"
#include "waypost/base/xml.hpp"
#include "waypost/geo/google.hpp"

namespace waypost::geo {
namespace {

void write_degrees(xml::Writer& xml, std::string_view name, std::int32_t e7) {
  std::string digits;
  append_fixed_degrees(digits, e7);
  xml.element(name, digits);
}

void write_point(xml::Writer& xml, std::string_view name, LatLng point) {
  xml.open(name);
  write_degrees(xml, "lat", point.lat_e7);
  write_degrees(xml, "lng", point.lng_e7);
  xml.close();
}

void write_bounds(xml::Writer& xml, std::string_view name, const Bounds& bounds) {
  xml.open(name);
  write_point(xml, "southwest", bounds.southwest);
  write_point(xml, "northeast", bounds.northeast);
  xml.close();
}

void write_plus_codes(xml::Writer& xml, const PlusCodes& codes) {
  if (codes.global.empty()) return;
  xml.open("plus_code").element("global_code", codes.global);
  if (!codes.compound.empty()) xml.element("compound_code", codes.compound);
  xml.close();
}

void write_component(xml::Writer& xml, const Component& component) {
  xml.open("address_component");
  xml.element("long_name", component.long_name).element("short_name", component.short_name);
  for (const auto type : google_types(component.part)) xml.element("type", type);
  xml.close();
}

void write_result(xml::Writer& xml, const Answer& answer, const Hit& hit) {
  const Address address(answer, hit);
  xml.open("result");
  for (const auto type : google_types(address.kind())) xml.element("type", type);
  xml.element("formatted_address", address.formatted());
  for (const auto& component : address.components()) write_component(xml, component);
  xml.open("geometry");
  write_point(xml, "location", location_of(*answer.gazetteer, hit));
  xml.element("location_type", name_of(location_type_of(*answer.gazetteer, hit)));
  write_bounds(xml, "viewport", viewport(address));
  if (const auto box = extent(address)) write_bounds(xml, "bounds", *box);
  xml.close();
  if (is_partial(hit)) xml.element("partial_match", "true");
  xml.element("place_id", place_id_of(*answer.gazetteer, hit));
  write_plus_codes(xml, plus_codes_of(answer, hit, address));
  for (const auto name : postcode_localities(answer, address)) xml.element("postcode_locality", name);
  xml.close();
}

}  // namespace

std::string google_xml(const Answer& answer) {
  std::string out;
  out.reserve(128 + answer.hits.size() * 2048);
  xml::Writer xml(out);
  xml.open("GeocodeResponse").element("status", name_of(answer.status));
  if (!answer.error_message.empty()) xml.element("error_message", answer.error_message);
  for (const auto& hit : answer.hits) write_result(xml, answer, hit);
  write_plus_codes(xml, plus_codes_of(answer));
  xml.close();
  return out;
}

std::string google_error_xml(std::string_view status, std::string_view error_message) {
  std::string out;
  xml::Writer xml(out);
  xml.open("GeocodeResponse").element("status", status);
  if (!error_message.empty()) xml.element("error_message", error_message);
  xml.close();
  return out;
}

}  // namespace waypost::geo
