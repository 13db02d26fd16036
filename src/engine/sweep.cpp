#include "engine/sweep.hpp"

#include "engine/ask.hpp"
#include "waypost/base/log.hpp"

namespace waypost::engine {
namespace {

constexpr std::string_view report_suffix = ".report";

/// Whether the store says that it has no such job; a name that is no job's is none of ours.
bool is_orphan(store::JobStore& store, const std::optional<Ulid>& id) {
  if (!id) return false;
  const auto job = ask<job::Job>([&](auto reply) { store.get(*id, std::move(reply)); });
  return !job && job.error().code == Code::not_found;
}

}  // namespace

Result<void> sweep_reports(store::JobStore& store, const std::filesystem::path& directory) {
  std::error_code failed;
  if (!std::filesystem::exists(directory, failed)) return {};
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

}  // namespace waypost::engine
