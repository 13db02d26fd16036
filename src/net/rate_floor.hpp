#pragma once

#include <chrono>
#include <cstdint>

namespace waypost::net {

/// The least bytes a second that a peer must move, averaged over a window of the time that it was waited for:
/// what the server itself takes to produce or to use them does not count. Pure; one thread.
class RateFloor {
 public:
  /// No floor when `bytes_per_second` is 0.
  RateFloor(std::uint64_t bytes_per_second, std::chrono::milliseconds window)
      : bytes_per_second_(bytes_per_second), window_(window) {}

  /// Notes that the peer moved `bytes` while it was waited for. False when a window ends below the floor.
  bool note(std::chrono::nanoseconds waited, std::uint64_t bytes) {
    waited_ += waited;
    bytes_ += bytes;
    if (bytes_per_second_ == 0 || waited_ < window_) return true;
    const double wanted =
        static_cast<double>(bytes_per_second_) * std::chrono::duration<double>(waited_).count();
    const bool enough = static_cast<double>(bytes_) >= wanted;
    waited_ = {};
    bytes_ = 0;
    return enough;
  }

 private:
  std::uint64_t bytes_per_second_;
  std::chrono::milliseconds window_;
  std::chrono::nanoseconds waited_{0};
  std::uint64_t bytes_ = 0;
};

}  // namespace waypost::net
