#include "waypost/geo/photon.hpp"

#include <algorithm>
#include <array>

#include "geo/geojson_parts.hpp"
#include "geo/osm_terms.hpp"
#include "geo/strict_parameters.hpp"
#include "waypost/base/text.hpp"

namespace waypost::geo {
namespace {

constexpr std::size_t most_results = 1000;
constexpr std::size_t searched_for_tags = 200;  // hits that are looked through for those with the right tags

/// Photon's layers; of its `other` there is nothing here.
constexpr std::array<std::pair<std::string_view, Kind>, 8> layers = {{
    {"house", Kind::house},
    {"street", Kind::street},
    {"locality", Kind::postal_code},
    {"district", Kind::sublocality},
    {"city", Kind::locality},
    {"county", Kind::admin2},
    {"state", Kind::admin1},
    {"country", Kind::country},
}};

/// `layer=`, repeated or with commas.
std::vector<Kind> read_layers(StrictParameters& given) {
  std::vector<Kind> kinds;
  for (const auto list : given.texts("layer")) {
    for (const auto item : text::split(list, ',')) {
      const auto* found =
          std::ranges::find(layers, text::trim(item), &std::pair<std::string_view, Kind>::first);
      if (found != layers.end()) {
        kinds.push_back(found->second);
      } else {
        given.fault(
            "layer", "invalid",
            "has '" + std::string(item) +
                "', which is none of house, street, locality, district, city, county, state, country");
      }
    }
  }
  return kinds;
}

std::vector<OsmTagFilter> read_tags(StrictParameters& given) {
  std::vector<OsmTagFilter> tags;
  for (auto text : given.texts("osm_tag")) {
    OsmTagFilter tag;
    if (text.starts_with('!')) {
      tag.not_key = true;
      text.remove_prefix(1);
    }
    const auto colon = text.find(':');
    tag.key = text.substr(0, colon);
    if (colon != std::string_view::npos) {
      auto value = text.substr(colon + 1);
      if (value.starts_with('!')) {
        tag.not_value = true;
        value.remove_prefix(1);
      }
      tag.value = value;
    }
    if (tag.key.empty() && tag.value.empty())
      given.fault("osm_tag", "invalid", "must be key, key:value or :value, with ! for what is not wanted");
    tags.push_back(std::move(tag));
  }
  return tags;
}

bool passes(const OsmTagFilter& tag, const OsmTerms& terms) {
  const bool key = tag.key.empty() || tag.key == terms.key;
  const bool value = tag.value.empty() || tag.value == terms.value;
  if (tag.not_key) return !(key && value);
  return tag.not_value ? key && !value : key && value;
}

void write_extent(json::Writer& json, const Bounds& box) {
  // Photon's order: west, north, east, south.
  write_box(json, "extent",
            {.southwest = {.lat_e7 = box.northeast.lat_e7, .lng_e7 = box.southwest.lng_e7},
             .northeast = {.lat_e7 = box.southwest.lat_e7, .lng_e7 = box.northeast.lng_e7}});
}

void write_properties(json::Writer& json, const Answer& answer, const Hit& hit, const Address& address) {
  const auto terms = osm_terms(address);
  json.key("properties").begin_object();
  json.field("osm_type",
             std::string_view("NWR").substr(std::string_view("NWR").find(osm_type(address.kind())), 1));
  json.field("osm_id", static_cast<std::int64_t>(osm_id(answer, hit)));
  json.field("osm_key", terms.key).field("osm_value", terms.value).field("type", terms.layer);
  write_text(json, "country", address.text(Part::country));
  write_text(json, "countrycode", address.country_code());
  // What the hit is itself stands in `name`, and only there; a house has none.
  if (address.kind() != Kind::house) write_text(json, "name", address.name());
  const auto above = [&](std::string_view name, Part part, Kind kind) {
    if (address.kind() != kind) write_text(json, name, address.text(part));
  };
  above("state", Part::admin1, Kind::admin1);
  above("county", Part::admin2, Kind::admin2);
  above("city", Part::locality, Kind::locality);
  above("district", Part::sublocality, Kind::sublocality);
  above("street", Part::street, Kind::street);
  above("postcode", Part::postal_code, Kind::postal_code);
  write_text(json, "housenumber", address.text(Part::house_number));
  if (const auto box = extent(address)) write_extent(json, *box);
  json.end_object();
}

std::string write(const Answer& answer, std::span<const OsmTagFilter> tags, std::size_t limit) {
  constexpr std::size_t of_feature = 400;  // bytes; seldom more
  std::string out;
  out.reserve((std::min(answer.hits.size(), limit) + 1) * of_feature);
  json::Writer json(out);
  json.begin_object().field("type", "FeatureCollection").key("features").begin_array();
  for (const auto& hit : answer.hits) {
    const Address address(answer, hit);
    const auto terms = osm_terms(address);
    if (!std::ranges::all_of(tags, [&](const auto& tag) { return passes(tag, terms); })) continue;
    if (limit-- == 0) break;
    json.begin_object().field("type", "Feature");
    write_geometry(json, location_of(*answer.gazetteer, hit));
    write_properties(json, answer, hit, address);
    json.end_object();
  }
  json.end_array().end_object();
  return out;
}

}  // namespace

Result<PhotonSearch> parse_photon_search(Parameters parameters, std::string_view accept_language) {
  StrictParameters given(parameters);
  PhotonSearch out;
  given.require("q");
  out.query.text = given.text("q").value_or("");
  out.query.also_much_smaller = true;
  out.query.limit = given.whole("limit", 1, most_results).value_or(15);
  out.query.language = given.text("lang").value_or(accept_language);
  out.query.filters.within = given.box("bbox");
  out.query.filters.kinds = read_layers(given);
  out.tags = read_tags(given);
  const auto lat = given.number("lat", -90, 90), lng = given.number("lon", -180, 180);
  if (lat && lng) out.query.focus = LatLng::from_degrees(*lat, *lng);
  if (lat.has_value() != lng.has_value()) given.require(lat ? "lon" : "lat");
  given.number("zoom", 0, 24);
  given.number("location_bias_scale", 0, 1);
  given.flag("dedupe");
  given.flag("debug");
  if (auto error = given.finish()) return std::unexpected(std::move(*error));
  return out;
}

Result<PhotonReverse> parse_photon_reverse(Parameters parameters, std::string_view accept_language) {
  StrictParameters given(parameters);
  PhotonReverse out;
  given.require("lat");
  given.require("lon");
  const auto lat = given.number("lat", -90, 90), lng = given.number("lon", -180, 180);
  out.query.limit = given.whole("limit", 1, most_results).value_or(1);
  constexpr double metres_per_kilometre = 1000;
  out.query.radius_m = given.number("radius", 0, 200).value_or(20) * metres_per_kilometre;
  out.query.language = given.text("lang").value_or(accept_language);
  out.query.kinds = read_layers(given);
  out.tags = read_tags(given);
  given.flag("distance_sort");
  given.text("query_string_filter");
  given.flag("dedupe");
  given.flag("debug");
  if (auto error = given.finish()) return std::unexpected(std::move(*error));
  out.query.point = LatLng::from_degrees(lat.value_or(0), lng.value_or(0));
  return out;
}

std::string photon_json(const GazetteerPtr& gazetteer, const PhotonSearch& search) {
  auto query = search.query;
  if (!search.tags.empty()) query.limit = std::max(query.limit, searched_for_tags);
  // People type into Photon: the last word may be unfinished.
  return write(autocomplete(gazetteer, query), search.tags, search.query.limit);
}

std::string photon_json(const GazetteerPtr& gazetteer, const PhotonReverse& search) {
  auto query = search.query;
  if (!search.tags.empty()) query.limit = std::max(query.limit, searched_for_tags);
  return write(reverse(gazetteer, query), search.tags, search.query.limit);
}

}  // namespace waypost::geo
