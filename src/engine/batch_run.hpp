#pragma once

#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <deque>
#include <unordered_map>

#include "engine/door.hpp"
#include "engine/executor.hpp"
#include "engine/row_lane.hpp"
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

/// One run of a batch: passes over its chunks, several at once, their report rows appended durably, each pass
/// recorded in the store. Rows of operations that compute run on the workers, those that wait on the io
/// threads. A row that failed and may do better waits for its next attempt while others run. On the engine's
/// thread, but for what it posts; alive until `ended` was called.
class BatchRun {
 public:
  enum class End : std::uint8_t {
    complete,   ///< every row that is to be run has ended
    canary,     ///< the first rows have
    threshold,  ///< too many rows have failed
  };
  /// Code::conflict: stopped as asked, or the lease is lost. Another error: it cannot go on.
  using Ended = std::function<void(Result<End>)>;
  struct Surroundings {
    std::shared_ptr<Door> door;
    asio::io_context& context;  ///< the engine's
    Executor& executor;
    store::JobStore& store;
    const operation::Registry& operations;
    Clock& clock;
    unsigned parallel;  ///< chunks at once, of an operation that computes
  };

  BatchRun(Surroundings surroundings, job::Job job, std::shared_ptr<Attempt> attempt, BatchFiles files,
           Ended ended);
  ~BatchRun();

  void start();
  /// Starts no further row; `ended` follows when the running ones are over. What a cancelled attempt leaves
  /// of a chunk is recorded as not run.
  void stop();
  /// The same, and breaks off rows that wait for the network.
  void abort();
  /// Takes `stop` back, unless `ended` was called.
  void go_on();

 private:
  using Records = std::vector<store::ChunkRecord>;
  struct Due {
    std::uint32_t row = 0;  ///< in its chunk
    Time at{};
  };
  struct Lane {
    std::shared_ptr<RowLane> rows;
    std::size_t waiting = 0;  ///< passes with rows that are not started
  };
  /// A chunk on its way through a pass.
  struct Pass {
    std::int64_t number = 0;
    std::optional<store::ChunkRecord> record;  ///< what was recorded of it
    batch::Selection selection;
    Lane* lane = nullptr;
    std::shared_ptr<operation::Cancellation> halt;
  };

  void opened(Result<OpenBatch> open);
  void resume(Result<Records> records);

  void pump();
  Lane* idle_lane();
  bool has_room();
  bool is_to_do(std::int64_t number) const;
  bool find_next();
  std::optional<std::int64_t> next_chunk();
  void begin(std::int64_t number);

  // On a worker.
  void run_pass(const std::shared_ptr<Pass>& pass);
  Result<std::optional<batch::ChunkReport>> read_before(const Pass& pass) const;
  void run_rows(const std::shared_ptr<Pass>& pass, batch::ChunkPass rows);
  void finish(const std::shared_ptr<Pass>& pass, batch::ChunkPass rows);
  // On the disk's strand.
  void append(const std::shared_ptr<Pass>& pass, const batch::ChunkPass::Finished& finished);

  void nothing_to_run(const Pass& pass);
  void recorded(const Pass& pass, const store::ChunkRecord& record, const std::vector<batch::RowWait>& waits);
  void broken(const Error& error);
  void lane_started(Lane* lane);
  void end_when_idle();
  void end(Result<End> how);

  Surroundings around_;
  const job::Job job_;
  const std::shared_ptr<Attempt> attempt_;
  const BatchFiles files_;
  Ended ended_;

  std::optional<OpenBatch> open_;
  const std::shared_ptr<batch::Tally> tally_;
  asio::strand<asio::thread_pool::executor_type> disk_;  ///< appends to report_
  std::optional<batch::ReportFile> report_;
  std::vector<Lane> lanes_;  ///< of an operation that waits

  std::unordered_map<std::int64_t, store::ChunkRecord> records_;
  std::unordered_map<std::int64_t, std::vector<Due>> dues_;  ///< of rows that wait for another attempt
  std::multimap<Time, std::int64_t> parked_;                 ///< chunks, until one of their rows is due
  std::deque<std::int64_t> reopen_;                          ///< chunks that a pass has left open
  std::int64_t next_ = 0;
  std::int64_t last_ = 0;    ///< behind the last chunk of this run
  std::int64_t canary_ = 0;  ///< rows to run before a person is asked; 0 for all
  std::unique_ptr<Alarm> alarm_;

  std::shared_ptr<operation::Cancellation> halt_ = std::make_shared<operation::Cancellation>();
  std::size_t in_flight_ = 0;
  bool stopping_ = false;
  std::optional<Error> error_;
};

/// Where what was recorded of a report ends in its file.
std::uint64_t report_end(const std::vector<store::ChunkRecord>& records);

/// Adds what never ran, as `not_run`, to the report of a terminal batch: the records of the added chunks.
/// Blocks.
Result<std::vector<store::ChunkRecord>> report_the_rest(const job::Job& job,
                                                        const operation::Registry& operations,
                                                        const BatchFiles& files,
                                                        const std::vector<store::ChunkRecord>& recorded);

}  // namespace waypost::engine
