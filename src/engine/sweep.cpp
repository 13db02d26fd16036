#include "engine/sweep.hpp"

#include <future>

#include "waypost/base/log.hpp"
#include "waypost/batch/manifest.hpp"

namespace waypost::engine {
namespace {

constexpr std::string_view manifest_prefix = "man_";
constexpr std::string_view report_suffix = ".report";

/// Whether the store says that it has no such job; a name that is no job's is none of ours.
bool is_orphan(store::JobStore& store, const std::optional<Ulid>& id) {
  if (!id) return false;
  std::promise<bool> missing;
  store.get(*id, [&missing](const Result<job::Job>& job) {
    missing.set_value(!job && job.error().code == Code::not_found);
  });
  return missing.get_future().get();
}

Result<void> sweep_manifests(store::JobStore& store, const std::filesystem::path& directory) {
  const auto ids = batch::Manifest::all(directory);
  if (!ids) return std::unexpected(ids.error());
  for (const std::string& id : *ids) {
    if (!is_orphan(store, parse_id(manifest_prefix, id))) continue;
    log::info("deleting a manifest whose job was never accepted or is forgotten", {{"manifest", id}});
    if (auto removed = batch::Manifest::remove(directory, id); !removed) return removed;
  }
  return {};
}

Result<void> sweep_reports(store::JobStore& store, const std::filesystem::path& directory) {
  std::error_code failed;
  for (std::filesystem::directory_iterator it(directory, failed), end; !failed && it != end;
       it.increment(failed)) {
    if (it->path().extension() != report_suffix) continue;
    if (!is_orphan(store, parse_id(job::id_prefix, it->path().stem().string()))) continue;
    log::info("deleting the report of a job that is forgotten", {{"file", it->path().string()}});
    std::filesystem::remove(it->path(), failed);
  }
  if (failed)
    return fail(Code::internal,
                "the reports in " + directory.string() + " cannot be swept: " + failed.message());
  return {};
}

}  // namespace

Result<void> sweep_files(store::JobStore& store, const Options& options) {
  if (std::filesystem::exists(options.manifests))
    if (auto swept = sweep_manifests(store, options.manifests); !swept) return swept;
  if (!std::filesystem::exists(options.reports)) return {};
  return sweep_reports(store, options.reports);
}

}  // namespace waypost::engine
