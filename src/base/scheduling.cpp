#include "waypost/base/scheduling.hpp"

#include <sched.h>

#include <algorithm>
#include <chrono>

#include "base/sched_attr.hpp"

namespace waypost {
namespace {

// The shortest and the longest turn that the kernel grants.
constexpr std::chrono::nanoseconds short_turn{100'000};
constexpr std::chrono::nanoseconds long_turn{100'000'000};
constexpr int background = 5, nicest = 19;

void set_turns(std::chrono::nanoseconds turn, int nicer) {
  const auto now = sched_attributes();
  if (!now || now->policy != SCHED_OTHER) return;
  set_sched_attributes(
      {.nice = std::min(now->nice + nicer, nicest), .runtime = static_cast<std::uint64_t>(turn.count())});
}

}  // namespace

void take_short_turns() {
  set_turns(short_turn, 0);
}

void take_long_turns() {
  set_turns(long_turn, background);
}

}  // namespace waypost
