#include "waypost/geo/google.hpp"

#include "geo/address.hpp"
#include "geo/number_text.hpp"

namespace waypost::geo {

Answer lookup(const GazetteerPtr& gazetteer, const GoogleQuery& query) {
  if (const auto* by_id = std::get_if<PlaceQuery>(&query)) return place(gazetteer, *by_id);
  if (const auto* by_point = std::get_if<ReverseQuery>(&query)) return reverse(gazetteer, *by_point);
  return geocode(gazetteer, std::get<ForwardQuery>(query));
}

int http_status(Status status) {
  return status == Status::invalid_request ? 400 : 200;
}

FlatResult flat_result(const Answer& answer) {
  FlatResult flat;
  if (answer.hits.empty()) return flat;
  const auto& hit = answer.hits.front();
  const Address address(answer, hit);
  const auto location = location_of(*answer.gazetteer, hit);
  flat.formatted_address = address.formatted();
  append_degrees(flat.lat, location.lat_e7);
  append_degrees(flat.lng, location.lng_e7);
  flat.place_id = place_id_of(*answer.gazetteer, hit);
  for (const auto type : google_types(address.kind())) {
    if (!flat.types.empty()) flat.types += '|';
    flat.types += type;
  }
  flat.location_type = name_of(location_type_of(*answer.gazetteer, hit));
  flat.partial_match = is_partial(hit) ? "true" : "false";
  return flat;
}

}  // namespace waypost::geo
