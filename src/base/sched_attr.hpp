#pragma once

#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>
#include <optional>

namespace waypost {

/// struct sched_attr of sched_setattr(2) in its first published size. The C library has neither the struct
/// nor the calls, and the kernel's own header cannot be included beside <sched.h>.
struct SchedAttributes {
  std::uint32_t size = sizeof(SchedAttributes);
  std::uint32_t policy = 0;
  std::uint64_t flags = 0;
  std::int32_t nice = 0;
  std::uint32_t priority = 0;
  std::uint64_t runtime = 0;  ///< ns; of the ordinary policy: the length of a turn, since Linux 6.12
  std::uint64_t deadline = 0;
  std::uint64_t period = 0;
};
static_assert(sizeof(SchedAttributes) == 48);

/// Of the calling thread; nothing where the system does not say.
inline std::optional<SchedAttributes> sched_attributes() {
  SchedAttributes now;
  if (::syscall(SYS_sched_getattr, 0, &now, sizeof now, 0U) != 0) return {};
  return now;
}

/// Whether the system let the calling thread be that.
inline bool set_sched_attributes(const SchedAttributes& wish) {
  return ::syscall(SYS_sched_setattr, 0, &wish, 0U) == 0;
}

}  // namespace waypost
