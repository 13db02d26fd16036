#pragma once

#include <algorithm>
#include <cmath>
#include <numbers>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "bench/geo_world.hpp"
#include "geo/countries.hpp"
#include "geo/feature_reader.hpp"
#include "geo/json_feature.hpp"

/// Where countries end, from Natural Earth's file itself: what the search is measured against knows nothing
/// of how the index keeps shapes.
namespace waypost::bench {

class Shapes {
 public:
  Shapes() {
    auto input = geo::Input::open(shared_data() / "natural-earth/ne_50m_admin_0_countries.json.gz");
    if (!input) throw std::runtime_error(input.error().message);
    geo::FeatureReader features(*std::move(input));
    while (const auto text = features.next().value()) {
      const auto feature = geo::JsonFeature::parse(*text);
      if (!feature) continue;
      const auto polygons = feature->polygons();
      if (!polygons) continue;
      Country country{.code = geo::country_of_alpha3(feature->property("ADM0_A3")), .rings = {}};
      for (const auto& polygon : *polygons) {
        for (const auto& ring : polygon) {
          auto& corners = country.rings.emplace_back();
          for (const auto& corner : ring) corners.push_back({.lng = corner.x, .lat = corner.y});
        }
      }
      countries_.push_back(std::move(country));
    }
    for (const auto& country : countries_) {
      for (const auto& ring : country.rings) {
        for (std::size_t i = 1; i < ring.size(); ++i) add(ring[i - 1], ring[i]);
      }
    }
  }

  /// Metres to the nearest coast or border; `most` when none is nearer.
  double border_m(geo::LatLng point, double most) const {
    double nearest = most;
    const auto row = cell(point.lat()), column = cell(point.lng());
    for (int dr = -1; dr <= 1; ++dr) {
      for (int dc = -1; dc <= 1; ++dc) {
        const auto found = cells_.find(key(row + dr, column + dc));
        if (found == cells_.end()) continue;
        for (const auto& [a, b] : found->second) nearest = std::min(nearest, metres_to(point, a, b));
      }
    }
    return nearest;
  }

  /// The country whose shape holds the point; nothing at sea, and where two shapes overlap.
  std::optional<std::string> country_at(geo::LatLng point) const {
    const Country* found = nullptr;
    for (const auto& country : countries_) {
      if (!holds(country, {.lng = point.lng(), .lat = point.lat()})) continue;
      if (found != nullptr) return std::nullopt;
      found = &country;
    }
    return found == nullptr || found->code.empty() ? std::nullopt : std::optional(found->code);
  }

 private:
  struct Corner {
    double lng, lat;
  };
  struct Country {
    std::string code;
    std::vector<std::vector<Corner>> rings;
  };
  static constexpr double cells_per_degree = 4;

  static int cell(double degrees) { return static_cast<int>(std::floor(degrees * cells_per_degree)); }
  static std::int64_t key(int row, int column) { return std::int64_t{row} * 100'000 + column; }

  /// A line lies in the cells of points along it.
  void add(Corner a, Corner b) {
    const double length = std::max(std::abs(a.lng - b.lng), std::abs(a.lat - b.lat));
    const int steps = 1 + static_cast<int>(length * cells_per_degree * 2);
    std::int64_t last = INT64_MAX;
    for (int i = 0; i <= steps; ++i) {
      const double share = static_cast<double>(i) / steps;
      const auto at = key(cell(a.lat + share * (b.lat - a.lat)), cell(a.lng + share * (b.lng - a.lng)));
      if (at != last) cells_[at].emplace_back(a, b);
      last = at;
    }
  }

  static double metres_to(geo::LatLng point, Corner a, Corner b) {
    constexpr double metres_per_degree = 111'195;
    const double narrow = std::cos(point.lat() * std::numbers::pi / 180);
    const auto x = [&](Corner c) { return (c.lng - point.lng()) * narrow * metres_per_degree; };
    const auto y = [&](Corner c) { return (c.lat - point.lat()) * metres_per_degree; };
    const double dx = x(b) - x(a), dy = y(b) - y(a), length2 = dx * dx + dy * dy;
    const double along = length2 == 0 ? 0 : std::clamp(-(x(a) * dx + y(a) * dy) / length2, 0.0, 1.0);
    return std::hypot(x(a) + along * dx, y(a) + along * dy);
  }

  static bool holds(const Country& country, Corner point) {
    bool inside = false;
    for (const auto& ring : country.rings) {
      for (std::size_t i = 1; i < ring.size(); ++i) {
        const auto a = ring[i - 1], b = ring[i];
        if ((a.lat > point.lat) == (b.lat > point.lat)) continue;
        if (point.lng < a.lng + (point.lat - a.lat) / (b.lat - a.lat) * (b.lng - a.lng)) inside = !inside;
      }
    }
    return inside;
  }

  std::vector<Country> countries_;
  std::unordered_map<std::int64_t, std::vector<std::pair<Corner, Corner>>> cells_;
};

}  // namespace waypost::bench
