#include "waypost/engine/manifest_keeper.hpp"

#include <boost/asio/post.hpp>

#include "engine/ask.hpp"
#include "waypost/base/asio.hpp"
#include "waypost/base/log.hpp"
#include "waypost/batch/manifest.hpp"

namespace waypost::engine {

namespace {

constexpr std::size_t sweep_limit = 100;
/// How long the store is left alone when it takes no writes.
constexpr Seconds pause_length{10};

void remove_file(const std::filesystem::path& directory, const std::string& id) {
  if (const auto removed = batch::Manifest::remove(directory, id); !removed)
    log::warn("a manifest could not be deleted", {{"manifest", id}, {"error", removed.error().message}});
}

}  // namespace

class ManifestKeeper::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(store::JobStore& jobs, store::ManifestStore& manifests, Clock& clock, asio::io_context& context,
       asio::thread_pool& disk, std::filesystem::path directory)
      : jobs_(jobs),
        manifests_(manifests),
        clock_(clock),
        context_(context),
        disk_(disk),
        directory_(std::move(directory)),
        alarm_(clock.make_alarm(context, [this] { sweep(); })) {}

  Result<void> start() {
    const auto ids = batch::Manifest::all(directory_);
    if (!ids) return std::unexpected(ids.error());
    for (const std::string& id : *ids) {
      const auto used = is_used(id);
      if (!used) return std::unexpected(used.error());
      if (*used) continue;
      log::info("deleting a manifest whose job was never accepted or is forgotten", {{"manifest", id}});
      if (auto removed = batch::Manifest::remove(directory_, id); !removed) return removed;
    }
    look();
    return {};
  }

  void look() {
    asio::post(context_, [self = shared_from_this()] { self->sweep(); });
  }

  void changed(const store::Change& change) {
    if (!change.forgotten || change.manifest.empty()) return;
    if (job::owns_manifest(change.ulid, change.manifest))
      asio::post(disk_, [directory = directory_, id = change.manifest] { remove_file(directory, id); });
    else
      look();
  }

 private:
  /// Whether the store knows it: as a job's own, or as stored by itself. A name that is no manifest's is
  /// none of ours to delete.
  Result<bool> is_used(const std::string& id) {
    const auto ulid = parse_id(job::manifest_prefix, id);
    if (!ulid) return true;
    const auto job = ask<job::Job>([&](auto reply) { jobs_.get(*ulid, std::move(reply)); });
    if (job) return job->spec.batch.has_value();
    if (job.error().code != Code::not_found) return std::unexpected(job.error());
    return ask<bool>([&](auto reply) { manifests_.keeps(*ulid, std::move(reply)); });
  }

  void sweep() {
    if (std::exchange(sweeping_, true)) {
      again_ = true;
      return;
    }
    alarm_->clear();
    manifests_.sweep(clock_.now(), sweep_limit, [self = weak_from_this(), &context = context_](auto swept) {
      if (const auto alive = self.lock())
        asio::post(context, [alive, swept = std::move(swept)] { alive->swept(swept); });
    });
  }

  void swept(const Result<store::ManifestStore::Swept>& swept) {
    sweeping_ = false;
    if (!swept) return alarm_->set(clock_.now() + pause_length);
    for (const Ulid& ulid : swept->gone)
      asio::post(disk_, [directory = directory_, id = format_id(job::manifest_prefix, ulid)] {
        remove_file(directory, id);
      });
    if (std::exchange(again_, false) || swept->gone.size() == sweep_limit) return sweep();
    if (swept->next) alarm_->set(*swept->next);
  }

  store::JobStore& jobs_;
  store::ManifestStore& manifests_;
  Clock& clock_;
  asio::io_context& context_;
  asio::thread_pool& disk_;
  const std::filesystem::path directory_;
  const std::unique_ptr<Alarm> alarm_;
  bool sweeping_ = false;
  bool again_ = false;
};

ManifestKeeper::ManifestKeeper(store::JobStore& jobs, store::ManifestStore& manifests, Clock& clock,
                               asio::io_context& context, asio::thread_pool& disk,
                               std::filesystem::path directory)
    : impl_(std::make_shared<Impl>(jobs, manifests, clock, context, disk, std::move(directory))) {}

ManifestKeeper::~ManifestKeeper() = default;

Result<void> ManifestKeeper::start() {
  return impl_->start();
}
void ManifestKeeper::look() {
  impl_->look();
}
void ManifestKeeper::changed(const store::Change& change) {
  impl_->changed(change);
}

}  // namespace waypost::engine
