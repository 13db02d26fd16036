#include "waypost/base/scheduling.hpp"

#include <sched.h>
#include <sys/prctl.h>

#include <algorithm>
#include <chrono>
#include <thread>

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
  // A sleep ends when it is over, not up to 50 us later.
  ::prctl(PR_SET_TIMERSLACK, 1);
}

void Breather::breathe() {
  // A shorter sleep is over before the thread has left its core. A thread that yields (sched_yield(2)) gives
  // up the rest of its turn, and with it its share of a busy core.
  constexpr std::chrono::microseconds between{120}, breath{20};
  if (std::chrono::steady_clock::now() - last_ < between) return;
  std::this_thread::sleep_for(breath);
  last_ = std::chrono::steady_clock::now();
}

}  // namespace waypost
