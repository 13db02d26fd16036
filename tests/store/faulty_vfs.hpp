#pragma once

#include <sqlite3.h>

#include <atomic>
#include <climits>
#include <string>

namespace waypost::store::test {

/// SQLite's own seam to the system, with a disk that fails when a test wants it to. Registered while it
/// lives.
class FaultyVfs {
 public:
  FaultyVfs() : real_(sqlite3_vfs_find(nullptr)), vfs_(*real_) {
    vfs_.zName = name_.c_str();
    vfs_.szOsFile = static_cast<int>(sizeof(File)) + real_->szOsFile;
    vfs_.pAppData = this;
    vfs_.xOpen = open;
    // The rest is the real one's, which must find itself.
    vfs_.xDelete = [](sqlite3_vfs* vfs, const char* file, int sync) {
      return real(vfs)->xDelete(real(vfs), file, sync);
    };
    vfs_.xAccess = [](sqlite3_vfs* vfs, const char* file, int flags, int* out) {
      return real(vfs)->xAccess(real(vfs), file, flags, out);
    };
    vfs_.xFullPathname = [](sqlite3_vfs* vfs, const char* file, int size, char* out) {
      return real(vfs)->xFullPathname(real(vfs), file, size, out);
    };
    if (sqlite3_vfs_register(&vfs_, 0) != SQLITE_OK) throw std::runtime_error("cannot register " + name_);
  }
  FaultyVfs(const FaultyVfs&) = delete;
  FaultyVfs& operator=(const FaultyVfs&) = delete;
  ~FaultyVfs() { sqlite3_vfs_unregister(&vfs_); }

  const std::string& name() const { return name_; }

  std::atomic<bool> fail_sync = false;
  std::atomic<bool> disk_full = false;
  std::atomic<int> good_writes = INT_MAX;  ///< so many, and then none is
  std::atomic<int> good_syncs = INT_MAX;
  std::atomic<int> syncs = 0;  ///< asked for, failed ones too

 private:
  /// SQLite allocates szOsFile bytes: this, and behind it the real file.
  struct File {
    sqlite3_file base;
    FaultyVfs* owner;
    sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
  };
  static File* of(sqlite3_file* file) { return reinterpret_cast<File*>(file); }
  static FaultyVfs* owner(sqlite3_vfs* vfs) { return static_cast<FaultyVfs*>(vfs->pAppData); }
  static sqlite3_vfs* real(sqlite3_vfs* vfs) { return owner(vfs)->real_; }

  template <auto function, class Answer, class... Arguments>
  static Answer forward(sqlite3_file* file, Arguments... arguments) {
    sqlite3_file* inner = of(file)->real();
    return (inner->pMethods->*function)(inner, arguments...);
  }
  static int sync(sqlite3_file* file, int flags) {
    ++of(file)->owner->syncs;
    return of(file)->owner->fail_sync || of(file)->owner->good_syncs-- <= 0
               ? SQLITE_IOERR_FSYNC
               : forward<&sqlite3_io_methods::xSync, int>(file, flags);
  }
  static int write(sqlite3_file* file, const void* data, int size, sqlite3_int64 at) {
    if (of(file)->owner->good_writes-- <= 0) return SQLITE_IOERR_WRITE;
    return of(file)->owner->disk_full ? SQLITE_FULL
                                      : forward<&sqlite3_io_methods::xWrite, int>(file, data, size, at);
  }

  static int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out_flags) {
    using Methods = sqlite3_io_methods;
    static const Methods methods = {.iVersion = 3,
                                    .xClose = forward<&Methods::xClose>,
                                    .xRead = forward<&Methods::xRead>,
                                    .xWrite = write,
                                    .xTruncate = forward<&Methods::xTruncate>,
                                    .xSync = sync,
                                    .xFileSize = forward<&Methods::xFileSize>,
                                    .xLock = forward<&Methods::xLock>,
                                    .xUnlock = forward<&Methods::xUnlock>,
                                    .xCheckReservedLock = forward<&Methods::xCheckReservedLock>,
                                    .xFileControl = forward<&Methods::xFileControl>,
                                    .xSectorSize = forward<&Methods::xSectorSize>,
                                    .xDeviceCharacteristics = forward<&Methods::xDeviceCharacteristics>,
                                    .xShmMap = forward<&Methods::xShmMap>,
                                    .xShmLock = forward<&Methods::xShmLock>,
                                    .xShmBarrier = forward<&Methods::xShmBarrier>,
                                    .xShmUnmap = forward<&Methods::xShmUnmap>,
                                    .xFetch = forward<&Methods::xFetch>,
                                    .xUnfetch = forward<&Methods::xUnfetch>};
    File* outer = of(file);
    outer->owner = owner(vfs);
    const int code = real(vfs)->xOpen(real(vfs), name, outer->real(), flags, out_flags);
    // Without methods SQLite does not close a file that failed to open.
    outer->base.pMethods = outer->real()->pMethods == nullptr ? nullptr : &methods;
    return code;
  }

  const std::string name_ = "faulty";
  sqlite3_vfs* real_;
  sqlite3_vfs vfs_;
};

}  // namespace waypost::store::test
