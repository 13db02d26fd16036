#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <span>
#include <vector>

#include "waypost/base/time.hpp"

/// How many values there were of which size, as metrics want to know it.
namespace waypost {

/// What a histogram counts in: whole steps (milliseconds, microseconds, rows), and what one of them is in the
/// base unit that is shown (seconds, rows). Lives for ever.
struct Scale {
  std::span<const std::int64_t>
      bounds;  ///< ascending; a value belongs to the first bound that it is not over
  double step = 1;
};

/// Milliseconds that something waited or took, from one to a day.
extern const Scale milliseconds_scale;
/// Microseconds of what should take a few milliseconds.
extern const Scale microseconds_scale;
/// Things handled together.
extern const Scale batch_scale;

/// Plain values: one thread at a time.
class Histogram {
 public:
  explicit Histogram(const Scale& scale) : scale_(&scale), counts_(scale.bounds.size() + 1) {}
  /// A value below 0 (a clock that was put back) counts as 0.
  void note(std::int64_t value);
  // From counters that somebody else keeps: so many more in a bucket, so much more in all.
  void add(std::size_t bucket, std::uint64_t count) { counts_[bucket] += count; }
  void add_to_sum(std::uint64_t amount) { sum_ += amount; }

  const Scale& scale() const { return *scale_; }
  /// One for each bound, and one for what is over the last.
  std::span<const std::uint64_t> counts() const { return counts_; }
  std::uint64_t sum() const { return sum_; }
  /// Of values.
  std::uint64_t count() const;

 private:
  const Scale* scale_;
  std::vector<std::uint64_t> counts_;
  std::uint64_t sum_ = 0;
};

/// The same for any number of threads.
class SharedHistogram {
 public:
  explicit SharedHistogram(const Scale& scale) : scale_(&scale), counts_(scale.bounds.size() + 1) {}
  void note(std::int64_t value);
  Histogram read() const;

 private:
  const Scale* scale_;
  std::vector<std::atomic<std::uint64_t>> counts_;
  std::atomic<std::uint64_t> sum_ = 0;
};

}  // namespace waypost
