#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "waypost/geo/google.hpp"

/// Nominatim's dialect: `/search`, `/reverse?format=…`, `/lookup`, `/status` (contract §2.2). Unknown
/// parameters are ignored, as Nominatim does. Pure; any thread.
namespace waypost::geo {

enum class NominatimFormat : std::uint8_t { json, jsonv2, geojson, geocodejson, xml };

/// How to write results.
struct NominatimOutput {
  NominatimFormat format = NominatimFormat::jsonv2;
  bool address_details = false, name_details = false, extra_tags = false;
  std::string query;  ///< as XML and GeocodeJSON repeat it
};

struct NominatimSearch {
  ForwardQuery query;
  std::vector<std::string> countries;   ///< ISO codes, upper case; any of these
  std::vector<std::uint64_t> excluded;  ///< place_ids
  NominatimOutput output;
};
struct NominatimReverse {
  ReverseQuery query;
  int most_rank = 30;  ///< of the place; smaller ones are passed over
  NominatimOutput output;
};
struct NominatimLookup {
  std::vector<std::string> ids;  ///< N, W or R and an osm_id, or a place id of Waypost
  std::string language;
  NominatimOutput output;
};

/// Fail with Code::invalid_parameter and every fault.
Result<NominatimSearch> parse_nominatim_search(Parameters parameters, std::string_view accept_language);
Result<NominatimReverse> parse_nominatim_reverse(Parameters parameters, std::string_view accept_language);
Result<NominatimLookup> parse_nominatim_lookup(Parameters parameters, std::string_view accept_language);

Answer lookup(const GazetteerPtr& gazetteer, const NominatimSearch& search);
/// At most one hit.
Answer lookup(const GazetteerPtr& gazetteer, const NominatimReverse& search);
/// What is not known is left out.
Answer lookup(const GazetteerPtr& gazetteer, const NominatimLookup& search);

/// The body of `/status?format=json`.
std::string nominatim_status_json(const Gazetteer& gazetteer);

std::string_view content_type(NominatimFormat format);
/// The body of `/search` and `/lookup`.
std::string nominatim_list(const Answer& answer, const NominatimOutput& output);
/// The body of `/reverse`: one result, or Nominatim's "Unable to geocode".
std::string nominatim_one(const Answer& answer, const NominatimOutput& output);

}  // namespace waypost::geo
