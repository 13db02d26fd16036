#include <span>

#include "geo/geojson_parts.hpp"
#include "geo/nominatim_result.hpp"
#include "geo/nominatim_xml.hpp"
#include "waypost/geo/nominatim.hpp"

namespace waypost::geo {
namespace {

using Pairs = std::span<const std::pair<std::string_view, std::string>>;

void write_object(json::Writer& json, std::string_view name, Pairs pairs) {
  json.key(name).begin_object();
  for (const auto& [key, value] : pairs) json.field(key, value);
  json.end_object();
}

void write_details(json::Writer& json, const NominatimResult& result, const NominatimOutput& output) {
  if (output.address_details) write_object(json, "address", address_details(result));
  if (output.extra_tags) write_object(json, "extratags", extra_tags(result));
  if (output.name_details)
    json.key("namedetails").begin_object().field("name", result.address.name()).end_object();
}

void write_ids(json::Writer& json, const NominatimResult& result) {
  json.field("place_id", static_cast<std::int64_t>(result.id));
  json.field("osm_type", result.osm_type).field("osm_id", static_cast<std::int64_t>(result.id));
}

/// What `jsonv2` and `geojson` tell of a place: `category`, where `json` says `class`.
void write_classes(json::Writer& json, const NominatimResult& result, std::string_view category) {
  json.field("place_rank", result.terms.rank);
  json.field(category, result.terms.key).field("type", result.terms.value);
  json.key("importance").number(result.importance);
  json.field("addresstype", result.terms.addresstype).field("name", result.address.name());
  json.field("display_name", result.display_name);
}

/// `json` and `jsonv2`.
void write_plain(json::Writer& json, const NominatimResult& result, const NominatimOutput& output,
                 std::string_view licence) {
  json.begin_object();
  json.field("licence", licence);
  write_ids(json, result);
  json.field("lat", result.lat).field("lon", result.lon);
  write_classes(json, result, output.format == NominatimFormat::json ? "class" : "category");
  write_details(json, result, output);
  json.key("boundingbox").begin_array();
  for (const auto& edge : bounding_box(result.box)) json.string(edge);
  json.end_array().end_object();
}

void write_geojson(json::Writer& json, const NominatimResult& result, const NominatimOutput& output,
                   LatLng location) {
  json.begin_object().field("type", "Feature");
  json.key("properties").begin_object();
  write_ids(json, result);
  write_classes(json, result, "category");
  write_details(json, result, output);
  json.end_object();
  write_box(json, "bbox", result.box);
  write_geometry(json, location);
  json.end_object();
}

/// GeocodeJSON 0.1.0.
void write_geocodejson(json::Writer& json, const NominatimResult& result, const NominatimOutput& output,
                       LatLng location) {
  const auto& address = result.address;
  json.begin_object().field("type", "Feature");
  json.key("properties").begin_object().key("geocoding").begin_object();
  write_ids(json, result);
  json.field("osm_key", result.terms.key).field("osm_value", result.terms.value);
  json.field("type", result.terms.layer).field("label", result.display_name).field("name", address.name());
  if (output.address_details) {
    write_text(json, "housenumber", address.text(Part::house_number));
    write_text(json, "street", address.text(Part::street));
    write_text(json, "district", address.text(Part::sublocality));
    write_text(json, "city", address.text(Part::locality));
    write_text(json, "county", address.text(Part::admin2));
    write_text(json, "state", address.text(Part::admin1));
    write_text(json, "postcode", address.text(Part::postal_code));
    write_text(json, "country", address.text(Part::country));
    write_text(json, "country_code", address.country_code());
  }
  json.end_object().end_object();
  write_geometry(json, location);
  json.end_object();
}

/// What stands before the features of `geojson` and `geocodejson`.
void write_head(json::Writer& json, const NominatimOutput& output, std::string_view licence) {
  json.field("type", "FeatureCollection");
  if (output.format == NominatimFormat::geojson) {
    json.field("licence", licence);
    return;
  }
  json.key("geocoding").begin_object();
  json.field("version", "0.1.0").field("attribution", licence).field("licence", licence);
  json.field("query", output.query).end_object();
}

bool is_collection(NominatimFormat format) {
  return format == NominatimFormat::geojson || format == NominatimFormat::geocodejson;
}

}  // namespace

std::string_view content_type(NominatimFormat format) {
  if (format == NominatimFormat::xml) return "text/xml; charset=utf-8";
  return is_collection(format) ? "application/geo+json; charset=utf-8" : "application/json; charset=utf-8";
}

std::string nominatim_status_json(const Gazetteer& gazetteer) {
  std::string out;
  json::Writer json(out);
  const auto sources = gazetteer.sources();
  json.begin_object().field("status", 0).field("message", "OK");
  if (!sources.empty()) json.field("database_version", sources.front().version);
  json.field("software_version", WAYPOST_VERSION).end_object();
  return out;
}

std::string nominatim_list(const Answer& answer, const NominatimOutput& output) {
  if (output.format == NominatimFormat::xml) return nominatim_xml_list(answer, output);
  std::string out;
  json::Writer json(out);
  const auto licence = attribution_line(answer);
  if (is_collection(output.format)) {
    json.begin_object();
    write_head(json, output, licence);
    json.key("features");
  }
  json.begin_array();
  for (const auto& hit : answer.hits) {
    const NominatimResult result(answer, hit);
    const auto location = location_of(*answer.gazetteer, hit);
    if (output.format == NominatimFormat::geojson)
      write_geojson(json, result, output, location);
    else if (output.format == NominatimFormat::geocodejson)
      write_geocodejson(json, result, output, location);
    else
      write_plain(json, result, output, licence);
  }
  json.end_array();
  if (is_collection(output.format)) json.end_object();
  return out;
}

std::string nominatim_one(const Answer& answer, const NominatimOutput& output) {
  if (output.format == NominatimFormat::xml) return nominatim_xml_one(answer, output);
  if (answer.hits.empty()) return R"({"error":"Unable to geocode"})";
  if (is_collection(output.format)) return nominatim_list(answer, output);
  std::string out;
  json::Writer json(out);
  write_plain(json, NominatimResult(answer, answer.hits.front()), output, attribution_line(answer));
  return out;
}

}  // namespace waypost::geo
