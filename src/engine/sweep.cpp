#include "engine/sweep.hpp"

#include <future>
#include <set>

#include "waypost/base/log.hpp"
#include "waypost/batch/manifest.hpp"

namespace waypost::engine {
namespace {

constexpr std::string_view manifest_prefix = "man_";
constexpr std::string_view report_suffix = ".report";

template <class T, class Ask>
Result<T> ask(Ask ask) {
  std::promise<Result<T>> answer;
  ask([&answer](Result<T> result) { answer.set_value(std::move(result)); });
  return answer.get_future().get();
}

bool is_job_of(const Result<job::Job>& job, const std::string& manifest) {
  return job && job->spec.batch && job->spec.batch->manifest == manifest;
}

/// The manifests that the store's jobs run over, read job by job.
Result<std::set<std::string>> manifests_in_use(store::JobStore& store) {
  std::set<std::string> used;
  store::ListQuery query{.limit = 1000};
  do {
    auto page = ask<store::ListPage>([&](auto reply) { store.list(query, std::move(reply)); });
    if (!page) return std::unexpected(page.error());
    for (const job::Job& job : page->jobs)
      if (job.spec.batch) used.insert(job.spec.batch->manifest);
    query.after = page->next;
  } while (query.after);
  return used;
}

Result<void> sweep_manifests(store::JobStore& store, const std::filesystem::path& directory) {
  auto ids = batch::Manifest::all(directory);
  if (!ids) return std::unexpected(ids.error());
  // A manifest that came with its job bears its ULID, so what is in use is found at once; only what seems to
  // be left over is worth reading the whole store for.
  std::erase_if(*ids, [&](const std::string& id) {
    const auto ulid = parse_id(manifest_prefix, id);
    return ulid && is_job_of(ask<job::Job>([&](auto reply) { store.get(*ulid, std::move(reply)); }), id);
  });
  if (ids->empty()) return {};
  const auto used = manifests_in_use(store);
  if (!used) return std::unexpected(used.error());
  for (const std::string& id : *ids) {
    if (used->contains(id)) continue;
    log::info("deleting a manifest whose job was never accepted or is forgotten", {{"manifest", id}});
    if (auto removed = batch::Manifest::remove(directory, id); !removed) return removed;
  }
  return {};
}

/// Whether the store says that it has no such job; a name that is no job's is none of ours.
bool is_orphan(store::JobStore& store, const std::optional<Ulid>& id) {
  if (!id) return false;
  const auto job = ask<job::Job>([&](auto reply) { store.get(*id, std::move(reply)); });
  return !job && job.error().code == Code::not_found;
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
