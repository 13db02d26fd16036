#include "engine/row_lane.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "waypost/base/log.hpp"

namespace waypost::engine {

namespace asio = boost::asio;

namespace {

/// Results in memory, past which rows are started one by one only: a chunk is let go of as a whole.
constexpr std::size_t max_held = 16 << 20;

}  // namespace

RowLane::RowLane(operation::IoContext io, std::shared_ptr<const operation::WaitingOperation> operation,
                 std::shared_ptr<const batch::Tally> tally, Limits limits, std::size_t slots)
    : io_(io),
      operation_(std::move(operation)),
      tally_(std::move(tally)),
      limits_(std::move(limits)),
      slots_(slots) {}

void RowLane::add(batch::ChunkPass pass, Hooks hooks) {
  asio::post(io_.context,
             [self = shared_from_this(), pass = std::make_shared<Pass>(std::move(pass), std::move(hooks))] {
               self->queue_.push_back(pass);
               if (self->is_stopped()) return self->end_idle_passes();
               self->wake_workers();
             });
}

void RowLane::halt() {
  asio::post(io_.context, [self = shared_from_this()] {
    self->halted_ = true;
    request(self->queuing_);
    self->end_idle_passes();
  });
}

void RowLane::go_on() {
  asio::post(io_.context, [self = shared_from_this()] {
    self->halted_ = false;
    self->wake_workers();
  });
}

void RowLane::abort() {
  asio::post(io_.context, [self = shared_from_this()] { request(self->aborts_); });
}

void RowLane::request(const std::set<net::Abort*>& aborts) {
  // What an abort ends at once leaves the set meanwhile.
  const std::vector<net::Abort*> asked(aborts.begin(), aborts.end());
  for (net::Abort* abort : asked)
    if (aborts.contains(abort)) abort->request();
}

bool RowLane::has_room() const {
  return held_ < max_held || running_ == 0;
}

void RowLane::wake_workers() {
  std::size_t waiting = 0;
  for (const PassPtr& pass : queue_) waiting += pass->rows.size() - pass->next;
  for (std::size_t idle = slots_ - workers_; idle > 0 && waiting > 0 && has_room(); --idle, --waiting) {
    ++workers_;
    asio::co_spawn(io_.context, work(shared_from_this()), asio::detached);
  }
}

asio::awaitable<void> RowLane::work(std::shared_ptr<RowLane> self) {
  while (auto row = self->take()) co_await self->run(std::move(*row));
  --self->workers_;
  if (!self->is_stopped()) co_return;
  request(self->queuing_);
  self->end_idle_passes();
}

std::optional<RowLane::Row> RowLane::take() {
  if (queue_.empty() || is_stopped() || !has_room()) return {};
  const PassPtr pass = queue_.front();
  const std::size_t at = pass->next++;
  ++pass->running;
  ++running_;
  if (pass->next == pass->rows.size()) {
    queue_.pop_front();
    pass->hooks.started();
  }
  return Row{pass, at};
}

asio::awaitable<bool> RowLane::wait_for_turn(net::Abort& abort, std::optional<Limits::Turn>& turn) {
  if (!operation_->concurrency()) co_return true;
  queuing_.insert(&abort);
  turn = co_await limits_.wait(std::string(operation_->type()), io_.context, abort);
  queuing_.erase(&abort);
  if (turn && is_stopped()) abort.request();  // it was stopped meanwhile
  co_return !abort.requested();
}

asio::awaitable<void> RowLane::run(Row row) {
  net::Abort abort;
  aborts_.insert(&abort);
  operation::Outcome outcome;
  std::optional<Limits::Turn> turn;
  const bool may_run = co_await wait_for_turn(abort, turn);
  const auto began = std::chrono::steady_clock::now();
  try {
    if (may_run) outcome = co_await operation_->run(row.pass->rows.task(row.at), io_, abort);
  } catch (const std::exception& failure) {
    log::error("a row's operation threw", {{"operation", operation_->type()}, {"error", failure.what()}});
    outcome = operation::Failure{.code = "internal",
                                 .message = "the operation failed unexpectedly; the log says why"};
  }
  aborts_.erase(&abort);
  turn.reset();
  --row.pass->running;
  --running_;
  if (may_run && (!abort.requested() || std::holds_alternative<operation::Success>(outcome))) {
    const std::size_t held =
        row.pass->rows.settle(row.at, std::move(outcome), std::chrono::steady_clock::now() - began);
    row.pass->held += held;
    held_ += held;
  }
  end_if_over(row.pass);
}

void RowLane::end_idle_passes() {
  const std::deque<PassPtr> queued = std::exchange(queue_, {});
  for (const PassPtr& pass : queued) {
    pass->hooks.started();
    // Its rows that are not started are not run: it is over with those that are.
    pass->next = pass->rows.size();
    end_if_over(pass);
  }
}

void RowLane::end_if_over(const PassPtr& pass) {
  if (pass->running > 0 || pass->next < pass->rows.size()) return;
  held_ -= std::exchange(pass->held, 0);
  pass->hooks.ended(std::move(pass->rows));
  if (!is_stopped()) wake_workers();
}

}  // namespace waypost::engine
