#include "api/request_figures.hpp"

#include <algorithm>

namespace waypost::api {

void RequestFigures::note(std::size_t route, int status, std::chrono::microseconds elapsed) {
  static std::atomic<std::size_t> threads = 0;
  thread_local const std::size_t shard = threads.fetch_add(1) % std::tuple_size_v<decltype(shards_)>;
  const auto add = [](Count& count, std::uint64_t by) { count.fetch_add(by, std::memory_order_relaxed); };
  Row& row = shards_[shard][route];
  add(row.by_class[static_cast<std::size_t>(std::clamp(status / 100, 1, 5) - 1)], 1);
  const auto* const bucket = std::ranges::lower_bound(bounds_us, elapsed.count());
  add(row.by_duration[static_cast<std::size_t>(bucket - bounds_us.begin())], 1);
  add(row.microseconds, static_cast<std::uint64_t>(std::max<std::int64_t>(elapsed.count(), 0)));
}

RequestFigures::Sum RequestFigures::sum(std::size_t route) const {
  Sum sum;
  for (const auto& shard : shards_) {
    const Row& row = shard[route];
    const auto add = [](auto& to, const auto& counts) {
      for (std::size_t i = 0; i < counts.size(); ++i) to[i] += counts[i].load(std::memory_order_relaxed);
    };
    add(sum.by_class, row.by_class);
    add(sum.by_duration, row.by_duration);
    sum.microseconds += row.microseconds.load(std::memory_order_relaxed);
  }
  return sum;
}

}  // namespace waypost::api
