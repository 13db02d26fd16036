#pragma once

#include "waypost/engine/engine.hpp"

namespace waypost::engine {

/// Deletes the reports of jobs that the store does not have: what a crash left between a file and the commit
/// that goes with it. Blocks; before any job is run.
Result<void> sweep_reports(store::JobStore& store, const std::filesystem::path& directory);

}  // namespace waypost::engine
