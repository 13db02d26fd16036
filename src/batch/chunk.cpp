#include "waypost/batch/chunk.hpp"

#include <algorithm>
#include <numeric>
#include <random>

#include "batch/plan_impl.hpp"
#include "batch/row_index.hpp"
#include "batch/row_runner.hpp"
#include "waypost/base/scheduling.hpp"
#include "waypost/job/rules.hpp"

namespace waypost::batch {
namespace {

using operation::Failure;
using std::chrono::steady_clock;

/// In [0, 1). One for all rows of a pass: those that failed together and are due together are one pass again,
/// and other chunks return at other moments.
double jitter() {
  thread_local std::minstd_rand engine{std::random_device{}()};
  return std::uniform_real_distribution<double>(0, 1)(engine);
}

/// A row that waits for the network or a timer, on its way.
struct RowTask {
  std::uint32_t row = 0;
  std::string payload;
  std::optional<operation::Outcome> outcome;
  std::chrono::nanoseconds took{0};
};

}  // namespace

struct ChunkPass::Impl {
  Impl(const Manifest& manifest, const BatchPlan& plan, Tally& tally, const Selection& selection)
      : facts(manifest.facts()), plan(plan.impl()), tally(tally), selection(selection) {}

  Result<void> take_before(std::optional<ChunkReport> before);
  void select();
  Result<void> make_tasks();

  template <class OnTodo>
  Result<void> compose(OnTodo on_todo);
  void keep(const InputRow& row, std::size_t at);
  void settle(const InputRow& row, std::size_t at, const std::optional<Failure>& failure, RowOutcome outcome);
  void settle(const InputRow& row, RowTask& task);
  std::chrono::milliseconds delay(const Failure& failure, int failures) const;
  Result<Finished> finish();

  const ManifestFacts& facts;
  const BatchPlan::Impl& plan;
  Tally& tally;
  const Selection selection;
  ManifestChunk chunk;
  std::vector<RowState> rows;
  std::vector<bool> todo;
  std::string before;    // the text of the rows that were recorded
  std::size_t read = 0;  // of that
  std::vector<RowTask> tasks;
  std::vector<std::size_t> runnable;  // tasks that are not settled by what their row is
  Finished out;
  bool composed = false;
  const double luck = jitter();
};

/// The states that were recorded, as this pass begins with them.
Result<void> ChunkPass::Impl::take_before(std::optional<ChunkReport> recorded) {
  rows.resize(chunk.rows);
  if (!recorded) return {};
  auto states = decode_rows(recorded->index, chunk.rows);
  if (!states) return std::unexpected(states.error());
  rows = std::move(*states);
  before = std::move(recorded->text);
  const auto length = std::accumulate(rows.begin(), rows.end(), std::size_t{0},
                                      [](std::size_t sum, const RowState& row) { return sum + row.length; });
  if (length != before.size())
    return fail(Code::internal, "the stored report is damaged", "a chunk's rows do not add up to its text");
  if (!selection.failed_again) return {};
  for (RowState& row : rows) {
    row.run_attempts = 0;
    row.again = row.status == RowStatus::failed;
  }
  return {};
}

void ChunkPass::Impl::select() {
  todo.resize(rows.size());
  for (std::size_t at = 0; at < rows.size(); ++at) {
    const bool within = selection.last_row == 0 || chunk.first_row + at <= selection.last_row;
    const bool fresh = rows[at].status == RowStatus::not_run && !selection.failed_only;
    todo[at] = within && (fresh || rows[at].again);
  }
  for (const std::uint32_t at : selection.not_due)
    if (at < todo.size()) todo[at] = false;
}

/// Of an operation that waits: payloads first, to be run in any order.
Result<void> ChunkPass::Impl::make_tasks() {
  RowRunner runner(plan);
  return for_each_row(chunk, facts, [&](const InputRow& row) {
    const auto at = static_cast<std::uint32_t>(row.number - chunk.first_row);
    if (!todo[at]) return true;
    RowTask task{.row = at};
    if (auto failure = runner.make_payload(row)) {
      task.outcome = std::move(*failure);
      tally.add(true);
    } else {
      task.payload = runner.payload();
      runnable.push_back(tasks.size());
    }
    tasks.push_back(std::move(task));
    return true;
  });
}

/// Writes the chunk's text anew, row by row: `on_todo` for those of this pass, the others as they were.
template <class OnTodo>
Result<void> ChunkPass::Impl::compose(OnTodo on_todo) {
  composed = true;
  return for_each_row(chunk, facts, [&](const InputRow& row) {
    const std::size_t at = row.number - chunk.first_row;
    const std::size_t old_length = rows[at].length, begin = out.report.text.size();
    if (!todo[at] || !on_todo(row, at)) keep(row, at);
    read += old_length;
    rows[at].length = static_cast<std::uint32_t>(out.report.text.size() - begin);
    return true;
  });
}

void ChunkPass::Impl::keep(const InputRow& row, std::size_t at) {
  if (rows[at].status == RowStatus::not_run)
    plan.renderer.append(out.report.text, row, {.status = RowOutcome::Status::not_run});
  else
    out.report.text.append(before, read, rows[at].length);
}

void ChunkPass::Impl::settle(const InputRow& row, std::size_t at, const std::optional<Failure>& failure,
                             RowOutcome outcome) {
  RowState& state = rows[at];
  if (state.attempts < UINT16_MAX) ++state.attempts;
  ++state.run_attempts;
  state.status = failure ? RowStatus::failed : RowStatus::succeeded;
  state.again = failure && failure->retry && state.run_attempts < plan.request.max_attempts;
  if (state.again) out.waits.push_back({static_cast<std::uint32_t>(at), delay(*failure, state.run_attempts)});
  outcome.status = failure ? RowOutcome::Status::failed : RowOutcome::Status::succeeded;
  outcome.attempts = state.attempts;
  if (failure) {
    outcome.code = failure->code;
    outcome.message = failure->message;
  }
  plan.renderer.append(out.report.text, row, outcome);
}

void ChunkPass::Impl::settle(const InputRow& row, RowTask& task) {
  if (auto* failure = std::get_if<Failure>(&*task.outcome))
    return settle(row, task.row, std::move(*failure), {.duration = task.took});
  const std::string json = as_json(std::move(std::get<operation::Success>(*task.outcome)));
  settle(row, task.row, std::nullopt, {.duration = task.took, .json = json});
}

std::chrono::milliseconds ChunkPass::Impl::delay(const Failure& failure, int failures) const {
  const auto own = job::backoff_delay(plan.request.backoff, failures, luck);
  return failure.retry_after ? std::max<std::chrono::milliseconds>(own, *failure.retry_after) : own;
}

Result<ChunkPass::Finished> ChunkPass::Impl::finish() {
  ChunkReport& report = out.report;
  for (const RowState& row : rows) {
    report.waiting += row.again;
    report.succeeded += row.status == RowStatus::succeeded;
    report.failed += row.status == RowStatus::failed && !row.again;
    report.open |= row.again || (row.status == RowStatus::not_run && !selection.failed_only);
  }
  report.index = encode(rows);
  return std::move(out);
}

Result<ChunkPass> ChunkPass::open(const Manifest& manifest, const BatchPlan& plan, Tally& tally,
                                  std::uint64_t number, std::optional<ChunkReport> before,
                                  const Selection& selection) {
  const std::uint64_t stride = plan.impl().request.stride;
  auto chunk = manifest.read_chunk(number * stride, stride);
  if (!chunk) return std::unexpected(chunk.error());
  auto impl = std::make_unique<Impl>(manifest, plan, tally, selection);
  impl->chunk = std::move(*chunk);
  if (auto taken = impl->take_before(std::move(before)); !taken) return std::unexpected(taken.error());
  impl->select();
  if (plan.impl().compute == nullptr)
    if (auto made = impl->make_tasks(); !made) return std::unexpected(made.error());
  return ChunkPass(std::move(impl));
}

ChunkPass::ChunkPass(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ChunkPass::ChunkPass(ChunkPass&&) noexcept = default;
ChunkPass& ChunkPass::operator=(ChunkPass&&) noexcept = default;
ChunkPass::~ChunkPass() = default;

bool ChunkPass::empty() const {
  return std::ranges::find(impl_->todo, true) == impl_->todo.end();
}

Result<void> ChunkPass::run(const operation::Cancellation& cancellation,
                            const operation::Cancellation& halt) {
  Impl& self = *impl_;
  RowRunner runner(self.plan);
  Breather breather;
  bool stopped = false;
  return self.compose([&](const InputRow& row, std::size_t at) {
    stopped = stopped || cancellation.requested() || halt.requested() || self.tally.past_threshold();
    if (stopped) return false;
    breather.breathe();
    const auto started = steady_clock::now();
    const auto failure = runner.run(row, self.rows[at].attempts + 1, cancellation);
    self.settle(
        row, at, failure,
        {.duration = steady_clock::now() - started, .columns = runner.columns(), .json = runner.json()});
    if (!self.rows[at].again) self.tally.add(failure.has_value());
    return true;
  });
}

std::size_t ChunkPass::size() const {
  return impl_->runnable.size();
}

operation::Task ChunkPass::task(std::size_t at) const {
  const RowTask& task = impl_->tasks[impl_->runnable[at]];
  return impl_->plan.task(task.payload, impl_->chunk.first_row + task.row,
                          impl_->rows[task.row].attempts + 1);
}

std::size_t ChunkPass::settle(std::size_t at, operation::Outcome outcome, std::chrono::nanoseconds took) {
  RowTask& task = impl_->tasks[impl_->runnable[at]];
  const auto* failure = std::get_if<Failure>(&outcome);
  const int attempt = impl_->rows[task.row].run_attempts + 1;
  if (failure == nullptr || !failure->retry || attempt >= impl_->plan.request.max_attempts)
    impl_->tally.add(failure != nullptr);
  const auto* success = std::get_if<operation::Success>(&outcome);
  const std::size_t held = success != nullptr ? success->body.size() : failure->message.size();
  task.outcome = std::move(outcome);
  task.took = took;
  return held;
}

Result<ChunkPass::Finished> ChunkPass::finish() {
  Impl& self = *impl_;
  if (self.composed) return self.finish();
  auto task = self.tasks.begin();
  const auto composed = self.compose([&](const InputRow& row, std::size_t) {
    RowTask& mine = *task++;
    if (!mine.outcome) return false;
    self.settle(row, mine);
    return true;
  });
  if (!composed) return std::unexpected(composed.error());
  return self.finish();
}

Result<std::string> not_run_chunk(const Manifest& manifest, std::uint64_t number, const BatchPlan& plan) {
  const std::uint64_t stride = plan.impl().request.stride;
  const auto chunk = manifest.read_chunk(number * stride, stride);
  if (!chunk) return std::unexpected(chunk.error());
  std::string report;
  const auto read = for_each_row(*chunk, manifest.facts(), [&](const InputRow& row) {
    plan.impl().renderer.append(report, row, {.status = RowOutcome::Status::not_run});
    return true;
  });
  if (!read) return std::unexpected(read.error());
  return report;
}

}  // namespace waypost::batch
