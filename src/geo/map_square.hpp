#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>

#include "geo/shape.hpp"

/// Squares of a quadtree over the map, and the side of a line on which a point lies. Pure; any thread.
namespace waypost::geo {

/// A cell of level L is one of 4^L squares; its id is its place on the Z-order curve, a one, and zeros up to
/// the leaves: ids sort as the curve runs, and the cells within a cell are a range of ids around its own.
inline constexpr int leaf_level = 30;
/// Of the map's corner, in units (1e-7 degrees) west and south of 0, 0.
inline constexpr double map_origin = 2147483648.0;

/// On the plane of longitude and latitude, in units.
struct Point {
  double x, y;
};

/// One of the 4^level squares of the map.
struct Square {
  std::uint32_t u = 0, v = 0;  ///< its southwestern corner, from the map's
  int level = 0;

  double side() const { return std::ldexp(1.0, 32 - level); }
  double west() const { return u - map_origin; }
  double south() const { return v - map_origin; }
  /// Not quite the middle: a hair beside it no corner can lie.
  Point middle() const { return {west() + side() / 2 + 0.25, south() + side() / 2 + 0.125}; }
};

/// Puts a zero before each bit; `gather` takes every second one.
inline std::uint64_t spread(std::uint32_t bits) {
  std::uint64_t x = bits;
  x = (x | x << 16) & 0x0000FFFF0000FFFF;
  x = (x | x << 8) & 0x00FF00FF00FF00FF;
  x = (x | x << 4) & 0x0F0F0F0F0F0F0F0F;
  x = (x | x << 2) & 0x3333333333333333;
  return (x | x << 1) & 0x5555555555555555;
}

inline std::uint32_t gather(std::uint64_t x) {
  x &= 0x5555555555555555;
  x = (x | x >> 1) & 0x3333333333333333;
  x = (x | x >> 2) & 0x0F0F0F0F0F0F0F0F;
  x = (x | x >> 4) & 0x00FF00FF00FF00FF;
  x = (x | x >> 8) & 0x0000FFFF0000FFFF;
  return static_cast<std::uint32_t>(x | x >> 16);
}

/// The place of a leaf on the Z-order curve.
inline std::uint64_t curve(std::uint32_t u, std::uint32_t v) {
  return spread(u) | spread(v) << 1;
}

inline std::uint64_t id_of(const Square& square) {
  const std::uint64_t position = square.level == 0 ? 0 : curve(square.u, square.v) >> (64 - 2 * square.level);
  return (position << 1 | 1) << (2 * (leaf_level - square.level));
}

inline Square square_of(std::uint64_t id) {
  const int level = leaf_level - std::min(leaf_level, std::countr_zero(id) / 2);
  const std::uint64_t position = id >> (2 * (leaf_level - level) + 1);
  const std::uint64_t whole = level == 0 ? 0 : position << (64 - 2 * level);
  return {.u = gather(whole), .v = gather(whole >> 1), .level = level};
}

/// The cells within a cell are those from `id - half_range(id)` to `id + half_range(id)`.
inline std::uint64_t half_range(std::uint64_t id) {
  return (id & (~id + 1)) - 1;
}

/// The square of that level that holds the point; at the rim for one beyond the map.
inline Square square_at(Point p, int level) {
  const auto cut = [level](double value) {
    const auto whole = static_cast<std::uint32_t>(std::clamp(value + map_origin, 0.0, 2 * map_origin - 1));
    return level == 0 ? 0 : whole >> (32 - level) << (32 - level);
  };
  return {.u = cut(p.x), .v = cut(p.y), .level = level};
}

/// Above zero when `p` lies left of the way from `a` to `b`.
inline double side_of(Point a, Point b, Point p) {
  return (b.x - a.x) * (p.y - a.y) - (b.y - a.y) * (p.x - a.x);
}

/// Whether the way from `from` to `to` crosses the edge. A corner on the way counts as left of it, so that a
/// way through a corner crosses both of its edges or neither.
inline bool crosses(Point a, Point b, Point from, Point to) {
  return (side_of(a, b, from) >= 0) != (side_of(a, b, to) >= 0) &&
         (side_of(from, to, a) >= 0) != (side_of(from, to, b) >= 0);
}

inline Point point_of(const Corner& corner) {
  return {static_cast<double>(corner.x), static_cast<double>(corner.y)};
}

}  // namespace waypost::geo
