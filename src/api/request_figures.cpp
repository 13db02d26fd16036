#include "api/request_figures.hpp"

#include <algorithm>

namespace waypost::api {
namespace {

const Scale scale{.bounds = RequestFigures::bounds_us, .step = 1e-6};

/// Where a status stands among the codes, by the status.
constexpr auto places = [] {
  std::array<std::uint8_t, 600> places{};
  places.fill(RequestFigures::codes.size() - 1);
  for (std::size_t i = 0; i + 1 < RequestFigures::codes.size(); ++i)
    places[static_cast<std::size_t>(RequestFigures::codes[i])] = static_cast<std::uint8_t>(i);
  return places;
}();

}  // namespace

void RequestFigures::note(std::size_t route, int status, std::chrono::microseconds elapsed) {
  static std::atomic<std::size_t> threads = 0;
  thread_local const std::size_t shard = threads.fetch_add(1) % std::tuple_size_v<decltype(shards_)>;
  const auto add = [](Count& count, std::uint64_t by) { count.fetch_add(by, std::memory_order_relaxed); };
  Row& row = shards_[shard][route];
  const auto code = static_cast<std::size_t>(std::clamp(status, 0, 599));
  add(row.by_code[places[code]], 1);
  const auto* const bucket = std::ranges::lower_bound(bounds_us, elapsed.count());
  add(row.by_duration[static_cast<std::size_t>(bucket - bounds_us.begin())], 1);
  add(row.microseconds, static_cast<std::uint64_t>(std::max<std::int64_t>(elapsed.count(), 0)));
}

RequestFigures::Sum RequestFigures::sum(std::size_t route) const {
  Sum sum{.durations = Histogram(scale)};
  for (const auto& shard : shards_) {
    const Row& row = shard[route];
    for (std::size_t i = 0; i < row.by_code.size(); ++i)
      sum.by_code[i] += row.by_code[i].load(std::memory_order_relaxed);
    for (std::size_t i = 0; i < row.by_duration.size(); ++i)
      sum.durations.add(i, row.by_duration[i].load(std::memory_order_relaxed));
    sum.durations.add_to_sum(row.microseconds.load(std::memory_order_relaxed));
  }
  return sum;
}

}  // namespace waypost::api
