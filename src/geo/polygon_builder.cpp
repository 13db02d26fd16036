#include "geo/map_square.hpp"
#include "geo/polygons.hpp"

namespace waypost::geo {
namespace {

constexpr int deepest_level = 24;
constexpr std::size_t most_edges = 24;  // in a cell that is not split

/// Whether a piece of the edge lies in the square, its rim and a hair around it included (Liang and Barsky).
bool touches(Point a, Point b, const Square& square) {
  const double west = square.west() - 1, south = square.south() - 1;
  const double east = west + square.side() + 2, north = south + square.side() + 2;
  if (std::max(a.x, b.x) < west || std::min(a.x, b.x) > east || std::max(a.y, b.y) < south ||
      std::min(a.y, b.y) > north) {
    return false;
  }
  double from = 0, to = 1;
  const auto clip = [&](double delta, double distance) {  // keeps t where delta * t <= distance
    if (delta == 0) return distance >= 0;
    const double t = distance / delta;
    if (delta > 0)
      to = std::min(to, t);
    else
      from = std::max(from, t);
    return from <= to;
  };
  const double dx = b.x - a.x, dy = b.y - a.y;
  return clip(-dx, a.x - west) && clip(dx, east - a.x) && clip(-dy, a.y - south) && clip(dy, north - a.y);
}

template <class T>
void append(std::string& out, const std::vector<T>& values) {
  out.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T));
  out.resize((out.size() + 7) / 8 * 8);
}

class Builder {
 public:
  explicit Builder(std::span<const Shape> shapes) : shapes_(shapes) {}

  std::string build() {
    std::vector<Part> parts;
    std::vector<PolygonView::Area> areas;
    const Square whole;
    const Point outside{-map_origin + 0.25, -map_origin + 0.125};
    for (std::uint32_t i = 0; i < shapes_.size(); ++i) {
      areas.push_back(area(shapes_[i]));
      Part part{.shape = i};
      for (const auto& ring : shapes_[i].rings) {
        for (std::size_t k = 0; k < ring.size(); ++k) {
          if (k + 1 < ring.size()) part.edges.push_back(static_cast<std::uint32_t>(corners_.size()));
          corners_.push_back(ring[k]);
        }
      }
      part.inside = parity(part.edges, outside, whole.middle());
      if (!part.edges.empty()) parts.push_back(std::move(part));
    }
    split(whole, parts);
    cells_.push_back(
        {.id = UINT64_MAX, .members = static_cast<std::uint32_t>(members_.size()), .reserved = 0});
    std::string out;
    append(out, std::vector<PolygonView::Header>{{.areas = static_cast<std::uint32_t>(areas.size()),
                                                  .corners = static_cast<std::uint32_t>(corners_.size()),
                                                  .cells = static_cast<std::uint32_t>(cells_.size()),
                                                  .members = static_cast<std::uint32_t>(members_.size()),
                                                  .edges = static_cast<std::uint32_t>(edges_.size()),
                                                  .reserved = 0}});
    append(out, areas);
    append(out, corners_);
    append(out, cells_);
    append(out, members_);
    append(out, edges_);
    return out;
  }

 private:
  /// What a square knows of one shape.
  struct Part {
    std::uint32_t shape = 0;
    bool inside = false;
    std::vector<std::uint32_t> edges;  // first corners
  };

  PolygonView::Area area(const Shape& shape) const {
    const bool has_states = std::ranges::any_of(shapes_, [&](const Shape& other) {
      return other.kind == Kind::admin1 && other.country == shape.key;
    });
    return {.key = shape.key,
            .country = shape.country,
            .kind = static_cast<std::uint8_t>(shape.kind),
            .has_states = has_states,
            .reserved = {}};
  }

  bool parity(const std::vector<std::uint32_t>& edges, Point from, Point to) const {
    bool odd = false;
    for (const auto i : edges) odd ^= crosses(point_of(corners_[i]), point_of(corners_[i + 1]), from, to);
    return odd;
  }

  void split(const Square& square, const std::vector<Part>& parts) {
    std::size_t edges = 0;
    for (const auto& part : parts) edges += part.edges.size();
    if (edges <= most_edges || square.level == deepest_level) return emit(square, parts);
    const auto half = std::uint32_t{1} << (31 - square.level);
    for (std::uint32_t quarter = 0; quarter < 4; ++quarter) {
      const Square child{.u = square.u + (quarter & 1) * half,
                         .v = square.v + (quarter >> 1) * half,
                         .level = square.level + 1};
      std::vector<Part> within;
      for (const auto& part : parts) {
        Part next{.shape = part.shape,
                  .inside = part.inside != parity(part.edges, square.middle(), child.middle())};
        for (const auto i : part.edges) {
          if (touches(point_of(corners_[i]), point_of(corners_[i + 1]), child)) next.edges.push_back(i);
        }
        if (next.inside || !next.edges.empty()) within.push_back(std::move(next));
      }
      if (!within.empty()) split(child, within);
    }
  }

  void emit(const Square& square, const std::vector<Part>& parts) {
    if (parts.empty()) return;
    cells_.push_back(
        {.id = id_of(square), .members = static_cast<std::uint32_t>(members_.size()), .reserved = 0});
    for (const auto& part : parts) {
      members_.push_back({.area = part.shape,
                          .edges = static_cast<std::uint32_t>(edges_.size()),
                          .edge_count = static_cast<std::uint32_t>(part.edges.size()),
                          .inside = part.inside});
      edges_.insert(edges_.end(), part.edges.begin(), part.edges.end());
    }
  }

  std::span<const Shape> shapes_;
  std::vector<Corner> corners_;
  std::vector<PolygonView::Cell> cells_;
  std::vector<PolygonView::Member> members_;
  std::vector<std::uint32_t> edges_;
};

}  // namespace

std::string build_polygons(std::span<const Shape> shapes) {
  return Builder(shapes).build();
}

}  // namespace waypost::geo
