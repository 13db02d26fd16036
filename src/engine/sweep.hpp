#pragma once

#include "waypost/engine/engine.hpp"

namespace waypost::engine {

/// Deletes the manifests and reports of jobs that the store does not have: what a crash left between a file
/// and the commit that goes with it. Blocks; before any job is accepted or
/// run.
Result<void> sweep_files(store::JobStore& store, const Options& options);

}  // namespace waypost::engine
