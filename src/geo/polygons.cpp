#include "geo/polygons.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <numbers>

namespace waypost::geo {
namespace {

/// A cell of level L is one of 4^L squares; its id is its place on the Z-order curve, a one, and zeros up to
/// the leaves: ids sort as the curve runs, and the cells within a cell are a range of ids around its own.
constexpr int leaf_level = 30;
constexpr int deepest_level = 24;
constexpr std::size_t most_edges = 24;
constexpr double origin = 2147483648.0;  // of the map's corner, in units west and south of 0, 0
constexpr double turn = 3.6e9;
constexpr double metres_per_unit = 0.0111319;
constexpr double coast_m = 25'000;
constexpr double search_up_to_latitude = 88;  // nearer to the poles a box is no longer a neighbourhood

struct Point {
  double x, y;
};

struct Square {
  std::uint32_t u = 0, v = 0;  ///< its southwestern corner, from the map's
  int level = 0;

  double side() const { return std::ldexp(1.0, 32 - level); }
  double west() const { return u - origin; }
  double south() const { return v - origin; }
  /// Not quite the middle: a hair beside it no corner can lie.
  Point middle() const { return {west() + side() / 2 + 0.25, south() + side() / 2 + 0.125}; }
};

std::uint64_t spread(std::uint32_t bits) {
  std::uint64_t x = bits;
  x = (x | x << 16) & 0x0000FFFF0000FFFF;
  x = (x | x << 8) & 0x00FF00FF00FF00FF;
  x = (x | x << 4) & 0x0F0F0F0F0F0F0F0F;
  x = (x | x << 2) & 0x3333333333333333;
  return (x | x << 1) & 0x5555555555555555;
}

std::uint32_t gather(std::uint64_t x) {
  x &= 0x5555555555555555;
  x = (x | x >> 1) & 0x3333333333333333;
  x = (x | x >> 2) & 0x0F0F0F0F0F0F0F0F;
  x = (x | x >> 4) & 0x00FF00FF00FF00FF;
  x = (x | x >> 8) & 0x0000FFFF0000FFFF;
  return static_cast<std::uint32_t>(x | x >> 16);
}

std::uint64_t curve(std::uint32_t u, std::uint32_t v) {
  return spread(u) | spread(v) << 1;
}

std::uint64_t id_of(const Square& square) {
  const std::uint64_t position = square.level == 0 ? 0 : curve(square.u, square.v) >> (64 - 2 * square.level);
  return (position << 1 | 1) << (2 * (leaf_level - square.level));
}

Square square_of(std::uint64_t id) {
  const int level = leaf_level - std::min(leaf_level, std::countr_zero(id) / 2);
  const std::uint64_t position = id >> (2 * (leaf_level - level) + 1);
  const std::uint64_t whole = level == 0 ? 0 : position << (64 - 2 * level);
  return {.u = gather(whole), .v = gather(whole >> 1), .level = level};
}

std::uint64_t half_range(std::uint64_t id) {
  return (id & (~id + 1)) - 1;
}

Square square_at(Point p, int level) {
  const auto cut = [level](double value) {
    const auto whole = static_cast<std::uint32_t>(std::clamp(value + origin, 0.0, 2 * origin - 1));
    return level == 0 ? 0 : whole >> (32 - level) << (32 - level);
  };
  return {.u = cut(p.x), .v = cut(p.y), .level = level};
}

double side_of(Point a, Point b, Point p) {
  return (b.x - a.x) * (p.y - a.y) - (b.y - a.y) * (p.x - a.x);
}

/// Whether the way from `from` to `to` crosses the edge. A corner on the way counts as left of it, so that a
/// way through a corner crosses both of its edges or neither.
bool crosses(Point a, Point b, Point from, Point to) {
  return (side_of(a, b, from) >= 0) != (side_of(a, b, to) >= 0) &&
         (side_of(from, to, a) >= 0) != (side_of(from, to, b) >= 0);
}

Point point_of(const Corner& corner) {
  return {static_cast<double>(corner.x), static_cast<double>(corner.y)};
}

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

/// Metres from a point to an edge, on the plane that touches the earth at the point.
double metres_to(Point a, Point b, Point p, double cos_latitude) {
  const double scale_x = metres_per_unit * cos_latitude, scale_y = metres_per_unit;
  const double ax = (a.x - p.x) * scale_x, ay = (a.y - p.y) * scale_y;
  const double dx = (b.x - a.x) * scale_x, dy = (b.y - a.y) * scale_y;
  const double length2 = dx * dx + dy * dy;
  const double t = length2 == 0 ? 0 : std::clamp(-(ax * dx + ay * dy) / length2, 0.0, 1.0);
  return std::hypot(ax + t * dx, ay + t * dy);
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
    const Point outside{-origin + 0.25, -origin + 0.125};
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

/// Takes `count` values from the front of the section; none when it is too short.
template <class T>
std::span<const T> take(std::string_view& section, std::size_t count) {
  if (count > section.size() / sizeof(T)) {
    section = {};
    return {};
  }
  const std::span<const T> values(reinterpret_cast<const T*>(section.data()), count);
  section.remove_prefix(std::min(section.size(), (count * sizeof(T) + 7) / 8 * 8));
  return values;
}

Point plane(LatLng point) {
  return {static_cast<double>(point.lng_e7), static_cast<double>(point.lat_e7)};
}

}  // namespace

static_assert(sizeof(PolygonView::Header) == 24 && sizeof(PolygonView::Area) == 24 &&
              sizeof(PolygonView::Cell) == 16 && sizeof(PolygonView::Member) == 16 && sizeof(Corner) == 8);

std::string build_polygons(std::span<const Shape> shapes) {
  return Builder(shapes).build();
}

/// A search for the nearest shape: it narrows as something is found.
struct PolygonView::Search {
  Wanted wanted;
  Point point;
  double cos_latitude;
  double radius_m = coast_m;
  const Area* found = nullptr;

  double reach_y() const { return radius_m / metres_per_unit; }
  double reach_x() const { return reach_y() / cos_latitude; }
};

PolygonView::PolygonView(std::string_view section) {
  const auto header = take<Header>(section, 1);
  if (header.empty()) return;
  areas_ = take<Area>(section, header[0].areas);
  corners_ = take<Corner>(section, header[0].corners);
  cells_ = take<Cell>(section, header[0].cells);
  members_ = take<Member>(section, header[0].members);
  edges_ = take<std::uint32_t>(section, header[0].edges);
}

PolygonView::Areas PolygonView::at(LatLng point) const {
  if (cells_.size() < 2) return {};
  const auto find = [&](const Wanted& wanted) {
    const Area* area = holding(point, wanted);
    return area != nullptr ? area : nearest(point, wanted);
  };
  const Area* const country = find({.kind = Kind::country});
  if (country == nullptr) return {};
  const Area* const admin1 =
      country->has_states != 0 ? find({.kind = Kind::admin1, .country = country->key}) : nullptr;
  return {.country = country->key,
          .admin1 = admin1 == nullptr ? 0 : admin1->key,
          .border_m = metres_to_border(point)};
}

/// By the edges in the point's cell: those of its neighbours are as far as the cell is wide, more or less.
double PolygonView::metres_to_border(LatLng point) const {
  double nearest = std::numeric_limits<double>::infinity();
  const auto cell = cell_at(id_of(square_at(plane(point), leaf_level)));
  if (!cell) return nearest;
  const double cos_latitude = std::cos(point.lat() * std::numbers::pi / 180);
  for (const auto& member : members(*cell)) {
    if (area(member, {.kind = Kind::country}) == nullptr) continue;
    for (const auto i : edges(member)) {
      if (i + 1 >= corners_.size()) continue;
      nearest = std::min(
          nearest, metres_to(point_of(corners_[i]), point_of(corners_[i + 1]), plane(point), cos_latitude));
    }
  }
  return nearest;
}

/// The member's area, if it is such a one.
const PolygonView::Area* PolygonView::area(const Member& member, const Wanted& wanted) const {
  if (member.area >= areas_.size()) return nullptr;
  const Area& area = areas_[member.area];
  if (area.kind != static_cast<std::uint8_t>(wanted.kind)) return nullptr;
  return wanted.country == 0 || wanted.country == area.country ? &area : nullptr;
}

std::span<const PolygonView::Member> PolygonView::members(std::size_t cell) const {
  const auto first = cells_[cell].members, last = cells_[cell + 1].members;
  if (first > last || last > members_.size()) return {};
  return members_.subspan(first, last - first);
}

std::span<const std::uint32_t> PolygonView::edges(const Member& member) const {
  if (member.edges > edges_.size() || member.edge_count > edges_.size() - member.edges) return {};
  return edges_.subspan(member.edges, member.edge_count);
}

/// The cell that holds a leaf.
std::optional<std::size_t> PolygonView::cell_at(std::uint64_t leaf) const {
  const auto cells = cells_.first(cells_.size() - 1);
  const auto after = std::ranges::lower_bound(cells, leaf, {}, &Cell::id);
  for (const auto it : {after, after - (after == cells.begin() ? 0 : 1)}) {
    if (it == cells.end()) continue;
    const auto half = half_range(it->id);
    if (leaf >= it->id - half && leaf <= it->id + half) return static_cast<std::size_t>(it - cells.begin());
  }
  return std::nullopt;
}

bool PolygonView::inside(const Cell& cell, const Member& member, LatLng at) const {
  bool inside = member.inside != 0;
  const Point middle = square_of(cell.id).middle(), point = plane(at);
  for (const auto i : edges(member)) {
    if (i + 1 < corners_.size() && crosses(point_of(corners_[i]), point_of(corners_[i + 1]), middle, point)) {
      inside = !inside;
    }
  }
  return inside;
}

const PolygonView::Area* PolygonView::holding(LatLng point, const Wanted& wanted) const {
  const auto cell = cell_at(id_of(square_at(plane(point), leaf_level)));
  if (!cell) return nullptr;
  for (const auto& member : members(*cell)) {
    const Area* const found = area(member, wanted);
    if (found != nullptr && (member.edge_count == 0 || inside(cells_[*cell], member, point))) return found;
  }
  return nullptr;
}

const PolygonView::Area* PolygonView::nearest(LatLng point, const Wanted& wanted) const {
  if (std::abs(point.lat()) > search_up_to_latitude) return nullptr;
  Search search{.wanted = wanted,
                .point = plane(point),
                .cos_latitude = std::cos(point.lat() * std::numbers::pi / 180)};
  look_around(search);
  if (std::abs(search.point.x) + search.reach_x() > turn / 2) {  // beyond the antimeridian
    search.point.x -= std::copysign(turn, search.point.x);
    look_around(search);
  }
  return search.found;
}

/// The at most four cells of one size that hold the box around the point.
void PolygonView::look_around(Search& search) const {
  const double x = search.reach_x(), y = search.reach_y();
  const int level =
      std::clamp(32 - static_cast<int>(std::ceil(std::log2(2 * std::max(x, y) + 1))), 0, leaf_level);
  std::array<std::uint64_t, 4> ids = {
      id_of(square_at({search.point.x - x, search.point.y - y}, level)),
      id_of(square_at({search.point.x + x, search.point.y - y}, level)),
      id_of(square_at({search.point.x - x, search.point.y + y}, level)),
      id_of(square_at({search.point.x + x, search.point.y + y}, level)),
  };
  std::ranges::sort(ids);
  const auto repeated = std::ranges::unique(ids);
  for (const auto id : std::ranges::subrange(ids.begin(), repeated.begin())) look_within(id, search);
}

void PolygonView::look_within(std::uint64_t id, Search& search) const {
  const auto cells = cells_.first(cells_.size() - 1);
  const auto half = half_range(id);
  const auto within = [&](std::uint64_t other) { return other >= id - half && other <= id + half; };
  if (const auto larger = cell_at(id - half); larger && !within(cells[*larger].id))
    return look_at(*larger, search);
  const auto first = std::ranges::lower_bound(cells, id - half, {}, &Cell::id);
  for (auto it = first; it != cells.end() && within(it->id); ++it)
    look_at(static_cast<std::size_t>(it - cells.begin()), search);
}

void PolygonView::look_at(std::size_t cell, Search& search) const {
  const auto square = square_of(cells_[cell].id);
  const auto& [x, y] = search.point;
  const double dx = std::max({square.west() - x, x - square.west() - square.side(), 0.0});
  const double dy = std::max({square.south() - y, y - square.south() - square.side(), 0.0});
  if (dx > search.reach_x() || dy > search.reach_y()) return;
  for (const auto& member : members(cell)) {
    const Area* const candidate = area(member, search.wanted);
    if (candidate == nullptr) continue;
    for (const auto i : edges(member)) {
      if (i + 1 >= corners_.size()) continue;
      const double metres =
          metres_to(point_of(corners_[i]), point_of(corners_[i + 1]), search.point, search.cos_latitude);
      if (metres >= search.radius_m) continue;
      search.radius_m = metres;  // farther ones need not be looked at
      search.found = candidate;
    }
  }
}

}  // namespace waypost::geo
