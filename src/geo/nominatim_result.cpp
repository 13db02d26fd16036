#include "geo/nominatim_result.hpp"

#include "geo/number_text.hpp"
#include "waypost/base/text.hpp"

namespace waypost::geo {
namespace {

std::string degrees(std::int32_t e7) {
  std::string out;
  append_degrees(out, e7);
  return out;
}

/// Nominatim names every part, from small to large, with the postal code before the country.
std::string display_name_of(const Address& address) {
  std::string out;
  const auto append = [&out](std::string_view text) {
    if (text.empty()) return;
    if (!out.empty()) out += ", ";
    out += text;
  };
  for (const auto& component : address.components()) {
    if (component.part != Part::country && component.part != Part::postal_code) append(component.long_name);
  }
  append(address.text(Part::postal_code));
  append(address.text(Part::country));
  return out;
}

}  // namespace

NominatimResult::NominatimResult(const Answer& answer, const Hit& hit)
    : address(answer, hit),
      terms(osm_terms(address)),
      id(osm_id(answer, hit)),
      box(viewport(address)),
      display_name(display_name_of(address)),
      importance(hit.parts.importance),
      place_id(place_id_of(*answer.gazetteer, hit)) {
  const char type = geo::osm_type(address.kind());
  osm_type = type == 'N' ? "node" : type == 'W' ? "way" : "relation";
  const auto location = location_of(*answer.gazetteer, hit);
  lat = degrees(location.lat_e7);
  lon = degrees(location.lng_e7);
  const auto& place = address.place();
  if (address.locality() != no_place)
    settlement = geo::settlement(answer.gazetteer->place(address.locality()));
  if (place.admin1 != no_place) state_code = answer.gazetteer->code(place.admin1);
}

std::vector<std::pair<std::string_view, std::string>> address_details(const NominatimResult& result) {
  std::vector<std::pair<std::string_view, std::string>> out;
  const auto& address = result.address;
  const auto append = [&](std::string_view name, std::string_view text) {
    if (!text.empty()) out.emplace_back(name, text);
  };
  append("house_number", address.text(Part::house_number));
  append("road", address.text(Part::street));
  append("suburb", address.text(Part::sublocality));
  append(result.settlement, address.text(Part::locality));
  append("county", address.text(Part::admin2));
  append("state", address.text(Part::admin1));
  if (!result.state_code.empty())
    append("ISO3166-2-lvl4", std::string(address.country_code()) + "-" + std::string(result.state_code));
  append("postcode", address.text(Part::postal_code));
  append("country", address.text(Part::country));
  append("country_code", text::lower_ascii(address.country_code()));
  return out;
}

std::vector<std::pair<std::string_view, std::string>> extra_tags(const NominatimResult& result) {
  std::vector<std::pair<std::string_view, std::string>> out = {{"waypost:place_id", result.place_id}};
  const auto& place = result.address.place();
  if (place.population > 0) out.emplace_back("population", std::to_string(place.population));
  if (!place.timezone.empty()) out.emplace_back("timezone", place.timezone);
  return out;
}

std::array<std::string, 4> bounding_box(const Bounds& box) {
  return {degrees(box.southwest.lat_e7), degrees(box.northeast.lat_e7), degrees(box.southwest.lng_e7),
          degrees(box.northeast.lng_e7)};
}

}  // namespace waypost::geo
