#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "geo/shape.hpp"

/// Which country, which state: shapes in a quadtree over the map. A cell that lies wholly inside a shape
/// answers by itself; a cell on a border holds the few edges that cross it and whether its middle is inside,
/// so that a point is judged by the edges between it and the middle.
///
/// Layout, little-endian, each part aligned to 8 bytes:
///   Header · Corner[corners] · Cell[cells + 1], sorted by id · Member[members] · uint32[edges]
namespace waypost::geo::shapes {

/// The section of an index for these shapes; of shapes that hold the same point the first one counts.
std::string build(std::span<const Shape> shapes);

struct Found {
  std::uint32_t subject;
  double distance_m;  ///< 0 inside
};

/// Reads what `build` wrote. A damaged section gives wrong or no answers, never a fault. Any thread.
class View {
 public:
  View() = default;  ///< of no shapes
  explicit View(std::string_view section);

  bool empty() const { return cells_.size() < 2; }
  /// The shape of that kind that holds the point; nothing when none does.
  std::optional<std::uint32_t> at(Kind kind, LatLng point) const;
  /// As `at`, else the nearest shape of that kind within `radius_m` (at most 50 km): a beach, a pier, a
  /// simplified coast.
  std::optional<Found> near(Kind kind, LatLng point, double radius_m) const;

  struct Header {
    std::uint32_t corners, cells, members, edges;
  };
  struct Cell {
    std::uint64_t id;
    std::uint32_t members;  ///< its first one; the next cell's first is the end
    std::uint32_t reserved;
  };
  struct Member {
    std::uint32_t subject;
    std::uint32_t edges;  ///< its first one
    std::uint32_t edge_count;
    std::uint8_t kind;
    std::uint8_t inside;  ///< whether the middle of the cell is
    std::uint8_t reserved[2];
  };

 private:
  /// A search for what is near: it narrows as something is found.
  struct Search {
    Kind kind;
    double x, y;  ///< the point, on the plane
    double cos_latitude;
    double radius_m;
    std::optional<Found> best;
    double reach_x() const;
    double reach_y() const;
  };

  std::span<const Member> members(std::size_t cell) const;
  std::span<const std::uint32_t> edges(const Member& member) const;
  std::optional<std::size_t> cell_at(std::uint64_t leaf) const;
  bool inside(const Cell& cell, const Member& member, LatLng at) const;
  void look_around(Search& search) const;
  void look_within(std::uint64_t id, Search& search) const;
  void look_at(std::size_t cell, Search& search) const;

  std::span<const Corner> corners_;
  std::span<const Cell> cells_;
  std::span<const Member> members_;
  std::span<const std::uint32_t> edges_;
};

}  // namespace waypost::geo::shapes
