#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "waypost/base/error.hpp"
#include "waypost/geo/search.hpp"

/// Google's Geocoding wire format, JSON and XML (contract §2.1). Pure; any thread.
namespace waypost::geo {

/// Query parameters, percent-decoded, in order. Of a repeated one the first counts.
using Parameters = std::span<const std::pair<std::string, std::string>>;
using GoogleQuery = std::variant<PlaceQuery, ReverseQuery, ForwardQuery>;

/// Reads the parameters by Google's rules: unknown ones are ignored; `place_id` wins over `latlng`, that over
/// `address` and `components`. On failure `Error::message` is Google's `error_message`, and the status to
/// answer is INVALID_REQUEST. `accept_language` is the header's value, used when `language` is absent.
Result<GoogleQuery> parse_google_query(Parameters parameters, std::string_view accept_language);

/// `country:FR|locality:Paris`: nothing when malformed. Unknown keys are ignored.
bool parse_components(std::string_view text, Filters& filters);
/// `lat,lng|lat,lng`, corners in either order.
std::optional<Bounds> parse_bounds(std::string_view text);
/// `west,south,east,north`; west is east of east in a box over the antimeridian.
std::optional<Bounds> parse_bbox(std::string_view text);
/// The first value of a parameter, trimmed; empty when it is absent.
std::string_view first_value(Parameters parameters, std::string_view name);
/// `lat,lng`; spaces and exponents are fine; ±90 and ±180 inclusive.
std::optional<LatLng> parse_latlng(std::string_view text);
/// `locality|country`, `ROOFTOP|APPROXIMATE`: nothing when one of them is not Google's.
std::optional<std::vector<std::string>> parse_result_types(std::string_view text);
std::optional<std::vector<LocationType>> parse_location_types(std::string_view text);

Answer lookup(const GazetteerPtr& gazetteer, const GoogleQuery& query);

/// 200, or 400 for INVALID_REQUEST.
int http_status(Status status);
/// The whole body: `{"results": […], "status": …}`, `<GeocodeResponse>…`.
std::string google_json(const Answer& answer);
std::string google_xml(const Answer& answer);
/// A body without results, for statuses that this room does not decide (REQUEST_DENIED, UNKNOWN_ERROR, …).
std::string google_error_json(std::string_view status, std::string_view error_message);
std::string google_error_xml(std::string_view status, std::string_view error_message);

/// A hit in the words of the batch report; empty strings when there is none.
struct FlatResult {
  std::string formatted_address, lat, lng, place_id, types;
  std::string_view location_type, partial_match;
};
/// The first hit, and all of them.
FlatResult flat_result(const Answer& answer);
std::vector<FlatResult> flat_results(const Answer& answer);

}  // namespace waypost::geo
