#include "geo/polygons.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>

#include "geo/map_square.hpp"

namespace waypost::geo {
namespace {

constexpr double turn = 3.6e9;
constexpr double metres_per_unit = 0.0111319;
constexpr double coast_m = 25'000;
constexpr double search_up_to_latitude = 88;  // nearer to the poles a box is no longer a neighbourhood

/// Metres from a point to an edge, on the plane that touches the earth at the point.
double metres_to(Point a, Point b, Point p, double cos_latitude) {
  const double scale_x = metres_per_unit * cos_latitude, scale_y = metres_per_unit;
  const double ax = (a.x - p.x) * scale_x, ay = (a.y - p.y) * scale_y;
  const double dx = (b.x - a.x) * scale_x, dy = (b.y - a.y) * scale_y;
  const double length2 = dx * dx + dy * dy;
  const double t = length2 == 0 ? 0 : std::clamp(-(ax * dx + ay * dy) / length2, 0.0, 1.0);
  return std::hypot(ax + t * dx, ay + t * dy);
}

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

/// Whether the edge is none of the land but where the map ends: at a pole, at the antimeridian.
bool is_rim(Point a, Point b) {
  return std::min(std::abs(a.x), std::abs(b.x)) >= turn / 2 ||
         std::min(std::abs(a.y), std::abs(b.y)) >= turn / 4;
}

Point plane(LatLng point) {
  return {static_cast<double>(point.lng_e7), static_cast<double>(point.lat_e7)};
}

}  // namespace

static_assert(sizeof(PolygonView::Header) == 24 && sizeof(PolygonView::Area) == 24 &&
              sizeof(PolygonView::Cell) == 16 && sizeof(PolygonView::Member) == 16 && sizeof(Corner) == 8);

/// A search for the nearest shape: it narrows as something is found.
struct PolygonView::Search {
  Wanted wanted;
  Point point;
  double cos_latitude;
  double radius_m;
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
      const Point a = point_of(corners_[i]), b = point_of(corners_[i + 1]);
      if (!is_rim(a, b)) nearest = std::min(nearest, metres_to(a, b, plane(point), cos_latitude));
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
  // Most that lies in no shape lies right beside one: the wide search, with its many edges, is seldom needed.
  for (const double radius_m : {coast_m / 16, coast_m}) {
    Search search{.wanted = wanted,
                  .point = plane(point),
                  .cos_latitude = std::cos(point.lat() * std::numbers::pi / 180),
                  .radius_m = radius_m};
    look_around(search);
    if (std::abs(search.point.x) + search.reach_x() > turn / 2) {  // beyond the antimeridian
      search.point.x -= std::copysign(turn, search.point.x);
      look_around(search);
    }
    if (search.found != nullptr) return search.found;
  }
  return nullptr;
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
