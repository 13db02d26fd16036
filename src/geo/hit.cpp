#include "geo/fold.hpp"
#include "geo/index_view.hpp"
#include "waypost/geo/place_id.hpp"
#include "waypost/geo/plus_code.hpp"
#include "waypost/geo/search.hpp"

namespace waypost::geo {
namespace {

/// The place of a hit as the index has it: whoever needs one of its facts need not read all of them.
const index::PlaceRecord& record_of(const Gazetteer& gazetteer, const Hit& hit) {
  static constexpr index::PlaceRecord nowhere{};
  const auto* record = gazetteer.view().place(hit.place);
  return record == nullptr ? nowhere : *record;
}

}  // namespace

Kind kind_of(const Gazetteer& gazetteer, const Hit& hit) {
  if (hit.house) return Kind::house;
  return hit.plus_code.empty() ? static_cast<Kind>(record_of(gazetteer, hit).kind) : Kind::plus_code;
}

LatLng location_of(const Gazetteer& gazetteer, const Hit& hit) {
  if (hit.house) return hit.house->location;
  if (!hit.plus_code.empty()) return decode_plus_code(hit.plus_code)->center();
  const auto& record = record_of(gazetteer, hit);
  return {.lat_e7 = record.lat_e7, .lng_e7 = record.lng_e7};
}

LocationType location_type_of(const Gazetteer& gazetteer, const Hit& hit) {
  switch (kind_of(gazetteer, hit)) {
    case Kind::house:
      return hit.house->interpolated ? LocationType::range_interpolated : LocationType::rooftop;
    case Kind::street:
    case Kind::plus_code:
      return LocationType::geometric_center;
    default:
      return LocationType::approximate;
  }
}

std::string place_id_of(const Gazetteer& gazetteer, const Hit& hit) {
  if (!hit.plus_code.empty()) return plus_code_id(hit.plus_code);
  PlaceRef ref{.key = record_of(gazetteer, hit).key, .house = std::nullopt};
  if (hit.house && !hit.house->interpolated) {
    const auto code = hit.house->postal_code;
    ref.house = house_hash(fold(hit.house->number),
                           code == no_place ? std::string_view() : gazetteer.place(code).name);
  }
  return place_id(ref);
}

}  // namespace waypost::geo
