#pragma once

#include <string_view>
#include <unordered_map>
#include <vector>

#include "geo/index_builder.hpp"
#include "geo/index_format.hpp"

namespace waypost::geo {

/// The towns of the drafts by name and by place, so that rows of postal codes and addresses find theirs.
/// Lives as long as the builder, which it makes towns in.
class IndexBuilder::Towns {
 public:
  explicit Towns(IndexBuilder& builder);
  /// The town or quarter of the country that bears the name (any of its names) and is near enough to be it;
  /// none when there is none. `name` is folded.
  std::uint32_t named(std::uint32_t country, std::string_view name, LatLng point) const;
  /// The nearest town of the country within 30 km; none when there is none.
  std::uint32_t nearest(std::uint32_t country, LatLng point) const;
  /// The town of that name, else a new one. `name` as written, `admin1` the name of a state or empty.
  std::uint32_t find_or_make(std::uint32_t country, std::string_view name, LatLng point,
                             std::string_view admin1, std::uint8_t source);

 private:
  void add(std::uint32_t draft, std::string_view name);
  std::uint32_t state_of(std::uint32_t country, std::string_view name, LatLng point) const;
  std::uint64_t name_key(std::uint32_t country, std::string_view folded) const;

  IndexBuilder& builder_;
  std::unordered_multimap<std::uint64_t, std::uint32_t> by_name_;
  std::unordered_map<std::uint64_t, std::uint32_t> states_;  // country and folded name, code
  std::vector<index::SpatialNode> tree_;                     // of the towns that sources brought
};

}  // namespace waypost::geo
