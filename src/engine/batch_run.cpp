#include "engine/batch_run.hpp"

#include <algorithm>

namespace waypost::engine {
namespace {

/// Passes of a lane with rows to start: the next one is ready when the last rows of the first are taken.
constexpr std::size_t passes_ahead = 2;

}  // namespace

BatchRun::BatchRun(Surroundings surroundings, job::Job job, std::shared_ptr<Attempt> attempt,
                   BatchFiles files, Ended ended)
    : around_(std::move(surroundings)),
      job_(std::move(job)),
      attempt_(std::move(attempt)),
      files_(std::move(files)),
      ended_(std::move(ended)),
      tally_(std::make_shared<batch::Tally>(job_)),
      disk_(asio::make_strand(around_.executor.workers())),
      last_(job_.spec.batch->chunks),
      alarm_(around_.clock.make_alarm(around_.context, [this] { pump(); })) {}

BatchRun::~BatchRun() = default;

// ---- the beginning: what there is, and what was recorded of it

void BatchRun::start() {
  ++in_flight_;
  asio::post(around_.executor.workers(), [this] {
    auto open = OpenBatch::open(job_, around_.operations, files_);
    around_.door->post([this, open = std::move(open)]() mutable { opened(std::move(open)); });
  });
}

void BatchRun::opened(Result<OpenBatch> open) {
  if (!open) return broken(open.error());
  open_ = std::move(*open);
  if (const auto waits = std::dynamic_pointer_cast<const operation::WaitingOperation>(
          around_.operations.find(job_.spec.type))) {
    const auto io = around_.executor.io();
    const auto at_once =
        std::min<std::size_t>(waits->rows_at_once(), waits->concurrency().value_or(UINT32_MAX));
    // Few rows at once share one thread: so a single chunk has all of them.
    const auto lanes = std::clamp<std::size_t>(at_once / 16, 1, io.size());
    for (std::size_t i = 0; i < lanes; ++i)
      lanes_.push_back({std::make_shared<RowLane>(io[i], waits, tally_, around_.executor.limits(),
                                                  std::max<std::size_t>(1, (at_once + i) / lanes))});
    if (stopping_)
      for (const Lane& lane : lanes_) lane.rows->halt();
  }
  around_.store.chunks(job_.ulid, through<Records>(around_.door, [this](Result<Records> records) {
                         resume(std::move(records));
                       }));
}

void BatchRun::resume(Result<Records> records) {
  if (!records) return broken(records.error());
  for (const auto& record : *records) records_.emplace(record.number, record);
  const job::Batch& batch = *job_.spec.batch;
  if (batch.canary < batch.rows && !job_.batch.canary_done && !job_.batch.failed_only) canary_ = batch.canary;
  asio::post(disk_, [this, end = report_end(*records)] {
    std::optional<Error> error;
    if (canary_ > 0) {
      const auto entry = open_->manifest.chunk_of(static_cast<std::uint64_t>(canary_));
      if (entry)
        last_ = static_cast<std::int64_t>(*entry) / job_.spec.batch->stride + 1;
      else
        error = entry.error();
    }
    auto report = batch::ReportFile::open(files_.report, end);
    if (report)
      report_ = std::move(*report);
    else
      error = report.error();
    around_.door->post([this, error = std::move(error)] {
      if (error) return broken(*error);
      --in_flight_;
      pump();
    });
  });
}

// ---- steering

void BatchRun::stop() {
  if (std::exchange(stopping_, true)) return;
  halt_->request();
  for (const Lane& lane : lanes_) lane.rows->halt();
  end_when_idle();
}

void BatchRun::abort() {
  stop();
  for (const Lane& lane : lanes_) lane.rows->abort();
}

void BatchRun::go_on() {
  if (!ended_ || !stopping_) return;
  stopping_ = false;
  halt_ = std::make_shared<operation::Cancellation>();
  for (const Lane& lane : lanes_) lane.rows->go_on();
  pump();
}

// ---- which chunk is next

void BatchRun::pump() {
  const Time now = around_.clock.now();
  while (!parked_.empty() && parked_.begin()->first <= now) {
    reopen_.push_back(parked_.begin()->second);
    parked_.erase(parked_.begin());
  }
  while (!stopping_ && !error_ && !tally_->past_threshold() && has_room()) {
    const auto number = next_chunk();
    if (!number) break;
    begin(*number);
  }
  if (!parked_.empty()) alarm_->set(parked_.begin()->first);
  end_when_idle();
}

bool BatchRun::has_room() {
  return lanes_.empty() ? in_flight_ < around_.parallel : idle_lane() != nullptr;
}

BatchRun::Lane* BatchRun::idle_lane() {
  const auto lane = std::ranges::min_element(lanes_, {}, &Lane::waiting);
  return lane->waiting < passes_ahead ? &*lane : nullptr;
}

bool BatchRun::is_to_do(std::int64_t number) const {
  const auto at = records_.find(number);
  if (at == records_.end()) return !job_.batch.failed_only;
  const store::ChunkRecord& record = at->second;
  return record.run == job_.batch.run ? record.open : record.failed + record.waiting > 0;
}

bool BatchRun::find_next() {
  if (!reopen_.empty()) return true;
  while (next_ < last_ && !is_to_do(next_)) ++next_;
  return next_ < last_;
}

std::optional<std::int64_t> BatchRun::next_chunk() {
  if (!find_next()) return {};
  if (reopen_.empty()) return next_++;
  const std::int64_t number = reopen_.front();
  reopen_.pop_front();
  return number;
}

void BatchRun::begin(std::int64_t number) {
  auto pass = std::make_shared<Pass>(Pass{.number = number, .halt = halt_});
  if (const auto at = records_.find(number); at != records_.end()) pass->record = at->second;
  pass->selection = {.last_row = static_cast<std::uint64_t>(canary_),
                     .failed_only = job_.batch.failed_only,
                     .failed_again = pass->record && pass->record->run != job_.batch.run};
  const Time now = around_.clock.now();
  auto& dues = dues_[number];
  std::erase_if(dues, [now](const Due& due) { return due.at <= now; });
  for (const Due& due : dues) pass->selection.not_due.push_back(due.row);
  if (!lanes_.empty()) {
    pass->lane = idle_lane();
    ++pass->lane->waiting;
  }
  ++in_flight_;
  asio::post(around_.executor.workers(), [this, pass] { run_pass(pass); });
}

// ---- a pass, on other threads

void BatchRun::run_pass(const std::shared_ptr<Pass>& pass) {
  auto before = read_before(*pass);
  auto rows = !before ? std::unexpected(before.error())
                      : batch::ChunkPass::open(open_->manifest, open_->plan, *tally_,
                                               static_cast<std::uint64_t>(pass->number), std::move(*before),
                                               pass->selection);
  if (!rows) return around_.door->post([this, error = rows.error()] { broken(error); });
  if (rows->empty()) return around_.door->post([this, pass] { nothing_to_run(*pass); });
  if (pass->lane != nullptr) return run_rows(pass, std::move(*rows));
  if (const auto run = rows->run(attempt_->cancellation, *pass->halt); !run)
    return around_.door->post([this, error = run.error()] { broken(error); });
  finish(pass, std::move(*rows));
}

Result<std::optional<batch::ChunkReport>> BatchRun::read_before(const Pass& pass) const {
  if (!pass.record) return std::optional<batch::ChunkReport>{};
  const auto offset = static_cast<std::uint64_t>(pass.record->report_offset);
  const auto length = static_cast<std::uint64_t>(pass.record->report_length);
  auto text = report_->read({offset, length});
  if (!text) return std::unexpected(text.error());
  auto index = report_->read({offset + length, static_cast<std::uint64_t>(pass.record->index_length)});
  if (!index) return std::unexpected(index.error());
  return batch::ChunkReport{.text = std::move(*text), .index = std::move(*index)};
}

void BatchRun::run_rows(const std::shared_ptr<Pass>& pass, batch::ChunkPass rows) {
  const auto started = [this, lane = pass->lane] {
    around_.door->post([this, lane] { lane_started(lane); });
  };
  if (rows.size() == 0) {  // every row is refused as it is
    started();
    return finish(pass, std::move(rows));
  }
  pass->lane->rows->add(std::move(rows), {.started = started, .ended = [this, pass](batch::ChunkPass ended) {
                                            auto work = [this, pass, ended = std::move(ended)]() mutable {
                                              finish(pass, std::move(ended));
                                            };
                                            asio::post(around_.executor.workers(), std::move(work));
                                          }});
}

void BatchRun::finish(const std::shared_ptr<Pass>& pass, batch::ChunkPass rows) {
  auto finished = rows.finish();
  if (!finished) return around_.door->post([this, error = finished.error()] { broken(error); });
  asio::post(disk_, [this, pass, finished = std::move(*finished)] { append(pass, finished); });
}

void BatchRun::append(const std::shared_ptr<Pass>& pass, const batch::ChunkPass::Finished& finished) {
  const batch::ChunkReport& report = finished.report;
  const auto segment = report_->append(report.text, report.index);
  if (!segment) return around_.door->post([this, error = segment.error()] { broken(error); });
  const store::ChunkRecord record{
      .number = pass->number,
      .rows = static_cast<std::int64_t>(report.succeeded + report.failed + report.waiting),
      .succeeded = static_cast<std::int64_t>(report.succeeded),
      .failed = static_cast<std::int64_t>(report.failed),
      .waiting = static_cast<std::int64_t>(report.waiting),
      .report_offset = static_cast<std::int64_t>(segment->offset),
      .report_length = static_cast<std::int64_t>(report.text.size()),
      .index_length = static_cast<std::int64_t>(report.index.size()),
      .run = job_.batch.run,
      .open = report.open};
  // The store may answer when this is gone, together with the engine.
  around_.store.record_chunk(
      job_.ulid, record, attempt_->fence,
      through<job::Decision>(
          around_.door, [this, pass, record, waits = finished.waits](const Result<job::Decision>& decision) {
            if (!decision) return broken(decision.error());
            recorded(*pass, record, waits);
          }));
}

// ---- what became of it

void BatchRun::nothing_to_run(const Pass& pass) {
  --in_flight_;
  dues_.erase(pass.number);
  if (pass.lane != nullptr) --pass.lane->waiting;
  pump();
}

void BatchRun::lane_started(Lane* lane) {
  --lane->waiting;
  pump();
}

void BatchRun::recorded(const Pass& pass, const store::ChunkRecord& record,
                        const std::vector<batch::RowWait>& waits) {
  --in_flight_;
  records_.insert_or_assign(pass.number, record);
  const auto dues = dues_.find(pass.number);
  const Time now = around_.clock.now();
  for (const auto& wait : waits) dues->second.push_back({wait.row, now + wait.delay});
  if (!record.open || dues->second.empty()) dues_.erase(dues);
  if (!record.open) return pump();
  const auto known = dues_.find(pass.number);
  if (known == dues_.end())
    reopen_.push_back(pass.number);
  else
    parked_.emplace(std::ranges::min(known->second, {}, &Due::at).at, pass.number);
  pump();
}

void BatchRun::broken(const Error& error) {
  --in_flight_;
  if (!error_) error_ = error;
  halt_->request();
  for (const Lane& lane : lanes_) lane.rows->halt();
  pump();
}

void BatchRun::end_when_idle() {
  if (in_flight_ > 0 || !ended_) return;
  if (error_) return end(std::unexpected(*error_));
  const bool nothing_left = !find_next() && parked_.empty();
  if (nothing_left && canary_ == 0) return end(End::complete);
  if (stopping_) return end(fail(Code::conflict, "stopped"));
  if (tally_->past_threshold()) return end(End::threshold);
  if (nothing_left) return end(End::canary);
}

void BatchRun::end(Result<End> how) {
  alarm_->clear();
  // Posted, and last: whoever is told may destroy this.
  around_.door->post([ended = std::exchange(ended_, nullptr), how = std::move(how)] { ended(how); });
}

}  // namespace waypost::engine
