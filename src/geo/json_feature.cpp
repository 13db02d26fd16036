#include "geo/json_feature.hpp"

#include <cmath>

#include "waypost/base/text.hpp"

namespace waypost::geo {
namespace {

using Rings = std::vector<std::vector<Degrees>>;

std::optional<Degrees> position(const json::Value& value) {
  if (!value.is(json::Kind::array) || value.size() < 2) return std::nullopt;
  const auto numbers = value.children();
  if (!numbers[0].is(json::Kind::number) || !numbers[1].is(json::Kind::number)) return std::nullopt;
  const Degrees at{.x = numbers[0].number(), .y = numbers[1].number()};
  // Shapes over the antimeridian are drawn past it by some.
  if (!(std::abs(at.x) <= 540) || !(std::abs(at.y) <= 90)) return std::nullopt;
  return at;
}

std::optional<Rings> rings_of(const json::Value& polygon) {
  if (!polygon.is(json::Kind::array)) return std::nullopt;
  Rings rings;
  for (const auto& ring : polygon.children()) {
    if (!ring.is(json::Kind::array)) return std::nullopt;
    auto& corners = rings.emplace_back();
    for (const auto& corner : ring.children()) {
      const auto at = position(corner);
      if (!at) return std::nullopt;
      corners.push_back(*at);
    }
  }
  return rings;
}

}  // namespace

Result<JsonFeature> JsonFeature::parse(std::string_view text) {
  auto document = json::Document::parse(text);
  if (!document) return fail(Code::validation_failed, "not valid JSON");
  const auto type = document->root().is(json::Kind::object) ? document->root().find("type") : std::nullopt;
  if (!type || !type->is(json::Kind::string) || type->string() != "Feature")
    return fail(Code::validation_failed, "no GeoJSON feature");
  return JsonFeature(std::move(*document));
}

std::string_view JsonFeature::property(std::string_view name) const {
  const auto properties = document_.root().find("properties");
  if (!properties || !properties->is(json::Kind::object)) return {};
  for (const auto& value : properties->children()) {
    if (!text::iequals(value.key(), name)) continue;
    if (value.is(json::Kind::string)) return value.string();
    if (value.is(json::Kind::number)) return value.raw();
  }
  return {};
}

std::optional<json::Value> JsonFeature::geometry() const {
  const auto geometry = document_.root().find("geometry");
  return geometry && geometry->is(json::Kind::object) ? geometry : std::nullopt;
}

std::optional<LatLng> JsonFeature::point() const {
  const auto own = geometry();
  const auto type = own ? own->find("type") : std::nullopt;
  const auto coordinates = own ? own->find("coordinates") : std::nullopt;
  if (!type || !coordinates || !type->is(json::Kind::string) || type->string() != "Point")
    return std::nullopt;
  const auto at = position(*coordinates);
  if (!at || std::abs(at->x) > 180) return std::nullopt;
  return LatLng::from_degrees(at->y, at->x);
}

std::optional<std::vector<Rings>> JsonFeature::polygons() const {
  const auto own = geometry();
  const auto type = own ? own->find("type") : std::nullopt;
  const auto coordinates = own ? own->find("coordinates") : std::nullopt;
  if (!type || !coordinates || !type->is(json::Kind::string) || !coordinates->is(json::Kind::array))
    return std::nullopt;
  std::vector<json::Value> parts;
  if (type->string() == "Polygon") parts = {*coordinates};
  if (type->string() == "MultiPolygon") parts = coordinates->children();
  std::vector<Rings> polygons;
  for (const auto& part : parts) {
    auto rings = rings_of(part);
    if (!rings) return std::nullopt;
    if (!rings->empty()) polygons.push_back(std::move(*rings));
  }
  return polygons.empty() ? std::nullopt : std::optional(std::move(polygons));
}

}  // namespace waypost::geo
