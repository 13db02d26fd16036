#pragma once

#include <chrono>

namespace waypost {

/// How the kernel shares the cores between those whom people wait for and those who work through batches.
/// Both are wishes: where the system refuses them (a seccomp filter, a policy that the operator chose)
/// nothing changes.

/// For the calling thread and those that it starts from now on: short turns, and soon. Since Linux 6.12 a
/// thread of the ordinary policy may name the length of its turns (sched_setattr(2)); one with shorter turns
/// interrupts one with longer ones when it wakes, and needs not wait for the end of the other's turn, which
/// is milliseconds.
void take_short_turns();

/// For the calling thread: five steps nicer than the process (nice(2), per thread on Linux), and in long
/// turns that everyone may interrupt.
void take_long_turns();

/// For work that keeps its core for milliseconds. A thread that has just run and is woken again waits for the
/// end of another's turn, or for the kernel's clock, all 4 ms at 250 Hz; so the other lets go of the core for
/// a moment, often. One thread.
class Breather {
 public:
  /// To be called every few microseconds: sleeps for a moment when the last one was long ago.
  void breathe();

 private:
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

}  // namespace waypost
