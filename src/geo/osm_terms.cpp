#include "geo/osm_terms.hpp"

namespace waypost::geo {

std::string_view settlement(const Place& locality) {
  constexpr std::uint32_t least_city = 100'000, least_town = 10'000;
  if (locality.population >= least_city) return "city";
  // Of many towns the sources do not tell how many people live there.
  return locality.population >= least_town || locality.population == 0 ? "town" : "village";
}

OsmTerms osm_terms(const Address& address) {
  switch (address.kind()) {
    case Kind::country:
      return {.key = "place", .value = "country", .layer = "country", .addresstype = "country", .rank = 4};
    case Kind::admin1:
      return {.key = "place", .value = "state", .layer = "state", .addresstype = "state", .rank = 8};
    case Kind::admin2:
      return {.key = "place", .value = "county", .layer = "county", .addresstype = "county", .rank = 12};
    case Kind::admin3:
    case Kind::admin4:
    case Kind::admin5:
      return {.key = "place",
              .value = "municipality",
              .layer = "county",
              .addresstype = "municipality",
              .rank = 14};
    case Kind::locality: {
      const auto size = settlement(address.place());
      const int rank = size == "city" ? 16 : size == "town" ? 18 : 19;
      return {.key = "place", .value = size, .layer = "city", .addresstype = size, .rank = rank};
    }
    case Kind::sublocality:
      return {.key = "place", .value = "suburb", .layer = "district", .addresstype = "suburb", .rank = 20};
    case Kind::postal_code:
      return {
          .key = "place", .value = "postcode", .layer = "locality", .addresstype = "postcode", .rank = 21};
    case Kind::street:
      return {.key = "highway", .value = "residential", .layer = "street", .addresstype = "road", .rank = 26};
    case Kind::house:
    case Kind::plus_code:
      return {.key = "place", .value = "house", .layer = "house", .addresstype = "place", .rank = 30};
  }
  return {};
}

std::uint64_t osm_id(const Answer& answer, const Hit& hit) {
  constexpr int lower = 11;
  return hit.plus_code.empty() ? answer.gazetteer->place(hit.place).key >> lower : 0;
}

char osm_type(Kind kind) {
  if (kind == Kind::street) return 'W';
  return kind <= Kind::admin5 ? 'R' : 'N';
}

}  // namespace waypost::geo
