#include <algorithm>
#include <array>

#include "geo/address.hpp"
#include "geo/google_result.hpp"
#include "geo/number_text.hpp"
#include "waypost/base/json.hpp"
#include "waypost/geo/google.hpp"

/// The format is fixed, so it is written as it stands: text that never changes, and values between.
namespace waypost::geo {
namespace {

void add_string(std::string& out, std::string_view before, std::string_view value) {
  out += before;
  json::Writer(out).string(value);
}

void add_strings(std::string& out, std::string_view before, std::span<const std::string_view> values) {
  out += before;
  json::Writer json(out);
  json.begin_array();
  for (const auto value : values) json.string(value);
  json.end_array();
}

void add_point(std::string& out, std::string_view before, LatLng point) {
  constexpr std::string_view lat = R"({"lat":)", lng = R"(,"lng":)";
  std::array<char, lat.size() + lng.size() + 2 * most_degrees_digits + 1> text;
  char* end = write_degrees(std::ranges::copy(lat, text.data()).out, point.lat_e7);
  end = write_degrees(std::ranges::copy(lng, end).out, point.lng_e7);
  *end++ = '}';
  out += before;
  out.append(text.data(), end);
}

void add_bounds(std::string& out, std::string_view before, const Bounds& bounds) {
  out += before;
  add_point(out, R"({"northeast":)", bounds.northeast);
  add_point(out, R"(,"southwest":)", bounds.southwest);
  out += '}';
}

/// As a member, with a comma behind it.
void add_plus_codes(std::string& out, const PlusCodes& codes) {
  if (codes.global.empty()) return;
  out += R"("plus_code":{)";
  if (!codes.compound.empty()) {
    add_string(out, R"("compound_code":)", codes.compound);
    out += ',';
  }
  add_string(out, R"("global_code":)", codes.global);
  out += "},";
}

void add_geometry(std::string& out, const Answer& answer, const Address& address) {
  out += R"(,"geometry":{)";
  if (const auto box = extent(address)) {
    add_bounds(out, R"("bounds":)", *box);
    out += ',';
  }
  const auto& hit = address.hit();
  add_point(out, R"("location":)", location_of(*answer.gazetteer, hit));
  add_string(out, R"(,"location_type":)", name_of(location_type_of(*answer.gazetteer, hit)));
  add_bounds(out, R"(,"viewport":)", viewport(address));
  out += '}';
}

void add_component(std::string& out, const Component& component) {
  add_string(out, R"({"long_name":)", component.long_name);
  add_string(out, R"(,"short_name":)", component.short_name);
  out += R"(,"types":)";
  out += google_types_json(component.part);
  out += "},";
}

void add_result(std::string& out, const Answer& answer, const Hit& hit) {
  const Address address(answer, hit);
  out += R"({"address_components":[)";
  for (const auto& component : address.components()) add_component(out, component);
  if (out.back() == ',') out.pop_back();
  add_string(out, R"(],"formatted_address":)", address.formatted());
  add_geometry(out, answer, address);
  if (is_partial(hit)) out += R"(,"partial_match":true)";
  add_string(out, R"(,"place_id":)", place_id_of(*answer.gazetteer, hit));
  out += ',';
  add_plus_codes(out, plus_codes_of(answer, hit, address));
  if (const auto names = postcode_localities(answer, address); !names.empty()) {
    add_strings(out, R"("postcode_localities":)", names);
    out += ',';
  }
  out += R"("types":)";
  out += google_types_json(address.kind());
  out += "},";
}

/// An answer's members before its results.
std::string head(std::string_view error_message, const PlusCodes& codes, std::size_t room) {
  std::string out;
  out.reserve(room);
  out += '{';
  if (!error_message.empty()) {
    add_string(out, R"("error_message":)", error_message);
    out += ',';
  }
  add_plus_codes(out, codes);
  out += R"("results":[)";
  return out;
}

std::string with_status(std::string out, std::string_view status) {
  if (out.back() == ',') out.pop_back();
  add_string(out, R"(],"status":)", status);
  out += '}';
  return out;
}

}  // namespace

std::string google_json(const Answer& answer) {
  constexpr std::size_t of_answer = 64, of_result = 900;  // bytes; seldom more
  auto out = head(answer.error_message, plus_codes_of(answer), of_answer + answer.hits.size() * of_result);
  for (const auto& hit : answer.hits) add_result(out, answer, hit);
  return with_status(std::move(out), name_of(answer.status));
}

std::string google_error_json(std::string_view status, std::string_view error_message) {
  return with_status(head(error_message, {}, 0), status);
}

}  // namespace waypost::geo
