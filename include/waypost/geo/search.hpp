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

struct ForwardQuery {
  std::string text;  ///< may be empty when the filters name a place
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

enum class MatchKind { exact, partial };

struct Hit {
  PlaceNumber place = no_place;
  MatchKind match = MatchKind::exact;
  double score = 1;                  ///< 0 to 1: how good the match is
  std::optional<double> distance_m;  ///< of reverse
};

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
Answer reverse(const GazetteerPtr& gazetteer, const ReverseQuery& query);
Answer place(const GazetteerPtr& gazetteer, const PlaceQuery& query);

}  // namespace waypost::geo
