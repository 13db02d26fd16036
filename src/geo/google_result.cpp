#include "geo/google_result.hpp"

#include "waypost/geo/plus_code.hpp"

namespace waypost::geo {
namespace {

PlaceNumber first_town(const Answer& answer) {
  for (const auto& hit : answer.hits) {
    const auto town = Address(answer, hit).locality();
    if (town != no_place) return town;
  }
  return no_place;
}

}  // namespace

PlusCodes plus_codes_of(const Answer& answer, const Hit& hit, const Address& address) {
  if (address.kind() != Kind::house && address.kind() != Kind::plus_code) return {};
  const auto point = location_of(*answer.gazetteer, hit);
  if (address.kind() == Kind::plus_code) {
    const auto whole = address.text(Part::plus_code) == hit.plus_code;
    return {.global = hit.plus_code, .compound = whole ? std::string() : address.formatted()};
  }
  return {.global = plus_code(point), .compound = compound_code(answer, point, address.locality())};
}

PlusCodes plus_codes_of(const Answer& answer) {
  if (!answer.point) return {};
  auto town = first_town(answer);
  if (town == no_place) {
    // The request's filters may have left the town out; the code of its point does not depend on them.
    ReverseQuery unfiltered;
    unfiltered.point = *answer.point;
    town = first_town(reverse(answer.gazetteer, unfiltered));
  }
  return {.global = plus_code(*answer.point), .compound = compound_code(answer, *answer.point, town)};
}

std::vector<std::string_view> postcode_localities(const Answer& answer, const Address& address) {
  if (address.kind() != Kind::postal_code) return {};
  const auto localities = answer.gazetteer->localities_of(address.place().number);
  if (localities.size() < 2) return {};
  std::vector<std::string_view> names;
  for (const auto number : localities) names.push_back(answer.gazetteer->name(number, answer.languages));
  return names;
}

}  // namespace waypost::geo
