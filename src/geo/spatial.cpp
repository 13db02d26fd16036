#include "geo/spatial.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace waypost::geo::spatial {
namespace {

using Node = index::SpatialNode;
constexpr double scale = 1 << 30;
constexpr double earth_radius_m = 6'371'008.8;

std::int32_t coordinate(const Node& node, int axis) {
  return axis == 0 ? node.x : axis == 1 ? node.y : node.z;
}

void build_range(std::span<Node> nodes, int axis) {
  if (nodes.size() < 2) return;
  const auto middle = nodes.begin() + static_cast<std::ptrdiff_t>(nodes.size() / 2);
  std::ranges::nth_element(nodes, middle, [axis](const Node& a, const Node& b) {
    const auto left = coordinate(a, axis), right = coordinate(b, axis);
    return left != right ? left < right : a.place < b.place;
  });
  const int next = (axis + 1) % 3;
  build_range(nodes.first(nodes.size() / 2), next);
  build_range(nodes.subspan(nodes.size() / 2 + 1), next);
}

class Search {
 public:
  Search(Node target, double limit, std::span<Found> out) : target_(target), limit_(limit), out_(out) {}

  void run(std::span<const Node> nodes, int axis) {
    if (nodes.empty()) return;
    const auto half = nodes.size() / 2;
    const Node& root = nodes[half];
    offer(root);
    const double gap = static_cast<double>(coordinate(target_, axis)) - coordinate(root, axis);
    const auto below = nodes.first(half), above = nodes.subspan(half + 1);
    const int next = (axis + 1) % 3;
    run(gap < 0 ? below : above, next);
    if (gap * gap <= limit_) run(gap < 0 ? above : below, next);
  }

  std::size_t found() const { return count_; }

 private:
  void offer(const Node& node) {
    const double dx = static_cast<double>(node.x) - target_.x, dy = static_cast<double>(node.y) - target_.y,
                 dz = static_cast<double>(node.z) - target_.z;
    const double chord2 = dx * dx + dy * dy + dz * dz;
    if (chord2 > limit_) return;
    const bool full = count_ == out_.size();
    if (full && !worse(out_[count_ - 1], chord2, node.place)) return;
    std::size_t at = full ? count_ - 1 : count_++;
    for (; at > 0 && worse(out_[at - 1], chord2, node.place); --at) out_[at] = out_[at - 1];
    out_[at] = {.place = node.place, .chord2 = chord2};
    if (count_ == out_.size()) limit_ = std::min(limit_, out_[count_ - 1].chord2);
  }

  /// Of places at the same point the more important one comes first.
  static bool worse(const Found& a, double chord2, std::uint32_t place) {
    return a.chord2 > chord2 || (a.chord2 == chord2 && a.place > place);
  }

  Node target_;
  double limit_;
  std::span<Found> out_;
  std::size_t count_ = 0;
};

}  // namespace

Node node(LatLng point, std::uint32_t place) {
  const double lat = point.lat() * std::numbers::pi / 180, lng = point.lng() * std::numbers::pi / 180;
  const auto unit = [](double value) { return static_cast<std::int32_t>(std::lround(value * (scale - 1))); };
  return {.x = unit(std::cos(lat) * std::cos(lng)),
          .y = unit(std::cos(lat) * std::sin(lng)),
          .z = unit(std::sin(lat)),
          .place = place};
}

double Found::metres() const {
  return 2 * earth_radius_m * std::asin(std::min(1.0, std::sqrt(chord2) / 2));
}

void build(std::span<Node> nodes) {
  build_range(nodes, 0);
}

std::size_t nearest(std::span<const Node> tree, LatLng point, double radius_m, std::span<Found> out) {
  const double angle = std::min(radius_m / earth_radius_m, std::numbers::pi);
  const double chord = 2 * std::sin(angle / 2) * scale;
  Search search(node(point, 0), chord * chord + 16, out);
  search.run(tree, 0);
  for (auto& found : out.first(search.found())) found.chord2 /= scale * scale;
  return search.found();
}

}  // namespace waypost::geo::spatial
