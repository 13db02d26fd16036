#include "geo/nominatim_xml.hpp"

#include "geo/geojson_parts.hpp"
#include "geo/nominatim_result.hpp"
#include "waypost/base/xml.hpp"

namespace waypost::geo {
namespace {

std::string boundingbox(const Bounds& box) {
  std::string out;
  for (const auto& edge : bounding_box(box)) {
    if (!out.empty()) out += ',';
    out += edge;
  }
  return out;
}

/// The attributes that a `<place>` and a `<result>` share.
void write_attributes(xml::Writer& xml, const NominatimResult& result) {
  const auto id = std::to_string(result.id), rank = std::to_string(result.terms.rank);
  xml.attribute("place_id", id).attribute("osm_type", result.osm_type).attribute("osm_id", id);
  xml.attribute("ref", result.address.name());
  xml.attribute("lat", result.lat)
      .attribute("lon", result.lon)
      .attribute("boundingbox", boundingbox(result.box));
  xml.attribute("place_rank", rank).attribute("address_rank", rank);
}

void write_address(xml::Writer& xml, const NominatimResult& result) {
  for (const auto& [name, value] : address_details(result)) xml.element(name, value);
}

void write_tags(xml::Writer& xml, const NominatimResult& result, const NominatimOutput& output) {
  if (output.extra_tags) {
    xml.open("extratags");
    for (const auto& [key, value] : extra_tags(result))
      xml.open("tag").attribute("key", key).attribute("value", value).close();
    xml.close();
  }
  if (output.name_details)
    xml.open("namedetails")
        .open("name")
        .attribute("desc", "name")
        .text(result.address.name())
        .close()
        .close();
}

}  // namespace

std::string nominatim_xml_list(const Answer& answer, const NominatimOutput& output) {
  std::string out;
  xml::Writer xml(out);
  xml.open("searchresults").attribute("attribution", attribution_line(answer));
  xml.attribute("querystring", output.query);
  for (const auto& hit : answer.hits) {
    const NominatimResult result(answer, hit);
    xml.open("place");
    write_attributes(xml, result);
    xml.attribute("display_name", result.display_name);
    xml.attribute("class", result.terms.key).attribute("type", result.terms.value);
    xml.attribute("importance", std::to_string(result.importance));
    write_tags(xml, result, output);
    if (output.address_details) write_address(xml, result);
    xml.close();
  }
  xml.close();
  return out;
}

std::string nominatim_xml_one(const Answer& answer, const NominatimOutput& output) {
  std::string out;
  xml::Writer xml(out);
  xml.open("reversegeocode").attribute("attribution", attribution_line(answer));
  xml.attribute("querystring", output.query);
  if (answer.hits.empty()) {
    xml.element("error", "Unable to geocode").close();
    return out;
  }
  const NominatimResult result(answer, answer.hits.front());
  xml.open("result");
  write_attributes(xml, result);
  xml.text(result.display_name).close();
  if (output.address_details) {
    xml.open("addressparts");
    write_address(xml, result);
    xml.close();
  }
  write_tags(xml, result, output);
  xml.close();
  return out;
}

}  // namespace waypost::geo
