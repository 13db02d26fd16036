#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <fstream>
#include <iostream>

#include "app/lookup_commands.hpp"
#include "waypost/batch/chunk.hpp"
#include "waypost/batch/manifest.hpp"
#include "waypost/batch/plan.hpp"
#include "waypost/batch/tally.hpp"
#include "waypost/geo/catalog.hpp"
#include "waypost/operation/geocoding.hpp"

namespace waypost::app {
namespace {

constexpr std::string_view manifest_id = "man_rows";

/// A folder that is gone with it.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "waypost-XXXXXX").string();
    if (::mkdtemp(name.data()) != nullptr) path_ = name;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// How far it is, on a terminal; redrawn a few times a second.
class Progress {
 public:
  explicit Progress(std::uint64_t total) : total_(total) {}
  void show(std::uint64_t done) {
    const auto now = std::chrono::steady_clock::now();
    if (!terminal_ || now - shown_ < std::chrono::milliseconds(200)) return;
    shown_ = now;
    std::cerr << fmt::format("\r\x1b[K{} of {} rows ({} %)", done, total_, done * 100 / total_) << std::flush;
  }
  ~Progress() {
    if (terminal_) std::cerr << "\r\x1b[K" << std::flush;
  }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

 private:
  bool terminal_ = ::isatty(STDERR_FILENO) == 1;
  std::uint64_t total_;
  std::chrono::steady_clock::time_point shown_;
};

/// Checks the whole file and cuts it into chunks.
Result<batch::ManifestFacts> read_rows(std::istream& stream, const std::filesystem::path& folder) {
  auto writer = batch::ManifestWriter::create(folder, manifest_id, batch::ManifestFormat::csv,
                                              {.max_bytes = std::numeric_limits<std::uint64_t>::max()});
  if (!writer) return std::unexpected(writer.error());
  std::array<char, std::size_t{256} << 10> piece;
  while (stream.read(piece.data(), piece.size()) || stream.gcount() > 0) {
    const std::string_view bytes(piece.data(), static_cast<std::size_t>(stream.gcount()));
    if (auto taken = writer->append(bytes); !taken) return std::unexpected(taken.error());
  }
  if (stream.bad()) return fail(Code::internal, "reading failed: " + std::generic_category().message(errno));
  return writer->finish();
}

Result<batch::FieldMap> parse_map(const std::vector<std::string>& lines) {
  batch::FieldMap map;
  for (const auto& line : lines) {
    const auto equals = line.find('=');
    if (equals == std::string::npos || equals == 0)
      return fail(Code::invalid_parameter, "--map is '" + line + "' and must be FIELD=TEMPLATE");
    map.emplace_back(line.substr(0, equals), line.substr(equals + 1));
  }
  return map;
}

std::string in_one_line(const Error& error) {
  if (error.faults.empty()) return error.message;
  std::string line;
  for (const auto& fault : error.faults) line += (line.empty() ? "" : "; ") + fault.detail;
  return line;
}

/// How many rows failed.
Result<std::uint64_t> write_report(const std::filesystem::path& folder, const batch::ManifestFacts& facts,
                                   const batch::BatchPlan& plan) {
  const auto manifest = batch::Manifest::open(folder, manifest_id);
  if (!manifest) return std::unexpected(manifest.error());
  Progress progress(facts.rows);
  const operation::Cancellation never;
  job::Job whole;  // nothing of a job but that it has no threshold
  whole.spec.batch.emplace();
  batch::Tally tally(whole);
  std::cout << plan.frame().header;
  std::uint64_t done = 0, failed = 0;
  for (std::uint64_t chunk = 0; chunk < facts.chunks; ++chunk) {
    auto pass = batch::ChunkPass::open(*manifest, plan, tally, chunk, std::nullopt, {});
    if (!pass) return std::unexpected(pass.error());
    if (auto run = pass->run(never, never); !run) return std::unexpected(run.error());
    const auto rows = pass->finish();
    if (!rows) return std::unexpected(rows.error());
    if (!(std::cout << rows->report.text)) return fail(Code::internal, "cannot write to the standard output");
    failed += rows->report.failed;
    progress.show(done += rows->report.succeeded + rows->report.failed);
  }
  std::cout << plan.frame().footer;
  return failed;
}

Result<std::uint64_t> run(const LookupFile& arguments, const geo::Catalog& catalog, std::istream& stream,
                          std::uint64_t& rows) {
  const TemporaryFolder folder;
  if (folder.path().empty()) return fail(Code::internal, "cannot make a temporary folder");
  auto map = parse_map(arguments.map);
  if (!map) return std::unexpected(map.error());
  const auto facts = read_rows(stream, folder.path());
  if (!facts) return std::unexpected(facts.error());
  rows = facts->rows;
  const auto operation =
      arguments.operation == "reverse" ? operation::make_reverse(catalog) : operation::make_geocode(catalog);
  const auto plan = batch::BatchPlan::make(
      *facts, {.operation = operation.get(), .map = std::move(*map), .report = {}, .job_id = "-"});
  if (!plan) return std::unexpected(plan.error());
  return write_report(folder.path(), *facts, *plan);
}

}  // namespace

int run_lookup_file(const LookupFile& arguments, const Config& config) {
  const auto fail_with = [](std::string_view message) {
    std::cerr << "waypost: " << message << '\n';
    return 1;
  };
  const bool from_stdin = arguments.path == "-";
  std::ifstream file;
  if (!from_stdin) file.open(arguments.path, std::ios::binary);
  if (!from_stdin && !file)
    return fail_with("cannot read " + arguments.path + ": " + std::generic_category().message(errno));
  geo::Catalog catalog(config.data_dir);
  if (auto ready = open_for_lookups(catalog); !ready) return fail_with(ready.error().message);
  std::uint64_t rows = 0;
  const auto failed = run(arguments, catalog, from_stdin ? std::cin : file, rows);
  if (!failed) return fail_with(in_one_line(failed.error()));
  std::cerr << fmt::format("{} rows: {} succeeded, {} failed\n", rows, rows - *failed, *failed);
  return *failed == rows ? 1 : 0;
}

}  // namespace waypost::app
