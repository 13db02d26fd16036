#pragma once

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

}  // namespace waypost
