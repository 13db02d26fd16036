#pragma once

#include <string>

#include "waypost/base/error.hpp"
#include "waypost/geo/google.hpp"
#include "waypost/geo/search.hpp"

/// The native dialect: strict parameters in, GeoJSON out (contract §2.2). Pure; any thread.
namespace waypost::geo {

/// Whether each feature tells what its score is made of.
enum class Explain : bool { no, yes };

struct NativeForward {
  ForwardQuery query;
  Explain explain = Explain::no;
};

/// Of `GET /v1/geocode`. Fails with Code::invalid_parameter and every fault, as do the others.
Result<NativeForward> parse_native_forward(Parameters parameters, std::string_view accept_language);
/// Of `GET /v1/autocomplete`.
Result<NativeForward> parse_native_autocomplete(Parameters parameters, std::string_view accept_language);
/// Of `GET /v1/reverse`.
Result<ReverseQuery> parse_native_reverse(Parameters parameters, std::string_view accept_language);
/// Of `GET /v1/places/{place_id}`: a malformed id is Code::invalid_parameter, an unknown one Code::not_found.
Result<std::string> native_place(const GazetteerPtr& gazetteer, std::string_view place_id,
                                 Parameters parameters, std::string_view accept_language);

/// The answer as a FeatureCollection; `metadata.attribution` lists who must be named with it.
std::string geojson(const Answer& answer, Explain explain = Explain::no);

}  // namespace waypost::geo
