#include "waypost/engine/batch_plan.hpp"

#include "waypost/job/job_trace.hpp"

namespace waypost::engine {

Result<batch::BatchPlan> plan_of(const job::Job& job, const batch::ManifestFacts& facts,
                                 const operation::Registry& operations) {
  auto operation = operations.find(job.spec.type);
  if (operation == nullptr)
    return fail(Code::unknown_operation, "there is no operation \"" + job.spec.type + "\" any more");
  const job::Batch& batch = *job.spec.batch;
  batch::BatchPlan::Request request{.operation = operation.get(),
                                    .keeps_operation = operation,
                                    .job_id = job.id(),
                                    .traceparent = job::traceparent_of(job),
                                    .tracestate = job.spec.tracestate,
                                    .stride = static_cast<std::uint64_t>(batch.stride),
                                    .max_attempts = job.spec.max_attempts,
                                    .backoff = job.spec.backoff,
                                    .timeout = job.spec.timeout};
  const auto map = json::Document::parse(batch.map);
  if (!map) return std::unexpected(map.error());
  for (const auto entry : map->root().children()) request.map.emplace_back(entry.key(), entry.string());
  request.report = {batch::report_format(batch.report_format).value_or(batch::ReportFormat::csv),
                    batch::report_scope(batch.report_scope).value_or(batch::ReportScope::all)};
  return batch::BatchPlan::make(facts, std::move(request));
}

void cut(job::Batch& batch, const batch::ManifestFacts& facts, const operation::Operation& operation) {
  constexpr std::int64_t computing_stride = 10;
  const bool waits = dynamic_cast<const operation::WaitingOperation*>(&operation) != nullptr;
  const auto entries = static_cast<std::int64_t>(facts.chunks);
  batch.rows = static_cast<std::int64_t>(facts.rows);
  batch.stride = waits ? 1 : computing_stride;
  batch.chunks = (entries + batch.stride - 1) / batch.stride;
}

}  // namespace waypost::engine
