#include "geo/geojson_parts.hpp"

#include <algorithm>
#include <array>

#include "geo/number_text.hpp"

namespace waypost::geo {

void write_geometry(json::Writer& json, LatLng point) {
  constexpr std::string_view begin = R"({"type":"Point","coordinates":[)", end = "]}";
  std::array<char, begin.size() + 2 * most_degrees_digits + 1 + end.size()> text;
  char* to = write_degrees(std::ranges::copy(begin, text.data()).out, point.lng_e7);
  *to++ = ',';
  to = std::ranges::copy(end, write_degrees(to, point.lat_e7)).out;
  json.key("geometry").raw({text.data(), to});
}

void write_box(json::Writer& json, std::string_view name, const Bounds& box) {
  std::array<char, 4 * (most_degrees_digits + 1) + 1> text;
  char* to = text.data();
  for (const auto e7 :
       {box.southwest.lng_e7, box.southwest.lat_e7, box.northeast.lng_e7, box.northeast.lat_e7}) {
    *to = to == text.data() ? '[' : ',';
    to = write_degrees(to + 1, e7);
  }
  *to++ = ']';
  json.key(name).raw({text.data(), to});
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
