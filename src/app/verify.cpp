#include <iostream>

#include <fmt/format.h>

#include "app/backup.hpp"
#include "app/failure.hpp"
#include "waypost/base/json.hpp"
#include "waypost/batch/verify.hpp"
#include "waypost/geo/catalog.hpp"
#include "waypost/store/sqlite_maintenance.hpp"

namespace waypost::app {
namespace {

namespace fs = std::filesystem;

/// What `verify` finds.
struct Findings {
  std::vector<std::pair<std::string, std::string>> faults;  ///< of what, and what
  std::int64_t jobs = 0;
  std::size_t manifests = 0, reports = 0;
};

void check_files(const store::SqliteFindings& store, const Config& config, Findings& findings) {
  for (const auto& id : store.manifests)
    if (const auto sound = batch::verify_manifest(config.data_dir / "manifests", id); !sound)
      findings.faults.emplace_back("manifest", sound.error().message);
  for (const auto& [job, bytes] : store.reports) {
    const fs::path file = config.data_dir / "reports" / (job + ".report");
    std::error_code error;
    const auto size = fs::file_size(file, error);
    if (error || size < bytes)
      findings.faults.emplace_back(
          "report",
          file.string() + (error ? ": " + error.message() : " is shorter than what was written to it"));
  }
}

Result<Findings> verify(const Config& config) {
  std::error_code error;
  if (!fs::exists(config.database_path(), error))
    return fail(Code::not_found, "there is no store: " + config.database_path().string() + " is not there");
  Findings findings;
  // A service that runs may delete a job with its files between the two looks: only what is wrong twice is.
  for (int look = 0; look < 2; ++look) {
    findings = {};
    const auto store = store::inspect_sqlite(config.database_path());
    if (!store) return std::unexpected(store.error());
    for (const auto& fault : store->faults) findings.faults.emplace_back("store", fault);
    findings.jobs = store->jobs;
    findings.manifests = store->manifests.size();
    findings.reports = store->reports.size();
    check_files(*store, config, findings);
    if (findings.faults.empty()) break;
  }
  for (auto& fault : geo::Catalog::verify(config.data_dir)) findings.faults.emplace_back("gazetteer", fault);
  return findings;
}

void print(const Findings& findings, bool as_json) {
  if (!as_json) {
    for (const auto& [what, fault] : findings.faults) std::cout << what << ": " << fault << '\n';
    std::cout << fmt::format("{}: {} jobs, {} manifests, {} reports and the gazetteer were read\n",
                             findings.faults.empty() ? "sound" : "NOT SOUND", findings.jobs,
                             findings.manifests, findings.reports);
    return;
  }
  std::string text;
  json::Writer out(text);
  out.begin_object().field("sound", findings.faults.empty()).field("jobs", findings.jobs);
  out.field("manifests", static_cast<std::int64_t>(findings.manifests));
  out.field("reports", static_cast<std::int64_t>(findings.reports)).key("faults").begin_array();
  for (const auto& [what, fault] : findings.faults)
    out.begin_object().field("of", what).field("detail", fault).end_object();
  out.end_array().end_object();
  std::cout << text << '\n';
}

}  // namespace

int run_verify(bool json, const Config& config) {
  const auto findings = verify(config);
  if (!findings) return fail_with(findings.error().message);
  print(*findings, json);
  if (findings->faults.empty()) return 0;
  return fail_with(fmt::format("{} things in {} are not sound; restore a backup", findings->faults.size(),
                               config.data_dir.string()));
}

}  // namespace waypost::app
