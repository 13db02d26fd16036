#include "waypost/batch/chunk.hpp"

#include <chrono>

#include <fmt/format.h>

#include "batch/plan_impl.hpp"
#include "waypost/base/log.hpp"

namespace waypost::batch {
namespace {

using operation::Failure;

std::string joined(const std::vector<Fault>& faults) {
  std::string out;
  for (const Fault& fault : faults) {
    if (!out.empty()) out += "; ";
    std::string_view field = fault.pointer ? std::string_view(*fault.pointer) : std::string_view();
    if (field.starts_with('/')) field.remove_prefix(1);
    if (!field.empty()) out += fmt::format("{}: ", field);
    out += fault.detail;
  }
  return out;
}

// Runs the rows of one chunk, one after the other. What it keeps from row to row is buffers.
class ChunkRun {
 public:
  ChunkRun(const BatchPlan::Impl& plan, const operation::Cancellation& cancellation, std::uint64_t first_row)
      : plan_(plan), cancellation_(cancellation), cells_(plan.mapping.columns().size()) {
    if (plan.rows != nullptr) columns_.resize(plan.rows->result_columns().size());
    result_.next_row = first_row;
  }

  // False when the chunk is broken off before this row.
  bool take(const InputRow& row) {
    if (cancellation_.requested()) {
      result_.complete = false;
      return false;
    }
    const auto started = std::chrono::steady_clock::now();
    const std::optional<Failure> failure = run_safely(row);
    RowOutcome outcome{.status = failure ? RowOutcome::Status::failed : RowOutcome::Status::succeeded,
                       .attempts = 1,
                       .duration = std::chrono::steady_clock::now() - started,
                       .columns = columns_,
                       .json = json_};
    if (failure) {
      outcome.code = failure->code;
      outcome.message = failure->message;
    }
    plan_.renderer.append(result_.report, row, outcome);
    count(row, failure);
    return true;
  }

  ChunkResult result() && { return std::move(result_); }

 private:
  void count(const InputRow& row, const std::optional<Failure>& failure) {
    ++result_.rows;
    result_.next_row = row.number + 1;
    ++(failure ? result_.failed : result_.succeeded);
    if (failure && !result_.first_error) {
      result_.first_error = RowError{.row = row.number, .code = failure->code, .message = failure->message};
    }
  }

  // What an operation throws ends its row, never the neighbours'.
  std::optional<Failure> run_safely(const InputRow& row) {
    try {
      return run(row);
    } catch (const std::exception& error) {
      log::error("a row's operation threw", {{"job", plan_.job_id},
                                             {"row", row.number},
                                             {"operation", plan_.operation->type()},
                                             {"what", error.what()}});
      return Failure{.code = "internal", .message = "the operation failed unexpectedly; the log says why"};
    }
  }

  std::optional<Failure> run(const InputRow& row) {
    if (row.malformed()) {
      return Failure{.code = "malformed_row",
                     .message = fmt::format("line {} has {} values, the header names {} columns", row.line,
                                            row.count, row.values.size()),
                     .retry = false};
    }
    json_.clear();
    bool structured = false;
    for (std::size_t i = 0; i < cells_.size(); ++i) {
      cells_[i] = row.cell(plan_.mapping.columns()[i], plan_.columns);
      structured = structured || cells_[i].json.starts_with('{') || cells_[i].json.starts_with('[');
    }
    if (plan_.rows == nullptr) return run_payload();
    if (structured) {  // the fast path takes texts, which cannot tell an array from its source
      if (auto failure = check_payload()) return failure;
    }
    const operation::RowFields fields{.names = plan_.mapping.names(),
                                      .values = plan_.mapping.values(cells_, scratch_)};
    return plan_.rows->run_row(fields, plan_.renderer.wants_json(), columns_, json_);
  }

  std::optional<Failure> check_payload() {
    payload_.clear();
    plan_.mapping.payload(cells_, scratch_, payload_);
    const auto document = json::Document::parse(payload_);
    if (!document)
      return Failure{.code = "validation_failed", .message = document.error().message, .retry = false};
    faults_.clear();
    plan_.operation->check(document->root(), "", faults_);
    if (faults_.empty()) return std::nullopt;
    return Failure{.code = "validation_failed", .message = joined(faults_), .retry = false};
  }

  std::optional<Failure> run_payload() {
    if (auto failure = check_payload()) return failure;
    operation::Outcome outcome =
        plan_.compute->run({.payload = payload_, .job_id = plan_.job_id}, cancellation_);
    if (auto* failure = std::get_if<Failure>(&outcome)) return std::move(*failure);
    auto& success = std::get<operation::Success>(outcome);
    if (success.content_type.starts_with("application/json")) {
      json_ = std::move(success.body);
    } else {
      json::Writer(json_).string(success.body);
    }
    return std::nullopt;
  }

  const BatchPlan::Impl& plan_;
  const operation::Cancellation& cancellation_;
  std::vector<Cell> cells_;
  Mapping::Scratch scratch_;
  std::vector<std::string> columns_;
  std::string json_;
  std::string payload_;
  std::vector<Fault> faults_;
  ChunkResult result_;
};

}  // namespace

Result<ChunkResult> run_chunk(const Manifest& manifest, std::uint64_t number, const BatchPlan& plan,
                              const operation::Cancellation& cancellation) {
  if (plan.impl().compute == nullptr) {
    return fail(Code::validation_failed,
                fmt::format("{} waits for the network or a timer: its rows do not run as a chunk on a worker",
                            plan.impl().operation->type()));
  }
  const auto chunk = manifest.read_chunk(number);
  if (!chunk) return std::unexpected(chunk.error());
  ChunkRun run(plan.impl(), cancellation, chunk->first_row);
  const auto read =
      for_each_row(*chunk, manifest.facts(), [&run](const InputRow& row) { return run.take(row); });
  if (!read) return std::unexpected(read.error());
  return std::move(run).result();
}

Result<std::string> not_run_chunk(const Manifest& manifest, std::uint64_t number, const BatchPlan& plan,
                                  std::uint64_t from_row) {
  const auto chunk = manifest.read_chunk(number);
  if (!chunk) return std::unexpected(chunk.error());
  std::string report;
  const auto read = for_each_row(*chunk, manifest.facts(), [&](const InputRow& row) {
    if (row.number >= from_row)
      plan.impl().renderer.append(report, row, {.status = RowOutcome::Status::not_run});
    return true;
  });
  if (!read) return std::unexpected(read.error());
  return report;
}

}  // namespace waypost::batch
