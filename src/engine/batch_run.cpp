#include "engine/batch_run.hpp"

#include "waypost/base/json.hpp"

namespace waypost::engine {
namespace {

std::uint64_t report_end(const std::vector<store::ChunkRecord>& chunks) {
  std::int64_t end = 0;
  for (const auto& chunk : chunks) end = std::max(end, chunk.report_offset + chunk.report_length);
  return static_cast<std::uint64_t>(end);
}

}  // namespace

Result<batch::BatchPlan> plan_of(const job::Job& job, const batch::ManifestFacts& facts,
                                 const operation::Registry& operations) {
  auto operation = operations.find(job.spec.type);
  if (operation == nullptr)
    return fail(Code::unknown_operation, "there is no operation \"" + job.spec.type + "\" any more");
  const job::Batch& batch = *job.spec.batch;
  batch::BatchPlan::Request request{
      .operation = operation.get(), .keeps_operation = operation, .job_id = job.id()};
  const auto map = json::Document::parse(batch.map);
  if (!map) return std::unexpected(map.error());
  for (const auto entry : map->root().children()) request.map.emplace_back(entry.key(), entry.string());
  request.report = {batch::report_format(batch.report_format).value_or(batch::ReportFormat::csv),
                    batch::report_scope(batch.report_scope).value_or(batch::ReportScope::all)};
  return batch::BatchPlan::make(facts, std::move(request));
}

Result<OpenBatch> OpenBatch::open(const job::Job& job, const operation::Registry& operations,
                                  const BatchFiles& files) {
  auto manifest = batch::Manifest::open(files.manifests, job.spec.batch->manifest);
  if (!manifest) return std::unexpected(manifest.error());
  auto plan = plan_of(job, manifest->facts(), operations);
  if (!plan) return std::unexpected(plan.error());
  return OpenBatch{std::move(*manifest), std::move(*plan)};
}

BatchRun::BatchRun(std::shared_ptr<Door> door, Executor& executor, store::JobStore& store,
                   const operation::Registry& operations, job::Job job, std::shared_ptr<Attempt> attempt,
                   BatchFiles files, unsigned parallel, Ended ended)
    : door_(std::move(door)),
      executor_(executor),
      store_(store),
      operations_(operations),
      job_(std::move(job)),
      attempt_(std::move(attempt)),
      files_(std::move(files)),
      parallel_(parallel),
      ended_(std::move(ended)),
      disk_(asio::make_strand(executor.workers())) {}

void BatchRun::start() {
  ++in_flight_;
  asio::post(executor_.workers(), [this] {
    auto open = OpenBatch::open(job_, operations_, files_);
    door_->post([this, open = std::move(open)]() mutable { opened(std::move(open)); });
  });
}

void BatchRun::opened(Result<OpenBatch> open) {
  if (!open) return recorded(open.error());
  open_ = std::move(*open);
  store_.chunks(job_.ulid, through<std::vector<store::ChunkRecord>>(
                               door_, [this](Result<std::vector<store::ChunkRecord>> chunks) {
                                 resume(std::move(chunks));
                               }));
}

void BatchRun::resume(Result<std::vector<store::ChunkRecord>> chunks) {
  if (!chunks) return recorded(chunks.error());
  for (const auto& chunk : *chunks) done_.insert(chunk.number);
  asio::post(disk_, [this, end = report_end(*chunks)] {
    auto report = batch::ReportFile::open(files_.report, end);
    std::optional<Error> error;
    if (report)
      report_ = std::move(*report);
    else
      error = report.error();
    door_->post([this, error = std::move(error)] { recorded(error); });
  });
}

void BatchRun::stop() {
  stopping_ = true;
  end_when_idle();
}

void BatchRun::pump() {
  while (!stopping_ && !error_ && in_flight_ < parallel_ && next_ < job_.spec.batch->chunks) {
    const std::int64_t number = next_++;
    if (done_.contains(number)) continue;
    ++in_flight_;
    asio::post(executor_.workers(), [this, number] { compute(number); });
  }
  end_when_idle();
}

void BatchRun::compute(std::int64_t number) {
  auto result = batch::run_chunk(open_->manifest, static_cast<std::uint64_t>(number), open_->plan,
                                 attempt_->cancellation);
  if (result && !result->complete) {
    auto rest = batch::not_run_chunk(open_->manifest, static_cast<std::uint64_t>(number), open_->plan,
                                     result->next_row);
    if (rest)
      result->report += *rest;
    else
      result = std::unexpected(rest.error());
  }
  asio::post(disk_,
             [this, number, result = std::move(result)]() mutable { append(number, std::move(result)); });
}

void BatchRun::append(std::int64_t number, Result<batch::ChunkResult> result) {
  // The store may answer when this is gone, together with the engine.
  const auto back = [this, door = door_](std::optional<Error> error) {
    door->post([this, error = std::move(error)] { recorded(error); });
  };
  if (!result) return back(result.error());
  const auto segment = report_->append(result->report);
  if (!segment) return back(segment.error());
  const store::ChunkRecord record{.number = number,
                                  .rows = static_cast<std::int64_t>(result->rows),
                                  .succeeded = static_cast<std::int64_t>(result->succeeded),
                                  .failed = static_cast<std::int64_t>(result->failed),
                                  .report_offset = static_cast<std::int64_t>(segment->offset),
                                  .report_length = static_cast<std::int64_t>(segment->length)};
  store_.record_chunk(job_.ulid, record, attempt_->fence, [back](Result<job::Decision> decision) {
    back(decision ? std::nullopt : std::optional(decision.error()));
  });
}

void BatchRun::recorded(std::optional<Error> error) {
  --in_flight_;
  if (error && !error_) error_ = std::move(error);
  pump();
}

void BatchRun::end_when_idle() {
  if (in_flight_ > 0 || !ended_) return;
  const bool finished = next_ >= job_.spec.batch->chunks;
  if (!error_ && !finished && !stopping_) return;
  if (!error_ && !finished) error_ = Error{.code = Code::conflict, .message = "stopped"};
  // Posted, and last: whoever is told may destroy this.
  door_->post([ended = std::exchange(ended_, nullptr), error = error_] { ended(error); });
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
                     .report_length = static_cast<std::int64_t>(segment->length)});
  }
  return added;
}

}  // namespace waypost::engine
