#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

// Put before the C library (LD_PRELOAD): a disk whose syncs fail as long as the file $FAIL_SYNC_WHILE is
// there.
namespace {

bool fails() {
  const char* file = std::getenv("FAIL_SYNC_WHILE");
  if (file == nullptr || ::access(file, F_OK) != 0) return false;
  errno = EIO;
  return true;
}

int sync_with(long call, int descriptor) {
  return fails() ? -1 : static_cast<int>(::syscall(call, descriptor));
}

}  // namespace

extern "C" int fsync(int descriptor) {
  return sync_with(SYS_fsync, descriptor);
}

extern "C" int fdatasync(int descriptor) {
  return sync_with(SYS_fdatasync, descriptor);
}
