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
/// Layout of the section, little-endian, each part aligned to 8 bytes:
///   Header · Area[areas] · Corner[corners] · Cell[cells], sorted by id, a last one behind all ·
///   Member[members] · uint32[edges], each the number of an edge's first corner
namespace waypost::geo {

/// The section of an index for these shapes; of shapes that hold the same point the first one counts.
std::string build_polygons(std::span<const Shape> shapes);

/// Reads what `build_polygons` wrote, where it lies. A damaged section gives wrong or no answers, never a
/// fault. Any thread.
class PolygonView {
 public:
  explicit PolygonView(std::string_view section);

  /// Keys of places; 0 for none.
  struct Areas {
    std::uint64_t country = 0, admin1 = 0;
    double border_m = 0;  ///< how far the nearest border of a country is, as far as it is known to be near
  };
  /// The country and the state that hold the point; where none does, the nearest within 25 km: a beach, a
  /// pier, a simplified coast.
  Areas at(LatLng point) const;

  struct Header {
    std::uint32_t areas, corners, cells, members, edges, reserved;
  };
  struct Area {
    std::uint64_t key, country;
    std::uint8_t kind;
    std::uint8_t has_states;  ///< whether shapes of its admin1 are here
    std::uint8_t reserved[6];
  };
  struct Cell {
    std::uint64_t id;
    std::uint32_t members;  ///< its first one; the next cell's first is the end
    std::uint32_t reserved;
  };
  struct Member {
    std::uint32_t area;
    std::uint32_t edges;       ///< its first one
    std::uint32_t edge_count;  ///< 0: the whole cell is inside
    std::uint32_t inside;      ///< whether the middle of the cell is
  };

 private:
  struct Wanted {
    Kind kind;
    std::uint64_t country = 0;  ///< of this country only, unless 0
  };
  struct Search;

  double metres_to_border(LatLng point) const;
  const Area* area(const Member& member, const Wanted& wanted) const;
  const Area* holding(LatLng point, const Wanted& wanted) const;
  const Area* nearest(LatLng point, const Wanted& wanted) const;
  std::span<const Member> members(std::size_t cell) const;
  std::span<const std::uint32_t> edges(const Member& member) const;
  std::optional<std::size_t> cell_at(std::uint64_t leaf) const;
  bool inside(const Cell& cell, const Member& member, LatLng at) const;
  void look_around(Search& search) const;
  void look_within(std::uint64_t id, Search& search) const;
  void look_at(std::size_t cell, Search& search) const;

  std::span<const Area> areas_;
  std::span<const Corner> corners_;
  std::span<const Cell> cells_;
  std::span<const Member> members_;
  std::span<const std::uint32_t> edges_;
};

}  // namespace waypost::geo
