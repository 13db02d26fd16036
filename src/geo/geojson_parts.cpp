#include "geo/geojson_parts.hpp"

#include <algorithm>

#include "geo/number_text.hpp"

namespace waypost::geo {

void write_geometry(json::Writer& json, LatLng point) {
  std::string digits = "[";
  append_degrees(digits, point.lng_e7);
  digits += ',';
  append_degrees(digits, point.lat_e7);
  digits += ']';
  json.key("geometry").begin_object().field("type", "Point");
  json.key("coordinates").raw(digits).end_object();
}

void write_box(json::Writer& json, std::string_view name, const Bounds& box) {
  std::string digits = "[";
  for (const auto e7 :
       {box.southwest.lng_e7, box.southwest.lat_e7, box.northeast.lng_e7, box.northeast.lat_e7}) {
    if (digits.size() > 1) digits += ',';
    append_degrees(digits, e7);
  }
  json.key(name).raw(digits + "]");
}

void write_text_or_null(json::Writer& json, std::string_view name, std::string_view text) {
  json.key(name);
  text.empty() ? json.null() : json.string(text);
}

void write_text(json::Writer& json, std::string_view name, std::string_view text) {
  if (!text.empty()) json.field(name, text);
}

std::vector<std::string> attributions(const Answer& answer) {
  // A street is of one source, the town it is named with of another.
  std::vector<std::string_view> used;
  const auto use = [&](PlaceNumber number) {
    if (number == no_place) return;
    const auto source = answer.gazetteer->place(number).source;
    if (std::ranges::find(used, source) == used.end()) used.push_back(source);
  };
  for (const auto& hit : answer.hits) {
    use(hit.place);
    if (hit.place != no_place) use(answer.gazetteer->place(hit.place).locality);
  }
  std::vector<std::string> lines;
  for (const auto& source : answer.gazetteer->sources()) {
    if (std::ranges::find(used, source.name) == used.end() || source.attribution.empty()) continue;
    auto line = source.attribution;
    if (!source.licence.empty() && !line.contains(source.licence)) line += ", " + source.licence;
    if (std::ranges::find(lines, line) == lines.end()) lines.push_back(std::move(line));
  }
  return lines;
}

std::string attribution_line(const Answer& answer) {
  std::string all;
  for (const auto& line : attributions(answer)) {
    if (!all.empty()) all += "; ";
    all += line;
  }
  return all;
}

}  // namespace waypost::geo
