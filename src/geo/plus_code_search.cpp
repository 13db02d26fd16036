#include "geo/plus_code_search.hpp"

#include "geo/address.hpp"
#include "geo/filter.hpp"
#include "waypost/geo/place_id.hpp"
#include "waypost/geo/plus_code.hpp"

namespace waypost::geo {
namespace {

LatLng middle_of(const Bounds& box) {
  double width = box.northeast.lng() - box.southwest.lng();
  if (width < 0) width += 360;
  double lng = box.southwest.lng() + width / 2;
  if (lng > 180) lng -= 360;
  return LatLng::from_degrees((box.southwest.lat() + box.northeast.lat()) / 2, lng);
}

/// What a short code is near, and how well the words that say so were understood.
struct Reference {
  LatLng point;
  MatchKind match = MatchKind::exact;
};
std::optional<Reference> reference_of(const GazetteerPtr& gazetteer, const ForwardQuery& query,
                                      std::string_view rest) {
  if (find_plus_code(rest)) return std::nullopt;  // two codes are no address
  if (!rest.empty() || query.filters.names_a_place()) {
    ForwardQuery town = query;
    town.text = rest;
    town.filters.kinds.clear();
    town.limit = 1;
    const auto found = geocode(gazetteer, town);
    if (found.hits.empty()) return std::nullopt;
    return Reference{.point = location_of(*gazetteer, found.hits.front()), .match = found.hits.front().match};
  }
  if (query.focus) return Reference{.point = *query.focus};
  if (query.bounds) return Reference{.point = middle_of(*query.bounds)};
  return std::nullopt;
}

/// The cell, described by the town that its code can be shortened with, else by the area around it.
Answer describe(const GazetteerPtr& gazetteer, const std::string& code, std::string_view language) {
  const auto point = decode_plus_code(code)->center();
  ReverseQuery around;
  around.point = point;
  around.language = language;
  auto answer = reverse(gazetteer, around);
  Hit cell;
  cell.plus_code = code;
  for (const auto& hit : answer.hits) {
    const auto locality = Address(answer, hit).locality();
    const auto number = locality == no_place ? hit.place : locality;
    const auto place = gazetteer->place(number);
    if (place.kind >= Kind::locality &&
        shorten_plus_code(plus_code(point), place.location, 4) == plus_code(point))
      continue;
    cell.place = number;
    break;
  }
  answer.point.reset();
  answer.hits.assign(1, std::move(cell));
  answer.status = Status::ok;
  return answer;
}

bool passes(const Gazetteer& gazetteer, const Filters& filters, const Hit& cell) {
  const Filter filter(gazetteer, filters);
  if (filter.impossible() || !filter.admits(Kind::plus_code, location_of(gazetteer, cell), no_place))
    return false;
  if (!filters.names_a_place()) return true;
  const auto* place = gazetteer.view().place(cell.place);
  return place != nullptr && filter.passes(*place, cell.place);
}

}  // namespace

std::optional<Answer> geocode_plus_code(const GazetteerPtr& gazetteer, const ForwardQuery& query) {
  // Nearly every query ends here.
  constexpr std::size_t full_digits = 8;
  const bool may_be = query.text.find('+') != std::string::npos ||
                      (query.text.size() > full_digits + 2 && query.text[full_digits] == ' ');
  if (!may_be) return std::nullopt;
  const auto found = find_plus_code(query.text);
  if (!found) return std::nullopt;
  Answer none;
  none.gazetteer = gazetteer;
  none.languages = gazetteer->languages(query.language);
  none.status = Status::zero_results;
  std::string code = found->code;
  auto match = MatchKind::exact;
  if (is_short_plus_code(code)) {
    const auto reference = reference_of(gazetteer, query, found->rest);
    if (!reference) return none;
    code = recover_plus_code(code, reference->point);
    match = reference->match;
  }
  auto answer = describe(gazetteer, code, query.language);
  auto& cell = answer.hits.front();
  cell.match = match;
  if (!passes(*gazetteer, query.filters, cell)) return none;
  return answer;
}

std::optional<Answer> plus_code_place(const GazetteerPtr& gazetteer, const PlaceQuery& query) {
  const auto code = parse_plus_code_id(query.place_id);
  if (!code) return std::nullopt;
  return describe(gazetteer, *code, query.language);
}

}  // namespace waypost::geo
