#pragma once

#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <set>

#include "engine/door.hpp"
#include "engine/executor.hpp"
#include "waypost/batch/chunk.hpp"
#include "waypost/batch/plan.hpp"
#include "waypost/batch/report.hpp"
#include "waypost/engine/batch_plan.hpp"

namespace waypost::engine {

/// Where a batch's files are.
struct BatchFiles {
  std::filesystem::path manifests;  ///< directory
  std::filesystem::path report;     ///< file
};

/// A manifest, the plan for it and its operation, opened together. Blocks.
struct OpenBatch {
  batch::Manifest manifest;
  batch::BatchPlan plan;
  static Result<OpenBatch> open(const job::Job& job, const operation::Registry& operations,
                                const BatchFiles& files);
};

/// One run of a batch: chunks in parallel on the workers, their report rows appended durably, each recorded
/// in the store. On the engine's thread, but for what it posts; alive until `ended` was called.
class BatchRun {
 public:
  /// Nothing: every chunk is recorded. Code::conflict: stopped as asked, or the lease is lost. Else: it
  /// cannot go on.
  using Ended = std::function<void(std::optional<Error>)>;

  BatchRun(std::shared_ptr<Door> door, Executor& executor, store::JobStore& store,
           const operation::Registry& operations, job::Job job, std::shared_ptr<Attempt> attempt,
           BatchFiles files, unsigned parallel, Ended ended);

  void start();
  /// Starts no further chunk; `ended` follows when the running ones are over. What a cancelled attempt leaves
  /// of a chunk is recorded as not run.
  void stop();
  /// Takes `stop` back, if the run has not ended yet.
  void go_on();

 private:
  void opened(Result<OpenBatch> open);
  void resume(Result<std::vector<store::ChunkRecord>> recorded);
  void pump();
  void compute(std::int64_t number);
  void append(std::int64_t number, Result<batch::ChunkResult> result);
  void recorded(std::optional<Error> error);
  void end_when_idle();

  const std::shared_ptr<Door> door_;
  Executor& executor_;
  store::JobStore& store_;
  const operation::Registry& operations_;
  const job::Job job_;
  const std::shared_ptr<Attempt> attempt_;
  const BatchFiles files_;
  const unsigned parallel_;
  Ended ended_;

  std::optional<OpenBatch> open_;
  asio::strand<asio::thread_pool::executor_type> disk_;  ///< owns report_
  std::optional<batch::ReportFile> report_;
  std::set<std::int64_t> done_;  ///< recorded before this run
  std::int64_t next_ = 0;
  unsigned in_flight_ = 0;
  bool stopping_ = false;
  std::optional<Error> error_;
};

/// Adds what never ran, as `not_run`, to the report of a terminal batch: the records of the added chunks.
/// Blocks.
Result<std::vector<store::ChunkRecord>> report_the_rest(const job::Job& job,
                                                        const operation::Registry& operations,
                                                        const BatchFiles& files,
                                                        const std::vector<store::ChunkRecord>& recorded);

}  // namespace waypost::engine
