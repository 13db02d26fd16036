#include "waypost/base/histogram.hpp"

#include <algorithm>
#include <numeric>

namespace waypost {
namespace {

constexpr std::array<std::int64_t, 20> milliseconds{
    1,     5,      10,     25,     50,      100,     250,       500,        1'000,      2'500,
    5'000, 10'000, 30'000, 60'000, 300'000, 900'000, 3'600'000, 14'400'000, 43'200'000, 86'400'000};
constexpr std::array<std::int64_t, 14> microseconds{100,     250,     500,       1'000,    2'500,
                                                    5'000,   10'000,  25'000,    50'000,   100'000,
                                                    250'000, 500'000, 1'000'000, 5'000'000};
constexpr std::array<std::int64_t, 11> batches{1, 2, 5, 10, 20, 50, 100, 200, 500, 1'000, 2'000};

std::size_t bucket_of(const Scale& scale, std::int64_t value) {
  return static_cast<std::size_t>(std::ranges::lower_bound(scale.bounds, value) - scale.bounds.begin());
}

std::uint64_t not_negative(std::int64_t value) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(value, 0));
}

}  // namespace

const Scale milliseconds_scale{.bounds = milliseconds, .step = 1e-3};
const Scale microseconds_scale{.bounds = microseconds, .step = 1e-6};
const Scale batch_scale{.bounds = batches, .step = 1};

void Histogram::note(std::int64_t value) {
  ++counts_[bucket_of(*scale_, value)];
  sum_ += not_negative(value);
}

std::uint64_t Histogram::count() const {
  return std::accumulate(counts_.begin(), counts_.end(), std::uint64_t{0});
}

void SharedHistogram::note(std::int64_t value) {
  counts_[bucket_of(*scale_, value)].fetch_add(1, std::memory_order_relaxed);
  sum_.fetch_add(not_negative(value), std::memory_order_relaxed);
}

Histogram SharedHistogram::read() const {
  Histogram read(*scale_);
  for (std::size_t i = 0; i < counts_.size(); ++i) read.add(i, counts_[i].load(std::memory_order_relaxed));
  read.add_to_sum(sum_.load(std::memory_order_relaxed));
  return read;
}

}  // namespace waypost
