#include "waypost/geo/google.hpp"

#include "geo/address.hpp"
#include "geo/number_text.hpp"

namespace waypost::geo {
namespace {

FlatResult flat(const Answer& answer, const Hit& hit) {
  const Address address(answer, hit);
  const auto location = location_of(*answer.gazetteer, hit);
  FlatResult out;
  out.formatted_address = address.formatted();
  append_degrees(out.lat, location.lat_e7);
  append_degrees(out.lng, location.lng_e7);
  out.place_id = place_id_of(*answer.gazetteer, hit);
  for (const auto type : google_types(address.kind())) {
    if (!out.types.empty()) out.types += '|';
    out.types += type;
  }
  out.location_type = name_of(location_type_of(*answer.gazetteer, hit));
  out.partial_match = is_partial(hit) ? "true" : "false";
  return out;
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

FlatResult flat_result(const Answer& answer) {
  return answer.hits.empty() ? FlatResult() : flat(answer, answer.hits.front());
}

std::vector<FlatResult> flat_results(const Answer& answer) {
  std::vector<FlatResult> out;
  for (const auto& hit : answer.hits) out.push_back(flat(answer, hit));
  return out;
}

}  // namespace waypost::geo
