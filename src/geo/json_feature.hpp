#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "geo/shape.hpp"
#include "waypost/base/json.hpp"

namespace waypost::geo {

/// One GeoJSON feature (RFC 7946). One thread.
class JsonFeature {
 public:
  /// `text` must outlive it. The failure is a reason to skip the feature.
  static Result<JsonFeature> parse(std::string_view text);

  /// A property by its name in any case: a text as it is, a number as it is written; else empty.
  std::string_view property(std::string_view name) const;
  bool has(std::string_view name) const { return !property(name).empty(); }
  /// The point of a Point; nothing for another geometry or impossible coordinates.
  std::optional<LatLng> point() const;
  /// The polygons of a Polygon or MultiPolygon, each as its rings, the outer one first; nothing for another
  /// geometry or impossible coordinates.
  std::optional<std::vector<std::vector<std::vector<Degrees>>>> polygons() const;

 private:
  explicit JsonFeature(json::Document document) : document_(std::move(document)) {}
  std::optional<json::Value> geometry() const;

  json::Document document_;
};

}  // namespace waypost::geo
