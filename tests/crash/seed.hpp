#pragma once

#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>

namespace waypost::test {

/// WAYPOST_TEST_SEED, to repeat the choices of a run that failed, or a new one; printed.
inline std::uint64_t test_seed() {
  std::random_device device;
  const char* given = std::getenv("WAYPOST_TEST_SEED");
  const std::uint64_t seed =
      given != nullptr ? std::stoull(given) : (static_cast<std::uint64_t>(device()) << 32) | device();
  std::printf("WAYPOST_TEST_SEED=%llu\n", static_cast<unsigned long long>(seed));
  return seed;
}

/// Lets a random part of `most` pass before a kill. The moment is what the test is about; it waits for
/// nothing.
inline void let_time_pass(std::mt19937_64& random, std::chrono::milliseconds most) {
  std::uniform_int_distribution<std::int64_t> microseconds(0, std::chrono::microseconds(most).count());
  std::this_thread::sleep_for(std::chrono::microseconds(microseconds(random)));
}

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
inline constexpr bool sanitized = true;
#else
inline constexpr bool sanitized = false;
#endif
#endif

}  // namespace waypost::test
