#pragma once

#include <string>
#include <vector>

#include "batch/mapping.hpp"
#include "batch/render.hpp"
#include "waypost/batch/plan.hpp"

namespace waypost::batch {

struct BatchPlan::Impl {
  const operation::Operation* operation;
  std::shared_ptr<const operation::Operation> keeps_operation;
  const operation::ComputeOperation* compute;  // the same, when it computes
  const operation::RowOperation* rows;         // its fast path, when there is one
  std::vector<std::string> columns;
  Mapping mapping;
  RowRenderer renderer;
  std::string job_id;
};

}  // namespace waypost::batch
