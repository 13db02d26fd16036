#pragma once

#include "waypost/batch/plan.hpp"
#include "waypost/job/job.hpp"

namespace waypost::engine {

/// The plan of a batch from what its job says: its operation, map and report. Fails with unknown_operation
/// when the operation is gone, validation_failed when the map does not fit the manifest. Any thread.
Result<batch::BatchPlan> plan_of(const job::Job& job, const batch::ManifestFacts& facts,
                                 const operation::Registry& operations);

/// Cuts a batch into chunks, for its operation: small ones for rows that wait, which are done again as a
/// whole when they are broken off; larger ones for rows that take microseconds. Any thread.
void cut(job::Batch& batch, const batch::ManifestFacts& facts, const operation::Operation& operation);

}  // namespace waypost::engine
