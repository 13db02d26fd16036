#include "waypost/geo/catalog.hpp"

#include <malloc.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <zlib.h>

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#include "geo/default_data.hpp"
#include "geo/default_gazetteer.hpp"
#include "geo/descriptor.hpp"
#include "geo/index_format.hpp"
#include "waypost/base/log.hpp"

namespace waypost::geo {
namespace {

namespace fs = std::filesystem;
constexpr std::string_view default_prefix = "default-";
constexpr std::string_view extension = ".idx";

/// Names the data and the format, so that a newer program makes its own index and never reads an older one's.
std::string default_file_name() {
  unsigned long check = crc32(0, nullptr, 0);
  for (const auto part : {default_data::cities(), default_data::countries(), default_data::admin1(),
                          default_data::alternate_names()}) {
    check = crc32_z(check, reinterpret_cast<const unsigned char*>(part.data()), part.size());
  }
  return fmt::format("{}{:08x}-{}{}", default_prefix, check, index::version, extension);
}

bool is_default(const fs::path& file) {
  return file.filename().string().starts_with(default_prefix);
}

/// Indexes in the folder, imported ones first, the newest first.
Result<std::vector<fs::path>> indexes(const fs::path& folder) {
  std::vector<std::pair<fs::file_time_type, fs::path>> found;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    if (it->path().extension() != extension) continue;
    std::error_code vanished;
    const auto written = it->last_write_time(vanished);
    if (!vanished) found.emplace_back(written, it->path());
  }
  if (error)
    return fail(Code::internal, "cannot read the folder " + folder.string() + ": " + error.message());
  std::ranges::sort(found, [](const auto& a, const auto& b) {
    if (is_default(a.second) != is_default(b.second)) return is_default(b.second);
    return a.first != b.first ? a.first > b.first : a.second < b.second;
  });
  std::vector<fs::path> paths;
  for (auto& [written, path] : found) paths.push_back(std::move(path));
  return paths;
}

/// Indexes of older built-in data serve nobody.
void remove_old_defaults(const fs::path& folder, const fs::path& keep) {
  const auto all = indexes(folder);
  if (!all) return;
  for (const auto& path : *all) {
    std::error_code ignored;  // one that stays costs a few megabytes and nothing else
    if (is_default(path) && path != keep) fs::remove(path, ignored);
  }
}

}  // namespace

struct Catalog::State {
  explicit State(fs::path f) : folder(std::move(f)) {}

  std::shared_ptr<const Gazetteer> load() const {
    const std::scoped_lock lock(serving);
    return current;
  }
  /// The old one goes after the lock is free: it may be the last to hold its file.
  void store(std::shared_ptr<const Gazetteer> next) {
    const std::scoped_lock lock(serving);
    current.swap(next);
  }

  fs::path folder;
  // Not std::atomic<std::shared_ptr>: libstdc++ 12 lets go of its lock relaxed, a race by the rules of the
  // language.
  mutable std::mutex serving;
  std::shared_ptr<const Gazetteer> current;
  std::mutex reloading;
  Descriptor changes, stop;
  std::jthread watcher;  // last: it ends before what it uses
};

Catalog::Catalog(fs::path data_directory) : state_(std::make_unique<State>(folder(data_directory))) {}

Catalog::~Catalog() {
  if (state_->watcher.joinable()) eventfd_write(state_->stop.get(), 1);
}

fs::path Catalog::folder(const fs::path& data_directory) {
  return data_directory / "gazetteer";
}

std::shared_ptr<const Gazetteer> Catalog::current() const {
  return state_->load();
}

Result<void> Catalog::ensure_default() {
  const auto path = state_->folder / default_file_name();
  std::error_code error;
  if (!fs::exists(path, error) || !Gazetteer::open(path)) {
    log::info("building the index of the built-in gazetteer", {{"file", path.string()}});
    if (auto built = write_default_gazetteer(path); !built) return built;
    malloc_trim(0);  // the import took tens of megabytes that will not be needed again
  }
  remove_old_defaults(state_->folder, path);
  return reload();
}

Result<void> Catalog::reload() {
  const std::scoped_lock lock(state_->reloading);
  const auto paths = indexes(state_->folder);
  if (!paths) return std::unexpected(paths.error());
  if (paths->empty()) {
    return fail(Code::not_found, "there is no gazetteer in " + state_->folder.string() +
                                     ": start `waypost serve` once, or run `waypost import`");
  }
  auto opened = Gazetteer::open(paths->front());
  if (!opened) return std::unexpected(std::move(opened.error()));
  const auto info = (*opened)->info();
  log::info("gazetteer loaded", {{"sources", info.sources.size()}, {"places", info.places}});
  state_->store(std::move(*opened));
  return {};
}

Result<void> Catalog::watch() {
  State& state = *state_;
  if (state.watcher.joinable()) return {};
  state.changes = Descriptor(inotify_init1(IN_CLOEXEC));
  state.stop = Descriptor(eventfd(0, EFD_CLOEXEC));
  // An import renames its finished file into the folder; nothing else counts.
  if (state.changes.get() < 0 || state.stop.get() < 0 ||
      inotify_add_watch(state.changes.get(), state.folder.c_str(), IN_MOVED_TO | IN_DELETE) < 0) {
    return fail(Code::internal, "cannot watch " + state.folder.string() + ": " + std::strerror(errno));
  }
  state.watcher = std::jthread([this] {
    State& s = *state_;
    pollfd ready[] = {{.fd = s.changes.get(), .events = POLLIN, .revents = 0},
                      {.fd = s.stop.get(), .events = POLLIN, .revents = 0}};
    for (;;) {
      if (poll(ready, 2, -1) < 0 && errno != EINTR) return;
      if (ready[1].revents != 0) return;
      if (ready[0].revents == 0) continue;
      alignas(inotify_event) char events[4096];
      if (::read(s.changes.get(), events, sizeof events) <= 0) continue;
      if (const auto done = reload(); !done) {
        log::error("the new gazetteer cannot be used; the old one goes on serving",
                   {{"why", done.error().message}});
      }
    }
  });
  return {};
}

}  // namespace waypost::geo
