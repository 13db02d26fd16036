#pragma once

#include "waypost/batch/plan.hpp"
#include "waypost/job/job.hpp"

namespace waypost::engine {

/// The plan of a batch from what its job says: its operation, map and report. Fails with unknown_operation
/// when the operation is gone, validation_failed when the map does not fit the manifest. Any thread.
Result<batch::BatchPlan> plan_of(const job::Job& job, const batch::ManifestFacts& facts,
                                 const operation::Registry& operations);

}  // namespace waypost::engine
