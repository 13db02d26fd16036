#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "waypost/base/error.hpp"
#include "waypost/batch/manifest.hpp"
#include "waypost/batch/plan.hpp"
#include "waypost/operation/operation.hpp"

namespace waypost::batch {

struct RowError {
  std::uint64_t row = 0;  ///< from 1, in the manifest
  std::string code;
  std::string message;
};

/// What came of a chunk, or of its first rows when it was broken off.
struct ChunkResult {
  std::string report;      ///< rows of the report, in the plan's format and scope
  std::uint64_t rows = 0;  ///< that were run: succeeded + failed
  std::uint64_t succeeded = 0;
  std::uint64_t failed = 0;
  std::optional<RowError> first_error;
  bool complete = true;  ///< false when cancelled between rows; `next_row` is then the first that was not run
  std::uint64_t next_row = 0;  ///< the row after the last one run
};

/// Runs every row of a chunk. A row that fails never fails its neighbours: too few or too many values are
/// `malformed_row`, a payload that the operation refuses is `validation_failed`, anything else is the
/// operation's own code. Cancellation is seen between rows. Fails with internal only (a damaged or vanished
/// file), or validation_failed when the plan's operation does not compute but waits. Any thread, many at
/// once.
Result<ChunkResult> run_chunk(const Manifest& manifest, std::uint64_t number, const BatchPlan& plan,
                              const operation::Cancellation& cancellation);

/// The report's rows for what of a chunk was never run, from `from_row` (counted in the manifest from 1) on,
/// as `not_run`; none in a report of failed rows.
Result<std::string> not_run_chunk(const Manifest& manifest, std::uint64_t number, const BatchPlan& plan,
                                  std::uint64_t from_row = 0);

}  // namespace waypost::batch
