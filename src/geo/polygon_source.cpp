#include "geo/polygon_source.hpp"

#include <map>

#include "geo/countries.hpp"
#include "geo/feature_reader.hpp"
#include "geo/json_feature.hpp"
#include "waypost/base/text.hpp"

namespace waypost::geo {
namespace {

/// The first of these properties that says anything: Natural Earth writes -99 for "none".
std::string_view first_of(const JsonFeature& feature, std::initializer_list<std::string_view> names) {
  for (const auto name : names) {
    const auto value = text::trim(feature.property(name));
    if (!value.empty() && !value.starts_with("-99") && value != "-1") return value;
  }
  return {};
}

Kind kind_of(const JsonFeature& feature) {
  const auto level = first_of(feature, {"admin_level"});
  const auto type = first_of(feature, {"shapeType"});
  if (level == "2" || text::iequals(type, "ADM0")) return Kind::country;
  const bool state = level == "4" || text::iequals(type, "ADM1") || feature.has("iso_3166_2") ||
                     feature.has("ISO3166-2") || feature.has("adm1_code");
  return state ? Kind::admin1 : Kind::country;
}

std::string country_of(const JsonFeature& feature) {
  const auto two =
      first_of(feature, {"iso_a2", "iso_a2_eh", "ISO3166-1:alpha2", "ISO3166-1", "country_code"});
  if (two.size() == 2) {
    std::string code(two);
    for (char& c : code) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
    if (is_known_country(code)) return code;
  }
  const auto state = first_of(feature, {"iso_3166_2", "ISO3166-2", "shapeISO"});
  if (state.size() > 3 && state[2] == '-' && is_known_country(state.substr(0, 2)))
    return std::string(state.substr(0, 2));
  for (const auto* name : {"adm0_a3", "iso_a3", "shapeGroup", "iso_a3_eh", "shapeISO"}) {
    const auto three = first_of(feature, {name});
    if (three.size() == 3)
      if (auto code = country_of_alpha3(three); !code.empty()) return code;
  }
  return {};
}

SourceShape state_of(const JsonFeature& feature, std::string_view country) {
  SourceShape shape{.kind = Kind::admin1, .country = country};
  shape.iso = first_of(feature, {"iso_3166_2", "ISO3166-2", "shapeISO"});
  if (!shape.iso.starts_with(country) || shape.iso.ends_with('~')) shape.iso = {};
  shape.name = first_of(feature, {"name", "shapeName", "name_en"});
  const auto geonames = first_of(feature, {"gn_a1_code"});  // "AU.08"
  if (geonames.size() > 3 && geonames.starts_with(country) && geonames[2] == '.')
    shape.admin1 = geonames.substr(3);
  return shape;
}

}  // namespace

Result<std::uint64_t> read_polygons(Input input, std::optional<Kind> kind, const RowSink& sink, RowLog& log) {
  FeatureReader features(std::move(input));
  log.enter(features.input());
  std::uint64_t kept = 0;
  const auto read_feature = [&](std::string_view text) {
    const auto feature = JsonFeature::parse(text);
    if (!feature) return log.skip(feature.error().message);
    const auto polygons = feature->polygons();
    if (!polygons) return log.skip("no Polygon or MultiPolygon with coordinates within ±180 and ±90");
    const auto country = country_of(*feature);
    if (country.empty()) return log.skip("no country: ISO_A2, ISO_A2_EH and ADM0_A3 name none");
    const bool state = kind.value_or(kind_of(*feature)) == Kind::admin1;
    std::map<std::string_view, std::vector<Ring>> rings;  // by the country they belong to
    for (const auto& polygon : *polygons) {
      if (polygon.front().empty()) continue;
      const auto& corner = polygon.front().front();
      auto& own = rings[state ? std::string_view(country) : country_of_part(country, corner.y, corner.x)];
      for (const auto& ring : polygon) add_ring(ring, own);
    }
    auto shape = state ? state_of(*feature, country) : SourceShape{.kind = Kind::country};
    if (state && shape.name.empty() && shape.iso.empty()) return log.skip("a state without a name");
    for (auto& [iso, own] : rings) {
      if (own.empty()) continue;
      shape.country = iso;
      shape.rings = std::move(own);
      sink(shape);
    }
    ++kept;
  };
  for (;;) {
    const auto text = features.next();
    if (!text) return std::unexpected(text.error());
    if (!*text) break;
    log.row(features.line());
    read_feature(**text);
  }
  log.leave();
  return kept;
}

}  // namespace waypost::geo
