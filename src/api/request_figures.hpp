#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "waypost/base/histogram.hpp"

namespace waypost::api {

/// Counts the responses of each route. A thread has counters of its own, so that the io threads do not pass
/// cache lines to and fro at every request; they are added up when somebody asks. Any thread.
class RequestFigures {
 public:
  /// The buckets' upper bounds in microseconds; one more takes what is longer.
  static constexpr std::array<std::int64_t, 16> bounds_us{
      100,    250,     500,     1'000,   2'500,     5'000,     10'000,     25'000,
      50'000, 100'000, 250'000, 500'000, 1'000'000, 2'500'000, 10'000'000, 60'000'000};
  /// The status codes that are told apart; the last stands for all others.
  static constexpr std::array<int, 31> codes{200, 201, 202, 204, 206, 302, 304, 400, 401, 403, 404,
                                             405, 406, 408, 409, 411, 412, 413, 414, 415, 416, 417,
                                             422, 429, 431, 500, 501, 503, 505, 507, 0};
  static std::string code_name(std::size_t at) {
    return codes[at] == 0 ? "other" : std::to_string(codes[at]);
  }

  struct Sum {
    std::array<std::uint64_t, codes.size()> by_code{};
    Histogram durations;
  };

  explicit RequestFigures(std::size_t routes) {
    for (auto& shard : shards_) shard = std::vector<Row>(routes);
  }
  void note(std::size_t route, int status, std::chrono::microseconds elapsed);
  Sum sum(std::size_t route) const;

 private:
  using Count = std::atomic<std::uint64_t>;
  struct alignas(64) Row {
    std::array<Count, codes.size()> by_code{};
    std::array<Count, bounds_us.size() + 1> by_duration{};
    Count microseconds = 0;
  };
  std::array<std::vector<Row>, 8> shards_;  ///< more threads than that share them
};

}  // namespace waypost::api
