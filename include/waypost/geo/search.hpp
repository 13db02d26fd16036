#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "waypost/geo/gazetteer.hpp"

/// Looking places up, in no particular dialect. Functions are pure over an immutable gazetteer: any thread.
namespace waypost::geo {

/// Filters: all that are set must hold, and a value that names nothing finds nothing.
struct Filters {
  std::vector<std::string> country;              ///< name in any language, or ISO code
  std::vector<std::string> administrative_area;  ///< name or abbreviation, any level
  std::vector<std::string> locality;
  std::vector<std::string> postal_code;
  std::vector<std::string> route;
  std::vector<Kind> kinds;       ///< any of these; empty for all
  std::optional<Bounds> within;  ///< the native `bbox`
  bool names_a_place() const {
    return !(country.empty() && administrative_area.empty() && locality.empty() && postal_code.empty() &&
             route.empty());
  }
};

/// An address in parts: each is matched only against what it says it is, a street never against towns. Empty
/// parts are open.
struct AddressParts {
  std::string street;  ///< with its house number, before or after
  std::string locality;
  std::string postal_code;
  std::string admin;  ///< state, province, county
  std::string country;
  bool empty() const {
    return street.empty() && locality.empty() && postal_code.empty() && admin.empty() && country.empty();
  }
};

struct ForwardQuery {
  std::string text;    ///< may be empty when the filters name a place or `parts` are given
  AddressParts parts;  ///< in place of `text`
  Filters filters;
  std::optional<Bounds> bounds;    ///< biases
  std::string region;              ///< biases: a ccTLD or ISO code
  std::optional<LatLng> focus;     ///< biases
  std::string language;            ///< BCP 47 or an Accept-Language list; empty for English
  std::size_t limit = 5;           ///< 1 to 1000
  bool also_much_smaller = false;  ///< keep results under a twentieth of the first one's importance
};

struct ReverseQuery {
  LatLng point;
  std::string language;
  std::vector<std::string> result_types;     ///< Google types; any of these
  std::vector<LocationType> location_types;  ///< any of these
  std::vector<Kind> kinds;                   ///< native; any of these; empty for all
  double radius_m = 50'000;                  ///< how far the nearest locality may be
  std::size_t limit = 10;
};

struct PlaceQuery {
  std::string place_id;
  std::string language;
};

enum class Status { ok, zero_results, not_found, invalid_request };
/// Google's spelling: `OK`, `ZERO_RESULTS`, …
std::string_view name_of(Status status);

/// How the words of a query fit: `prefix` completes the last one, `fuzzy` forgives typing errors, `partial`
/// leaves some unexplained.
enum class MatchKind { exact, prefix, fuzzy, partial };

/// What a hit's place in the order is made of, each from 0 to 1.
struct ScoreParts {
  double match = 1;         ///< 1 when each word that is explained is spelt as the name is
  double completeness = 1;  ///< share of the query's words that are explained
  double importance = 0;    ///< of the place among all
  double bias = 0;          ///< towards what the query prefers: region, bounds, focus
};

/// A house of the street that a hit names.
struct HouseHit {
  std::string number;  ///< as the source writes it; as the query does when interpolated
  LatLng location;
  PlaceNumber postal_code = no_place;
  bool interpolated = false;
};

struct Hit {
  PlaceNumber place = no_place;
  std::optional<HouseHit> house;
  MatchKind match = MatchKind::exact;
  double score = 1;                  ///< 0 to 1: how good the match is; `parts` explain it
  std::optional<double> distance_m;  ///< of reverse
  ScoreParts parts;
  std::string plus_code{};  ///< a cell, as its full code; `place` is then the town or area that it lies in
};

/// `house` or `plus_code` for a hit with one, else the place's.
Kind kind_of(const Gazetteer& gazetteer, const Hit& hit);
/// Where the hit is: the house's or the place's location, the middle of a Plus Code's cell.
LatLng location_of(const Gazetteer& gazetteer, const Hit& hit);
LocationType location_type_of(const Gazetteer& gazetteer, const Hit& hit);
/// The hit's id; an interpolated house has that of its street.
std::string place_id_of(const Gazetteer& gazetteer, const Hit& hit);

/// Whether words were left over or forgiven their spelling, which is what Google's `partial_match` tells.
inline bool is_partial(const Hit& hit) {
  return hit.match == MatchKind::partial || hit.match == MatchKind::fuzzy;
}

/// What a lookup found. It keeps its gazetteer alive, so it can be written later and on another thread.
struct Answer {
  std::shared_ptr<const Gazetteer> gazetteer;
  Status status = Status::ok;
  std::string error_message;  ///< only of invalid_request
  std::vector<Hit> hits;
  LanguageChain languages;
  std::optional<LatLng> point;  ///< of reverse
};

using GazetteerPtr = std::shared_ptr<const Gazetteer>;
Answer geocode(const GazetteerPtr& gazetteer, const ForwardQuery& query);
/// The same for a text that is still being typed: its last word may be the beginning of one.
Answer autocomplete(const GazetteerPtr& gazetteer, const ForwardQuery& query);
Answer reverse(const GazetteerPtr& gazetteer, const ReverseQuery& query);
Answer place(const GazetteerPtr& gazetteer, const PlaceQuery& query);

}  // namespace waypost::geo
