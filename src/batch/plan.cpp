#include "waypost/batch/plan.hpp"

#include <fmt/format.h>

#include "batch/plan_impl.hpp"

namespace waypost::batch {

void validate_map(const FieldMap& map, const std::vector<std::string>& columns,
                  const operation::Operation& operation, const std::string& pointer,
                  std::vector<Fault>& faults) {
  static_cast<void>(Mapping::make(map, columns, PayloadFields::read(operation.schema()), pointer, faults));
}

Result<BatchPlan> BatchPlan::make(const ManifestFacts& facts, Request request) {
  std::vector<Fault> faults;
  auto mapping = Mapping::make(request.map, facts.columns, PayloadFields::read(request.operation->schema()),
                               "/map", faults);
  if (!faults.empty()) {
    return std::unexpected(Error{.code = Code::validation_failed,
                                 .message = fmt::format("the manifest's columns do not fit {}: {}",
                                                        request.operation->type(), faults.front().detail),
                                 .faults = std::move(faults)});
  }
  const auto* compute = dynamic_cast<const operation::ComputeOperation*>(request.operation);
  const auto* rows = compute != nullptr ? compute->rows() : nullptr;
  std::optional<std::span<const std::string_view>> result_columns;
  if (rows != nullptr) result_columns = rows->result_columns();
  RowRenderer renderer(request.report, facts.columns, result_columns);
  return BatchPlan(std::make_unique<Impl>(Impl{.request = std::move(request),
                                               .compute = compute,
                                               .rows = rows,
                                               .columns = facts.columns,
                                               .mapping = std::move(mapping),
                                               .renderer = std::move(renderer)}));
}

BatchPlan::BatchPlan(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
BatchPlan::BatchPlan(BatchPlan&&) noexcept = default;
BatchPlan& BatchPlan::operator=(BatchPlan&&) noexcept = default;
BatchPlan::~BatchPlan() = default;

const operation::Operation& BatchPlan::operation() const {
  return impl_->operation();
}

const ReportFrame& BatchPlan::frame() const {
  return impl_->renderer.frame();
}

}  // namespace waypost::batch
