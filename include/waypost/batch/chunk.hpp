#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "waypost/base/error.hpp"
#include "waypost/batch/manifest.hpp"
#include "waypost/batch/plan.hpp"
#include "waypost/batch/tally.hpp"
#include "waypost/operation/operation.hpp"

namespace waypost::batch {

/// What is recorded of a chunk: the text of its rows in the report, and what became of each row.
struct ChunkReport {
  std::string text;   ///< rows of the report, in the plan's format and scope
  std::string index;  ///< one entry per row of the chunk (src/batch/row_index.hpp)
  std::uint64_t succeeded = 0;
  std::uint64_t failed = 0;   ///< for good
  std::uint64_t waiting = 0;  ///< failed, and to be tried again
  bool open = false;          ///< rows of this run are still to be run
};

/// When a row that failed is to be tried again.
struct RowWait {
  std::uint32_t row = 0;  ///< in the chunk, from 0
  std::chrono::milliseconds delay{0};
};

/// Which rows of a chunk are to be run: those that never ran, and those that failed and are to be tried
/// again.
struct Selection {
  /// Rows of the manifest after this one (from 1) are left for later; 0: none is.
  std::uint64_t last_row = 0;
  /// Rows of the chunk, from 0 and ascending, that are not due yet.
  std::vector<std::uint32_t> not_due;
  bool failed_only = false;   ///< what never ran stays so
  bool failed_again = false;  ///< the chunk was recorded in an earlier run: what failed there is tried again
};

/// One pass over those rows of a chunk that are to be run now. A row that fails never fails its neighbours:
/// too few or too many values are `malformed_row`, a payload that the operation refuses is
/// `validation_failed`, anything else is the operation's own code. What the operation says another attempt
/// may mend waits for one, as often as `max_attempts` allows. One thread at a time, any one.
class ChunkPass {
 public:
  /// Reads chunk `number` of the plan. `before` is what was recorded of it. `manifest`, `plan` and `tally`
  /// outlive the pass. Fails with internal only (a damaged or vanished file).
  static Result<ChunkPass> open(const Manifest& manifest, const BatchPlan& plan, Tally& tally,
                                std::uint64_t number, std::optional<ChunkReport> before,
                                const Selection& selection);
  ChunkPass(ChunkPass&&) noexcept;
  ChunkPass& operator=(ChunkPass&&) noexcept;
  ~ChunkPass();

  /// Whether there is nothing to run.
  bool empty() const;

  /// For operations that compute: runs the rows one after the other until `halt`, or until too many have
  /// failed. `cancellation` is the operation's to see.
  Result<void> run(const operation::Cancellation& cancellation, const operation::Cancellation& halt);

  // For operations that wait: the tasks, to be run in any order and at once.

  std::size_t size() const;
  /// Its payload lives as long as the pass.
  operation::Task task(std::size_t at) const;
  /// What came of a task; one that is never settled was not run. Returns how many bytes are held for it.
  std::size_t settle(std::size_t at, operation::Outcome outcome, std::chrono::nanoseconds took);

  struct Finished {
    ChunkReport report;
    std::vector<RowWait> waits;  ///< of this pass, by row
  };
  /// The chunk as it is now. The last call.
  Result<Finished> finish();

 private:
  struct Impl;
  explicit ChunkPass(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// The report's rows of a chunk that was never run, as `not_run`; none in a report of failed rows.
Result<std::string> not_run_chunk(const Manifest& manifest, std::uint64_t number, const BatchPlan& plan);

}  // namespace waypost::batch
