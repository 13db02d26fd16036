#include "net/deadline.hpp"

namespace waypost::net {

using Clock = std::chrono::steady_clock;

struct Deadline::State {
  State(asio::io_context& context, std::function<void()> callback)
      : timer(context), reached(std::move(callback)) {}
  asio::basic_waitable_timer<Clock, asio::wait_traits<Clock>, asio::io_context::executor_type> timer;
  std::function<void()> reached;
  Clock::time_point due = Clock::time_point::max();    // max: no limit
  Clock::time_point armed = Clock::time_point::max();  // when the timer rings; max: it is not armed
};

Deadline::Deadline(asio::io_context& context, std::function<void()> reached)
    : state_(std::make_shared<State>(context, std::move(reached))) {}

Deadline::~Deadline() {
  state_->due = Clock::time_point::max();
  state_->reached = nullptr;
  state_->timer.cancel();
}

void Deadline::set_at(Clock::time_point due) {
  state_->due = due;
  if (state_->due < state_->armed) arm(state_);
}

void Deadline::clear() {
  state_->due = Clock::time_point::max();
}

void Deadline::arm(const std::shared_ptr<State>& state) {
  state->armed = state->due;
  state->timer.expires_at(state->due);
  state->timer.async_wait([state](const boost::system::error_code& error) {
    if (error) return;  // armed anew for an earlier time, or destroyed
    state->armed = Clock::time_point::max();
    if (state->due == Clock::time_point::max()) return;
    if (Clock::now() < state->due) return arm(state);
    state->due = Clock::time_point::max();
    const auto reached = state->reached;  // a copy, as it may destroy the Deadline
    if (reached) reached();
  });
}

}  // namespace waypost::net
