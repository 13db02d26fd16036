#include "engine/engine_impl.hpp"

/// All that waits for a moment: time-outs, ticks of the store, watchers, the end of a drain.
namespace waypost::engine {
namespace {

constexpr std::size_t tick_limit = 256;
constexpr Seconds longest_overdue{60};
/// How long the store is left alone when it takes no writes.
constexpr Seconds pause_length{1};

}  // namespace

// ---- attempts

void Engine::Impl::set_deadline(Running& running, Time at) {
  running.deadline = at;
  deadlines_.emplace(at, running.attempt->id.sequence());
  if (deadlines_.begin()->first == at) arm_timer();
}

void Engine::Impl::drop_deadline(std::int64_t sequence, Time at) {
  const auto [begin, end] = deadlines_.equal_range(at);
  const auto entry = std::find(begin, end, std::pair<const Time, std::int64_t>(at, sequence));
  if (entry != end) deadlines_.erase(entry);
}

/// When an attempt has run out of time. One that no worker has taken up yet has all of its own before it.
Time Engine::Impl::due_at(const Running& running, Time now) const {
  const Time begun = running.attempt->begun.load();
  std::optional<Time> at = running.run_deadline;
  if (running.timeout) {
    const Time own = (begun == Time{} ? now : begun) + *running.timeout;
    at = at ? std::min(*at, own) : own;
  }
  return *at;
}

void Engine::Impl::time_out(Time now) {
  while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
    Running& running = running_.at(deadlines_.begin()->second);
    deadlines_.erase(deadlines_.begin());
    running.deadline.reset();
    if (running.left) continue;
    if (const Time due = due_at(running, now); due > now) {
      set_deadline(running, due);
      continue;
    }
    fail_timed_out(running.attempt);
    // The store hears of it first: what the operation says from now on is refused there.
    Executor::end(running.attempt, Ending::timed_out);
    if (running.batch) running.batch->abort();
  }
}

void Engine::Impl::fail_timed_out(const std::shared_ptr<Attempt>& attempt) {
  const auto stored = [this, attempt](const Result<job::Decision>& decision) {
    if (decision || decision.error().code == Code::conflict) return;
    const auto at = find(*attempt);
    if (at != running_.end() && !at->second.left) set_deadline(at->second, clock_.now() + pause_length);
  };
  store_.change(attempt->id,
                job::FailAttempt{.fence = attempt->fence,
                                 .worker = worker_,
                                 .timed_out = true,
                                 .code = "timed_out",
                                 .message = "the attempt ran out of time"},
                through<job::Decision>(door_, stored));
}

// ---- the store's time

void Engine::Impl::tick() {
  if (ticking_) return;
  ticking_ = true;
  tick_begun_ = std::chrono::steady_clock::now();
  tick_at_.reset();
  store_.tick(clock_.now(), tick_limit,
              through<store::Tick>(door_, [this](const Result<store::Tick>& tick) { ticked(tick); }));
}

void Engine::Impl::ticked(const Result<store::Tick>& tick_result) {
  ticking_ = false;
  const auto asked_meanwhile = std::exchange(tick_at_, std::nullopt);
  if (!tick_result) return arm_tick(clock_.now() + pause_length);
  if (tick_result->done == tick_limit) return tick();
  const Time now = clock_.now();
  const bool more_to_sweep = tick_result->swept > 0 && tick_result->next && *tick_result->next <= now;
  arm_tick(more_to_sweep ? now + rest_after_sweep(now - *tick_result->next) : tick_result->next);
  arm_tick(asked_meanwhile);
}

/// A sweep takes a tenth of the writer's time, so that hardly anybody waits for it; half of it once jobs stay
/// longer past their retention than is promised.
Milliseconds Engine::Impl::rest_after_sweep(Milliseconds late) const {
  const auto took = std::chrono::ceil<Milliseconds>(std::chrono::steady_clock::now() - tick_begun_);
  return std::clamp<Milliseconds>(late > longest_overdue ? took : 9 * took, Milliseconds{1}, pause_length);
}

void Engine::Impl::arm_tick(std::optional<Time> at) {
  if (!at || (tick_at_ && *tick_at_ <= *at)) return;
  tick_at_ = at;
  if (!ticking_) tick_alarm_->set(*at);
}

// ---- this thread's time

/// One alarm for all that is due on this thread.
void Engine::Impl::arm_timer() {
  std::optional<Time> at = watchers_.next_deadline();
  const auto sooner = [&at](std::optional<Time> other) {
    if (other && (!at || *other < *at)) at = other;
  };
  if (!deadlines_.empty()) sooner(deadlines_.begin()->first);
  sooner(paused_until_);
  if (!draining_ && !paused_until_) sooner(ready_.next_start());
  if (!handed_back_) sooner(drain_deadline_);
  if (at)
    timer_->set(*at);
  else
    timer_->clear();
}

void Engine::Impl::ring() {
  const Time now = clock_.now();
  watchers_.expire(now);
  time_out(now);
  if (paused_until_ && *paused_until_ <= now) go_on();
  if (drain_deadline_ && !handed_back_ && *drain_deadline_ <= now) hand_back();
  pump();
  arm_timer();
}

/// Leaves the store alone for a moment: it takes no writes now.
void Engine::Impl::pause() {
  if (!paused_until_) paused_until_ = clock_.now() + pause_length;
  arm_timer();
}

void Engine::Impl::go_on() {
  paused_until_.reset();
  for (const auto& attempt : std::exchange(unstored_, {})) executor_.finish_again(attempt);
}

std::uint64_t Engine::Impl::watch(const Ulid& id, Watch::For what) {
  const std::uint64_t key = ++last_watch_;
  post([this, key, id, what] { watchers_.add(key, id, what); });
  return key;
}

void Engine::Impl::wait(std::uint64_t watch, Time deadline, Watch::Woken woken) {
  if (draining_) return woken(true);
  watchers_.next(watch, deadline, std::move(woken));
  arm_timer();
}

void Engine::Impl::unwatch(std::uint64_t watch) {
  watchers_.remove(watch);
}

// ---- the end

void Engine::Impl::drain(Milliseconds limit, std::function<void()> done) {
  drained_ = std::move(done);
  drain_deadline_ = clock_.now() + limit;
  watchers_.wake_all();
  tick_alarm_->clear();
  preparations_.stop();
  for (auto& [sequence, running] : running_)
    if (running.batch) running.batch->stop();
  arm_timer();
  finish_drain_when_idle();
}

/// Out of time: what still runs is given back to the store under its fence; whatever it answers later is
/// refused.
void Engine::Impl::hand_back() {
  handed_back_ = true;
  for (const auto& attempt : std::exchange(unstored_, {}))
    if (const auto at = find(*attempt); at != running_.end()) at->second.left = true;
  for (auto& [sequence, running] : running_) {
    const std::shared_ptr<Attempt> attempt = running.attempt;
    // A lease that is still on its way is given back when it comes.
    if (running.left || attempt->returned || attempt->fence == 0) continue;
    const auto given_back = [this, attempt](const Result<job::Decision>& decision) {
      if (decision) return;
      if (const auto at = find(*attempt); at != running_.end()) at->second.left = true;
      finish_drain_when_idle();
    };
    store_.change(attempt->id, job::GiveBack{attempt->fence, worker_},
                  through<job::Decision>(door_, given_back));
    Executor::end(attempt, Ending::handed_back);
    if (running.batch) running.batch->abort();
  }
}

/// After the limit nobody waits for operations that do not come back: the store has their jobs.
void Engine::Impl::finish_drain_when_idle() {
  if (!drained_) return;
  const auto left = [](const auto& entry) { return entry.second.left; };
  if (!running_.empty() && !(handed_back_ && std::ranges::all_of(running_, left))) return;
  std::exchange(drained_, nullptr)();
}

}  // namespace waypost::engine
