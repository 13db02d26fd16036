#include "geo/shape.hpp"

#include <algorithm>
#include <cmath>

namespace waypost::geo {
namespace {

constexpr double edge_of_map = 180.0001;
constexpr double beyond_pole = 90.0001;

/// Closed, and with longitudes made continuous: no step of more than half a turn.
std::vector<Degrees> unwrapped(const std::vector<Degrees>& ring) {
  std::vector<Degrees> out;
  double shift = 0;
  const auto append = [&](const Degrees& next, const Degrees& before) {
    if (next.x - before.x > 180) shift -= 360;
    if (next.x - before.x < -180) shift += 360;
    out.push_back({.x = next.x + shift, .y = next.y});
  };
  for (std::size_t i = 0; i < ring.size(); ++i) append(ring[i], ring[i == 0 ? 0 : i - 1]);
  const Degrees &first = ring.front(), &last = ring.back();
  if (first.x != last.x || first.y != last.y) append(first, last);
  return out;
}

/// A ring that ends a whole turn from where it began has a pole inside: the one it is nearer to.
void close_over_pole(std::vector<Degrees>& ring) {
  if (std::abs(ring.back().x - ring.front().x) < 180) return;
  double sum = 0;
  for (const auto& corner : ring) sum += corner.y;
  const double pole = sum < 0 ? -beyond_pole : beyond_pole;
  const Degrees first = ring.front(), last = ring.back();
  ring.push_back({.x = last.x, .y = pole});
  ring.push_back({.x = first.x, .y = pole});
  ring.push_back(first);
}

/// The part of the ring on one side of a meridian (Sutherland and Hodgman).
std::vector<Degrees> clipped(const std::vector<Degrees>& ring, double meridian, bool keep_east) {
  const auto inside = [&](const Degrees& p) { return keep_east ? p.x >= meridian : p.x <= meridian; };
  std::vector<Degrees> out;
  for (std::size_t i = 0; i + 1 < ring.size(); ++i) {
    const Degrees &a = ring[i], &b = ring[i + 1];
    if (inside(a)) out.push_back(a);
    if (inside(a) != inside(b))
      out.push_back({.x = meridian, .y = a.y + (b.y - a.y) * (meridian - a.x) / (b.x - a.x)});
  }
  if (!out.empty()) out.push_back(out.front());
  return out;
}

Corner corner(Degrees p) {
  const auto outwards = [](double value, double limit, double beyond) {
    return std::abs(value) >= limit - 1e-6 ? std::copysign(beyond, value) : value;
  };
  return {.x = static_cast<std::int32_t>(std::lround(outwards(p.x, 180, edge_of_map) * 1e7)),
          .y = static_cast<std::int32_t>(std::lround(outwards(p.y, 90, beyond_pole) * 1e7))};
}

void add_closed(const std::vector<Degrees>& ring, double shift, std::vector<Ring>& out) {
  Ring closed;
  for (const auto& p : ring) {
    const Corner next = corner({.x = p.x - shift, .y = p.y});
    if (closed.empty() || !(closed.back() == next)) closed.push_back(next);
  }
  if (closed.size() >= 4) out.push_back(std::move(closed));
}

}  // namespace

void add_ring(const std::vector<Degrees>& ring, std::vector<Ring>& out) {
  if (ring.size() < 3) return;
  auto whole = unwrapped(ring);
  close_over_pole(whole);
  const auto [west, east] = std::ranges::minmax(whole, {}, &Degrees::x);
  // One copy of the map after the other, each 360° wide.
  for (double shift = std::floor((west.x + 180) / 360) * 360; shift - 180 < east.x; shift += 360) {
    auto part = whole;
    if (west.x < shift - 180) part = clipped(part, shift - 180, true);
    if (east.x > shift + 180) part = clipped(part, shift + 180, false);
    add_closed(part, shift, out);
  }
}

}  // namespace waypost::geo
