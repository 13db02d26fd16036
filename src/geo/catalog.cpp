#include "waypost/geo/catalog.hpp"

#include <malloc.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <string_view>
#include <thread>
#include <vector>

#include "geo/combine.hpp"
#include "geo/descriptor.hpp"
#include "geo/disk.hpp"
#include "geo/source_folder.hpp"
#include "waypost/base/log.hpp"
#include "waypost/base/thread_name.hpp"

namespace waypost::geo {
namespace {

bool same(const SourceInfo& a, const SourceInfo& b) {
  return a.name == b.name && a.version == b.version && a.imported_at == b.imported_at;
}

/// Whether the index is of the sources that lie in the folder. A source whose head is damaged says nothing
/// against it: what was built from it still answers.
bool is_up_to_date(const Gazetteer& gazetteer, const SourceFolder& folder) {
  std::vector<SourceInfo> imported;
  for (const auto& path : folder.sources()) {
    const auto source = SourceReader::open(path);
    if (!source) {
      log::error("a gazetteer source is damaged; the index built from it goes on serving",
                 {{"why", source.error().message}});
      return true;
    }
    imported.push_back(source->info());
  }
  return std::ranges::equal(gazetteer.info().sources, combined_sources(std::move(imported)), same);
}

Result<std::shared_ptr<const Gazetteer>> open_up_to_date(const SourceFolder& folder) {
  auto opened = Gazetteer::open(folder.index());
  if (opened && !is_up_to_date(**opened, folder))
    return fail(Code::not_found, "the index is not of the sources that are there");
  return opened;
}

Result<void> build(const SourceFolder& folder) {
  log::info("building the gazetteer's index", {{"file", folder.index().string()}});
  const disk::TemporaryFile index(folder.index());
  const auto built = build_index(folder.sources(), index.path());
  if (!built) return std::unexpected(built.error());
  malloc_trim(0);  // building took memory that will not be needed again
  return disk::put_in_place(index.path(), folder.index());
}

Result<void> read_through(const std::filesystem::path& path) {
  auto source = SourceReader::open(path);
  if (!source) return std::unexpected(std::move(source.error()));
  for (;;) {
    const auto row = source->next();
    if (!row) return std::unexpected(row.error());
    if (!*row) return {};
  }
}

/// Whether one of the events that wait is about that file.
bool names(int events, std::string_view file) {
  alignas(inotify_event) char buffer[4096];
  const auto size = ::read(events, buffer, sizeof buffer);
  bool found = false;
  for (ssize_t at = 0; at < size;) {
    const auto* event = reinterpret_cast<const inotify_event*>(buffer + at);
    found |= event->len > 0 && file == event->name;
    at += static_cast<ssize_t>(sizeof(inotify_event) + event->len);
  }
  return found;
}

}  // namespace

struct Catalog::State {
  explicit State(const std::filesystem::path& data_directory) : folder(data_directory) {}

  std::shared_ptr<const Gazetteer> load() const {
    const std::scoped_lock lock(serving);
    return current;
  }
  void serve(std::shared_ptr<const Gazetteer> next) {
    const auto info = next->info();
    std::string sources;
    for (const auto& source : info.sources) sources += (sources.empty() ? "" : ", ") + source.name;
    log::info("gazetteer loaded", {{"sources", sources}, {"places", info.places}});
    // The old one goes after the lock is free: it may be the last to hold its file.
    const std::scoped_lock lock(serving);
    current.swap(next);
  }

  /// Sleeps until an index is put in place; false when it is time to end.
  bool sleep_until_changed() const {
    const auto index = folder.index().filename().string();
    pollfd ready[] = {{.fd = changes.get(), .events = POLLIN, .revents = 0},
                      {.fd = stop.get(), .events = POLLIN, .revents = 0}};
    for (;;) {
      if (poll(ready, 2, -1) < 0 && errno != EINTR) return false;
      if (ready[1].revents != 0) return false;
      if (ready[0].revents != 0 && names(changes.get(), index)) return true;
    }
  }

  const SourceFolder folder;
  // Not std::atomic<std::shared_ptr>: libstdc++ 12 lets go of its lock relaxed, a race by the rules of the
  // language.
  mutable std::mutex serving;
  std::shared_ptr<const Gazetteer> current;
  std::mutex reloading;
  Descriptor changes, stop;
  std::jthread watcher;  // last: it ends before what it uses
};

Catalog::Catalog(std::filesystem::path data_directory) : state_(std::make_unique<State>(data_directory)) {}

Catalog::~Catalog() {
  if (state_->watcher.joinable()) eventfd_write(state_->stop.get(), 1);
}

std::vector<std::string> Catalog::verify(const std::filesystem::path& data_directory) {
  const SourceFolder folder(data_directory);
  std::vector<std::string> faults;
  for (const auto& path : folder.sources())
    if (const auto sound = read_through(path); !sound) faults.push_back(sound.error().message);
  std::error_code error;
  if (!std::filesystem::exists(folder.index(), error)) return faults;  // the next start builds it
  const auto opened = Gazetteer::open(folder.index());
  const auto sound = opened ? (*opened)->verify() : std::unexpected(opened.error());
  if (!sound) faults.push_back(sound.error().message);
  return faults;
}

std::filesystem::path Catalog::folder(const std::filesystem::path& data_directory) {
  return SourceFolder(data_directory).path();
}

std::shared_ptr<const Gazetteer> Catalog::current() const {
  return state_->load();
}

Result<void> Catalog::prepare() {
  const auto& folder = state_->folder;
  auto usable = open_up_to_date(folder);
  if (!usable) {
    const auto lock = folder.lock([] { log::info("waiting for an import to end"); });
    if (!lock) return std::unexpected(lock.error());
    usable = open_up_to_date(folder);  // whoever held the lock may have built it
    if (!usable) {
      if (auto built = build(folder); !built) return built;
      usable = Gazetteer::open(folder.index());
    }
  }
  if (!usable) return std::unexpected(std::move(usable.error()));
  state_->serve(std::move(*usable));
  return {};
}

Result<void> Catalog::reload() {
  const std::scoped_lock lock(state_->reloading);
  auto opened = Gazetteer::open(state_->folder.index());
  if (!opened) return std::unexpected(std::move(opened.error()));
  state_->serve(std::move(*opened));
  return {};
}

Result<void> Catalog::watch() {
  State& state = *state_;
  if (state.watcher.joinable()) return {};
  if (auto made = disk::make_folder(state.folder.path()); !made) return made;
  state.changes = Descriptor(inotify_init1(IN_CLOEXEC));
  state.stop = Descriptor(eventfd(0, EFD_CLOEXEC));
  // An import renames its finished index into the folder; nothing else counts.
  if (state.changes.get() < 0 || state.stop.get() < 0 ||
      inotify_add_watch(state.changes.get(), state.folder.path().c_str(), IN_MOVED_TO) < 0) {
    return fail(Code::internal, "cannot watch " + state.folder.path().string() + ": " + std::strerror(errno));
  }
  state.watcher = std::jthread([this] {
    name_thread("wp-gazetteer");
    while (state_->sleep_until_changed()) {
      if (const auto done = reload(); !done) {
        log::error("the new gazetteer cannot be used; the old one goes on serving",
                   {{"why", done.error().message}});
      }
    }
  });
  return {};
}

}  // namespace waypost::geo
