#pragma once

#include <span>
#include <vector>

#include "geo/index_view.hpp"
#include "waypost/geo/search.hpp"

namespace waypost::geo {

/// `Filters`, looked up in one gazetteer: which places pass. Lives as long as both.
class Filter {
 public:
  Filter(const Gazetteer& gazetteer, const Filters& filters);
  /// Whether the place is where the filters say. Kinds and the box are judged by `admits`, of the hit.
  bool passes(const index::PlaceRecord& place, std::uint32_t number) const {
    return !names_a_place_ || is_in_each(place, number);
  }
  /// Whether a hit is of a wanted kind and inside the box; its postal code, if it has one of its own, wanted.
  bool admits(Kind kind, LatLng location, std::uint32_t postal_code) const;
  /// Whether a value names nothing at all, so that nothing can pass.
  bool impossible() const { return impossible_; }
  /// The smallest kind of place that the filters name, most important first: what `components` alone asks
  /// for.
  std::vector<PlaceNumber> named() const;
  /// The towns that the filters name or that their postal codes lie in, and these codes, ascending.
  std::span<const PlaceNumber> towns() const { return towns_; }
  std::span<const PlaceNumber> codes() const { return codes_; }

 private:
  using Places = std::vector<PlaceNumber>;  // sorted
  Places sorted(std::initializer_list<std::span<const PlaceNumber>> lists, std::span<const Kind> kinds);
  bool is_in_each(const index::PlaceRecord& place, std::uint32_t number) const;
  bool in_town(const index::PlaceRecord& place, std::uint32_t number, const Places& towns) const;

  const IndexView& index_;
  const Filters& filters_;
  std::vector<Places> countries_, areas_, localities_, postal_codes_, routes_;  // a place must match each
  Places towns_, codes_;
  bool names_a_place_;
  bool impossible_ = false;
};

}  // namespace waypost::geo
