#include "waypost/store/sqlite_maintenance.hpp"

#include "store/sqlite/database.hpp"
#include "waypost/base/id.hpp"
#include "waypost/job/job.hpp"

namespace waypost::store {
namespace {

using sqlite::Database;
using sqlite::Statement;

/// `work(database)` on a connection that only reads; what SQLite says otherwise, with the file's name.
template <class Work>
Result<void> read_only(const std::filesystem::path& file, Work work) {
  try {
    Database database(file, Database::Mode::read, "");
    work(database);
    return {};
  } catch (const std::exception& failure) {
    return fail(Code::internal, file.string() + ": " + failure.what());
  }
}

void check_pages(Database& database, SqliteFindings& findings) {
  Statement rows(database, "PRAGMA integrity_check(20)");
  while (rows.step())
    if (rows.text(0) != "ok") findings.faults.emplace_back(rows.text(0));
}

void check_references(Database& database, SqliteFindings& findings) {
  Statement rows(database, "PRAGMA foreign_key_check");
  while (rows.step())
    findings.faults.push_back("row " + std::to_string(rows.integer(1)) + " of " + std::string(rows.text(0)) +
                              " speaks of a row of " + std::string(rows.text(2)) + " that is not there");
}

/// A batch whose manifest was cut into chunks has one; before, it may still be on its way.
void list_manifests(Database& database, SqliteFindings& findings) {
  Statement jobs(database,
                 "SELECT DISTINCT json_extract(spec,'$.batch.manifest') FROM jobs "
                 "WHERE json_extract(spec,'$.batch.chunks')>0");
  while (jobs.step()) findings.manifests.emplace_back(jobs.text(0));
  Statement uploads(database, "SELECT seq, low FROM manifests WHERE removed=0");
  while (uploads.step()) {
    auto id = format_id(job::manifest_prefix, {.high = static_cast<std::uint64_t>(uploads.integer(0)),
                                               .low = static_cast<std::uint64_t>(uploads.integer(1))});
    if (std::ranges::find(findings.manifests, id) == findings.manifests.end())
      findings.manifests.push_back(std::move(id));
  }
}

void list_reports(Database& database, SqliteFindings& findings) {
  Statement rows(database,
                 "SELECT jobs.seq, jobs.low, max(report_offset+report_length+index_length) FROM chunks "
                 "JOIN jobs ON jobs.seq=chunks.job GROUP BY jobs.seq");
  while (rows.step()) {
    const Ulid id{.high = static_cast<std::uint64_t>(rows.integer(0)),
                  .low = static_cast<std::uint64_t>(rows.integer(1))};
    if (const auto bytes = static_cast<std::uint64_t>(rows.integer(2)); bytes > 0)
      findings.reports.emplace(format_id(job::id_prefix, id), bytes);
  }
}

}  // namespace

Result<void> copy_sqlite(const std::filesystem::path& from, const std::filesystem::path& to) {
  return read_only(from, [&to](Database& database) {
    Statement copy(database, "VACUUM INTO ?");
    const std::string name = to.string();
    copy.bind(std::string_view(name)).run();
  });
}

Result<SqliteFindings> inspect_sqlite(const std::filesystem::path& file) {
  SqliteFindings findings;
  auto read = read_only(file, [&findings](Database& database) {
    check_pages(database, findings);
    if (!findings.faults.empty()) return;  // what is damaged says nothing to go by
    database.run("BEGIN");
    check_references(database, findings);
    findings.jobs = database.integer("SELECT count(*) FROM jobs");
    list_manifests(database, findings);
    list_reports(database, findings);
    database.run("COMMIT");
  });
  if (!read) return std::unexpected(read.error());
  return findings;
}

}  // namespace waypost::store
