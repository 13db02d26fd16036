#include "batch/row_runner.hpp"

#include <fmt/format.h>

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

Failure invalid(std::string message) {
  return {.code = "validation_failed", .message = std::move(message), .retry = false};
}

}  // namespace

std::string as_json(operation::Success success) {
  if (success.content_type.starts_with("application/json")) return std::move(success.body);
  std::string json;
  json::Writer(json).string(success.body);
  return json;
}

RowRunner::RowRunner(const BatchPlan::Impl& plan) : plan_(plan), cells_(plan.mapping.columns().size()) {
  if (plan.rows != nullptr) columns_.resize(plan.rows->result_columns().size());
}

std::optional<Failure> RowRunner::run(const InputRow& row, int attempt,
                                      const operation::Cancellation& cancellation) {
  try {
    return run_unguarded(row, attempt, cancellation);
  } catch (const std::exception& error) {
    log::error("a row's operation threw", {{"job_id", plan_.request.job_id},
                                           {"row", row.number},
                                           {"operation", plan_.operation().type()},
                                           {"what", error.what()}});
    return Failure{.code = "internal", .message = "the operation failed unexpectedly; the log says why"};
  }
}

std::optional<Failure> RowRunner::make_payload(const InputRow& row) {
  if (auto failure = read_cells(row)) return failure;
  return check_payload();
}

std::optional<Failure> RowRunner::read_cells(const InputRow& row) {
  if (row.malformed())
    return Failure{.code = "malformed_row",
                   .message = fmt::format("line {} has {} values, the header names {} columns", row.line,
                                          row.count, row.values.size()),
                   .retry = false};
  structured_ = false;
  for (std::size_t i = 0; i < cells_.size(); ++i) {
    cells_[i] = row.cell(plan_.mapping.columns()[i], plan_.columns);
    structured_ = structured_ || cells_[i].json.starts_with('{') || cells_[i].json.starts_with('[');
  }
  return std::nullopt;
}

std::optional<Failure> RowRunner::check_payload() {
  payload_.clear();
  plan_.mapping.payload(cells_, scratch_, payload_);
  const auto document = json::Document::parse(payload_);
  if (!document) return invalid(document.error().message);
  faults_.clear();
  plan_.operation().check(document->root(), "", faults_);
  if (!faults_.empty()) return invalid(joined(faults_));
  return std::nullopt;
}

std::optional<Failure> RowRunner::run_unguarded(const InputRow& row, int attempt,
                                                const operation::Cancellation& cancellation) {
  if (auto failure = read_cells(row)) return failure;
  json_.clear();
  // The fast path takes texts, which cannot tell an array from its source.
  if (plan_.rows == nullptr || structured_)
    if (auto failure = check_payload()) return failure;
  if (plan_.rows != nullptr) {
    const operation::RowFields fields{.names = plan_.mapping.names(),
                                      .values = plan_.mapping.values(cells_, scratch_)};
    return plan_.rows->run_row(fields, plan_.renderer.wants_json(), columns_, json_);
  }
  auto outcome = plan_.compute->run(plan_.task(payload_, row.number, attempt), cancellation);
  if (auto* failure = std::get_if<Failure>(&outcome)) return std::move(*failure);
  json_ = as_json(std::move(std::get<operation::Success>(outcome)));
  return std::nullopt;
}

}  // namespace waypost::batch
