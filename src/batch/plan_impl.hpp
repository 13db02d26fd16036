#pragma once

#include <string>
#include <vector>

#include "batch/mapping.hpp"
#include "batch/render.hpp"
#include "waypost/batch/plan.hpp"

namespace waypost::batch {

struct BatchPlan::Impl {
  Request request;
  const operation::ComputeOperation* compute;  // the operation, when it computes
  const operation::RowOperation* rows;         // its fast path, when there is one
  std::vector<std::string> columns;
  Mapping mapping;
  RowRenderer renderer;

  const operation::Operation& operation() const { return *request.operation; }
  operation::Task task(std::string_view payload, std::uint64_t row, int attempt) const {
    return {.payload = payload,
            .job_id = request.job_id,
            .row = row,
            .attempt = attempt,
            .timeout = request.timeout,
            .traceparent = request.traceparent,
            .tracestate = request.tracestate};
  }
};

}  // namespace waypost::batch
