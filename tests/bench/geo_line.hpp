#pragma once

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <functional>
#include <string>
#include <vector>

#include "waypost/geo/search.hpp"

namespace waypost::bench {

/// One line of the report: a share of right answers and the percentiles of what they took. Printed at its
/// end.
class Line {
 public:
  explicit Line(std::string name) : name_(std::move(name)) {}
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;
  ~Line() {
    if (asked_ == 0) return;
    std::printf("%-64s %6.2f %%  of %6zu", name_.c_str(),
                100.0 * static_cast<double>(right_) / static_cast<double>(asked_), asked_);
    if (!times_.empty()) {
      std::ranges::sort(times_);
      std::printf("   p50 %7.1f  p99 %7.1f  max %8.1f µs", at(0.5), at(0.99), at(1));
    }
    std::printf("\n");
    std::fflush(stdout);
  }

  /// Times the lookup, then judges its answer.
  bool measure(const std::function<geo::Answer()>& look_up,
               const std::function<bool(const geo::Answer&)>& is_right) {
    const double start = microseconds();
    const auto answer = look_up();
    times_.push_back(microseconds() - start);
    const bool right = is_right(answer);
    count(right);
    return right;
  }

  void count(bool right) {
    ++asked_;
    if (right) ++right_;
  }

 private:
  /// Of this thread on a processor: what other programs take of the machine does not count.
  static double microseconds() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) * 1e-3;
  }

  double at(double share) const {
    return times_[static_cast<std::size_t>(share * static_cast<double>(times_.size() - 1))];
  }

  std::string name_;
  std::size_t asked_ = 0, right_ = 0;
  std::vector<double> times_;
};

}  // namespace waypost::bench
