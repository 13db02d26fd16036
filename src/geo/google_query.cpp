#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "waypost/base/text.hpp"
#include "waypost/geo/google.hpp"

namespace waypost::geo {
namespace {

constexpr std::string_view missing =
    "Invalid request. Missing the 'address', 'components', 'latlng' or 'place_id' parameter.";

std::unexpected<Error> invalid(std::string_view parameter) {
  return fail(Code::invalid_parameter,
              "Invalid request. Invalid '" + std::string(parameter) + "' parameter.");
}

/// Google's table of address types (Geocoding API, "Address types and address component types").
constexpr auto result_types = std::to_array<std::string_view>({
    "administrative_area_level_1",
    "administrative_area_level_2",
    "administrative_area_level_3",
    "administrative_area_level_4",
    "administrative_area_level_5",
    "administrative_area_level_6",
    "administrative_area_level_7",
    "airport",
    "archipelago",
    "bus_station",
    "colloquial_area",
    "continent",
    "country",
    "establishment",
    "finance",
    "floor",
    "food",
    "general_contractor",
    "geocode",
    "health",
    "intersection",
    "landmark",
    "locality",
    "natural_feature",
    "neighborhood",
    "park",
    "parking",
    "place_of_worship",
    "plus_code",
    "point_of_interest",
    "political",
    "post_box",
    "postal_code",
    "postal_code_prefix",
    "postal_code_suffix",
    "postal_town",
    "premise",
    "room",
    "route",
    "street_address",
    "street_number",
    "sublocality",
    "sublocality_level_1",
    "sublocality_level_2",
    "sublocality_level_3",
    "sublocality_level_4",
    "sublocality_level_5",
    "subpremise",
    "town_square",
    "train_station",
    "transit_station",
    "ward",
});

std::optional<double> parse_degrees(std::string_view text, double limit) {
  text = text::trim(text);
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !(std::abs(value) <= limit))
    return std::nullopt;
  return value;
}

Result<GoogleQuery> parse_reverse(Parameters parameters, std::string_view latlng, std::string_view language) {
  ReverseQuery query;
  const auto point = parse_latlng(latlng);
  if (!point) return invalid("latlng");
  query.point = *point;
  query.language = language;
  if (const auto given = first_value(parameters, "result_type"); !given.empty()) {
    auto types = parse_result_types(given);
    if (!types) return invalid("result_type");
    query.result_types = std::move(*types);
  }
  if (const auto given = first_value(parameters, "location_type"); !given.empty()) {
    auto types = parse_location_types(given);
    if (!types) return invalid("location_type");
    query.location_types = std::move(*types);
  }
  return query;
}

Result<void> read_forward(Parameters parameters, std::string_view components, ForwardQuery& query) {
  query.region = first_value(parameters, "region");
  if (!components.empty() && !parse_components(components, query.filters)) return invalid("components");
  if (const auto given = first_value(parameters, "bounds"); !given.empty()) {
    query.bounds = parse_bounds(given);
    if (!query.bounds) return invalid("bounds");
  }
  // Components of unknown keys only ask for nothing.
  if (query.text.empty() && !query.filters.names_a_place())
    return fail(Code::invalid_parameter, std::string(missing));
  return {};
}

}  // namespace

std::string_view first_value(Parameters parameters, std::string_view name) {
  const auto it = std::ranges::find(parameters, name, &std::pair<std::string, std::string>::first);
  return it == parameters.end() ? std::string_view() : text::trim(it->second);
}

std::optional<std::vector<std::string>> parse_result_types(std::string_view text) {
  std::vector<std::string> types;
  for (const auto item : text::split(text, '|')) {
    const auto type = text::trim(item);
    if (!std::ranges::binary_search(result_types, type)) return std::nullopt;
    types.emplace_back(type);
  }
  return types;
}

std::optional<std::vector<LocationType>> parse_location_types(std::string_view text) {
  constexpr std::array all = {LocationType::rooftop, LocationType::range_interpolated,
                              LocationType::geometric_center, LocationType::approximate};
  std::vector<LocationType> types;
  for (const auto item : text::split(text, '|')) {
    const auto* found =
        std::ranges::find_if(all, [&](auto type) { return text::trim(item) == name_of(type); });
    if (found == all.end()) return std::nullopt;
    types.push_back(*found);
  }
  return types;
}

std::optional<LatLng> parse_latlng(std::string_view text) {
  const auto parts = text::split(text, ',');
  if (parts.size() != 2) return std::nullopt;
  const auto lat = parse_degrees(parts[0], 90), lng = parse_degrees(parts[1], 180);
  if (!lat || !lng) return std::nullopt;
  return LatLng::from_degrees(*lat, *lng);
}

std::optional<Bounds> parse_bounds(std::string_view text) {
  const auto corners = text::split(text, '|');
  if (corners.size() != 2) return std::nullopt;
  auto southwest = parse_latlng(corners[0]), northeast = parse_latlng(corners[1]);
  if (!southwest || !northeast) return std::nullopt;
  // The southern corner comes first, whichever was given first; west and east then are as they stand.
  if (southwest->lat_e7 > northeast->lat_e7) std::swap(southwest, northeast);
  constexpr std::int64_t half_circle = 1'800'000'000;
  const auto width = std::int64_t{southwest->lng_e7} - northeast->lng_e7;
  // A west that is east of its east: a box over the antimeridian if that makes it narrow, else given
  // crosswise.
  if (width > 0 && width < half_circle) std::swap(southwest->lng_e7, northeast->lng_e7);
  return Bounds{.southwest = *southwest, .northeast = *northeast};
}

std::optional<Bounds> parse_bbox(std::string_view text) {
  const auto parts = text::split(text, ',');
  if (parts.size() != 4) return std::nullopt;
  const auto corner = [&](std::size_t lng, std::size_t lat) {
    return parse_latlng(std::string(parts[lat]) + "," + std::string(parts[lng]));
  };
  const auto southwest = corner(0, 1), northeast = corner(2, 3);
  if (!southwest || !northeast || southwest->lat_e7 > northeast->lat_e7) return std::nullopt;
  return Bounds{.southwest = *southwest, .northeast = *northeast};
}

bool parse_components(std::string_view text, Filters& filters) {
  const std::array<std::pair<std::string_view, std::vector<std::string>*>, 5> known = {{
      {"country", &filters.country},
      {"administrative_area", &filters.administrative_area},
      {"locality", &filters.locality},
      {"postal_code", &filters.postal_code},
      {"route", &filters.route},
  }};
  for (const auto item : text::split(text, '|')) {
    const auto colon = item.find(':');
    if (colon == std::string_view::npos) return false;
    const auto key = text::lower_ascii(text::trim(item.substr(0, colon)));
    const auto value = text::trim(item.substr(colon + 1));
    if (key.empty() || value.empty()) return false;
    const auto* row = std::ranges::find(known, key, [](const auto& entry) { return entry.first; });
    if (row != known.end()) row->second->emplace_back(value);
  }
  return true;
}

Result<GoogleQuery> parse_google_query(Parameters parameters, std::string_view accept_language) {
  auto language = first_value(parameters, "language");
  if (language.empty()) language = accept_language;
  if (const auto id = first_value(parameters, "place_id"); !id.empty())
    return PlaceQuery{.place_id = std::string(id), .language = std::string(language)};
  if (const auto latlng = first_value(parameters, "latlng"); !latlng.empty())
    return parse_reverse(parameters, latlng, language);
  const auto address = first_value(parameters, "address"), components = first_value(parameters, "components");
  if (address.empty() && components.empty()) return fail(Code::invalid_parameter, std::string(missing));
  Result<GoogleQuery> out(std::in_place, std::in_place_type<ForwardQuery>);
  auto& query = std::get<ForwardQuery>(*out);
  query.text = address;
  query.language = language;
  if (auto read = read_forward(parameters, components, query); !read)
    out = std::unexpected(std::move(read.error()));
  return out;
}

}  // namespace waypost::geo
