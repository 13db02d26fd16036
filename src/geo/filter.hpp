#pragma once

#include <span>
#include <vector>

#include "waypost/geo/search.hpp"

namespace waypost::geo {

/// `Filters`, looked up in one gazetteer: which places pass. Lives as long as both.
class Filter {
 public:
  Filter(const Gazetteer& gazetteer, const Filters& filters);
  bool passes(const Place& place) const;
  /// Whether a value names nothing at all, so that nothing can pass.
  bool impossible() const { return impossible_; }
  /// The smallest kind of place that the filters name, most important first: what `components` alone asks
  /// for.
  std::vector<PlaceNumber> named() const;

 private:
  using Places = std::vector<PlaceNumber>;  // sorted
  Places look_up(std::string_view value, bool codes, std::span<const Kind> kinds);

  const Gazetteer& gazetteer_;
  const Filters& filters_;
  std::vector<Places> countries_, areas_, localities_;  // a place must match each
  bool impossible_ = false;
};

}  // namespace waypost::geo
