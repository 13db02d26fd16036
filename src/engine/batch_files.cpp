#include <algorithm>
#include <set>

#include "engine/batch_run.hpp"

/// What of a batch lies in files, beside its runs.
namespace waypost::engine {

Result<OpenBatch> OpenBatch::open(const job::Job& job, const operation::Registry& operations,
                                  const BatchFiles& files) {
  auto manifest = batch::Manifest::open(files.manifests, job.spec.batch->manifest);
  if (!manifest) return std::unexpected(manifest.error());
  auto plan = plan_of(job, manifest->facts(), operations);
  if (!plan) return std::unexpected(plan.error());
  return OpenBatch{std::move(*manifest), std::move(*plan)};
}

std::uint64_t report_end(const std::vector<store::ChunkRecord>& records) {
  std::int64_t end = 0;
  for (const auto& record : records)
    end = std::max(end, record.report_offset + record.report_length + record.index_length);
  return static_cast<std::uint64_t>(end);
}

Result<std::vector<store::ChunkRecord>> report_the_rest(const job::Job& job,
                                                        const operation::Registry& operations,
                                                        const BatchFiles& files,
                                                        const std::vector<store::ChunkRecord>& recorded) {
  auto open = OpenBatch::open(job, operations, files);
  if (!open) return std::unexpected(open.error());
  auto report = batch::ReportFile::open(files.report, report_end(recorded));
  if (!report) return std::unexpected(report.error());
  std::set<std::int64_t> done;
  for (const auto& chunk : recorded) done.insert(chunk.number);
  std::vector<store::ChunkRecord> added;
  for (std::int64_t number = 0; number < job.spec.batch->chunks; ++number) {
    if (done.contains(number)) continue;
    const auto rows = batch::not_run_chunk(open->manifest, static_cast<std::uint64_t>(number), open->plan);
    if (!rows) return std::unexpected(rows.error());
    const auto segment = report->append(*rows);
    if (!segment) return std::unexpected(segment.error());
    added.push_back({.number = number,
                     .report_offset = static_cast<std::int64_t>(segment->offset),
                     .report_length = static_cast<std::int64_t>(segment->length),
                     .run = job.batch.run});
  }
  return added;
}

}  // namespace waypost::engine
