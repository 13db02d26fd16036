#pragma once

#include <string>
#include <vector>

#include "waypost/geo/google.hpp"

/// Photon's dialect: `GET /api` and `GET /reverse` (contract §2.2). Pure; any thread.
namespace waypost::geo {

/// One `osm_tag=` of a request; all must hold: `key`, `key:value`, `:value`, each with `!` for "not".
struct OsmTagFilter {
  std::string key, value;  ///< empty for any
  bool not_key = false;    ///< none with that tag at all
  bool not_value = false;  ///< `key:!value`: that key with another value
};

struct PhotonSearch {
  ForwardQuery query;
  std::vector<OsmTagFilter> tags;
};
struct PhotonReverse {
  ReverseQuery query;
  std::vector<OsmTagFilter> tags;
};

/// Fail with Code::invalid_parameter and every fault; Photon refuses unknown parameters too.
Result<PhotonSearch> parse_photon_search(Parameters parameters, std::string_view accept_language);
Result<PhotonReverse> parse_photon_reverse(Parameters parameters, std::string_view accept_language);

/// The whole body: a FeatureCollection.
std::string photon_json(const GazetteerPtr& gazetteer, const PhotonSearch& search);
std::string photon_json(const GazetteerPtr& gazetteer, const PhotonReverse& search);

}  // namespace waypost::geo
