#include "engine/engine_impl.hpp"

#include <unistd.h>

#include <future>

#include "engine/sweep.hpp"
#include "waypost/base/log.hpp"

namespace waypost::engine {
namespace {

// Leases are taken ahead of the workers, so that one commit carries many; not so far that a job of high priority has
// long to wait.
constexpr std::size_t leases_per_worker = 64;
constexpr std::size_t tick_limit = 256;
constexpr std::size_t fetch_limit = 1000;

bool is_held(job::State state) {
  using enum job::State;
  return state == running || state == pausing || state == cancelling || state == completing;
}

}  // namespace

Engine::Impl::Impl(store::JobStore& store, const operation::Registry& operations, Clock& clock,
                   std::vector<operation::IoContext> io, Options options)
    : store_(store),
      options_(std::move(options)),
      operations_(operations),
      clock_(clock),
      context_(1),
      work_(asio::make_work_guard(context_)),
      executor_(store, operations, std::move(io), options_.worker_threads,
                [this](const Ulid& id, std::int64_t fence) { post([this, id, fence] { lost(id, fence); }); }),
      worker_("pid-" + std::to_string(::getpid())),
      ready_(options_.queues),
      free_{options_.worker_threads * leases_per_worker, options_.max_waiting},
      tick_alarm_(clock.make_alarm(context_, [this] { tick(); })),
      timer_(clock.make_alarm(context_, [this] { ring(); })) {}

Engine::Impl::~Impl() {
  executor_.join();
  work_.reset();
  context_.stop();
  if (thread_.joinable()) thread_.join();
}

Result<void> Engine::Impl::start() {
  if (auto swept = sweep_files(store_, options_); !swept) return swept;
  store_.observe([this](std::vector<store::Change>&& changes) {
    post([this, changes = std::move(changes)]() mutable {
      for (auto& change : changes) changed(change);
      pump();
    });
  });
  // What crash recovery changed was posted before; the census that follows has it counted, so it must come first.
  std::promise<Result<store::Census>> counted;
  store_.census([&counted](Result<store::Census> census) { counted.set_value(std::move(census)); });
  auto census = counted.get_future().get();
  if (!census) return std::unexpected(census.error());
  post([this, census = std::move(*census)] {
    begin(census);
    pump();
  });
  thread_ = std::thread([this] { context_.run(); });
  return {};
}

void Engine::Impl::begin(const store::Census& census) {
  counts_ = census.jobs;
  for (const auto& [queue, states] : counts_)
    if (const auto queued = states.find(job::State::queued); queued != states.end() && queued->second > 0)
      ready_.expect_more(queue);
  started_ = true;
  tick();
}

Capacity Engine::Impl::capacity_of(std::string_view type) const {
  return dynamic_cast<const operation::WaitingOperation*>(operations_.find(type)) != nullptr ? Capacity::waiting
                                                                                             : Capacity::compute;
}

BatchFiles Engine::Impl::files_of(const Ulid& id) const {
  return {options_.manifests, options_.reports / (format_id(job::id_prefix, id) + ".report")};
}

// ---- what the store tells

void Engine::Impl::changed(store::Change& change) {
  if (started_) count(change);
  waiters_.changed(change.ulid, change.after, change.version, change.forgotten);
  if (change.before == job::State::queued && change.after != job::State::queued)
    ready_.remove(change.queue, change.ulid, change.priority);
  if (change.forgotten) {
    forget_files(change);
  } else {
    const bool held_before = change.before && is_held(*change.before);
    if (held_before && !is_held(change.after)) left_running(change);
    if (change.after == job::State::cancelling && change.before != change.after)
      if (const auto at = running_.find(change.ulid.sequence()); at != running_.end()) {
        Executor::cancel(at->second.attempt);
        if (at->second.batch) at->second.batch->stop();
      }
    if (change.after == job::State::queued && change.before != job::State::queued) became_ready(change);
    arm_tick(change.wake_at);
  }
  for (const auto& listener : listeners_) listener(change);
}

void Engine::Impl::count(const store::Change& change) {
  auto& states = counts_[change.queue];
  if (change.before) --states[*change.before];
  if (!change.forgotten) ++states[change.after];
}

void Engine::Impl::became_ready(const store::Change& change) {
  ready_.add(change.queue, {change.ulid, capacity_of(change.type), change.priority, clock_.now()});
}

void Engine::Impl::left_running(const store::Change& change) {
  const auto at = running_.find(change.ulid.sequence());
  if (at == running_.end() || at->second.attempt->fence != change.fence) return;
  at->second.left = true;
  // An attempt that ran out of time keeps its place until its operation has really come back.
  if (at->second.attempt->returned) release(at);
}

void Engine::Impl::forget_files(const store::Change& change) {
  if (change.manifest.empty()) return;
  asio::post(executor_.workers(), [files = files_of(change.ulid), manifest = change.manifest] {
    std::error_code ignored;  // what is left is swept at the next start
    std::filesystem::remove(files.report, ignored);
    if (const auto removed = batch::Manifest::remove(files.manifests, manifest); !removed)
      log::warn("a manifest could not be deleted", {{"manifest", manifest}, {"error", removed.error().message}});
  });
}

// ---- dispatch

void Engine::Impl::pump() {
  if (!started_ || draining_) return finish_drain_when_idle();
  const Time now = clock_.now();
  while (const auto pick = ready_.take({free_[0] > 0, free_[1] > 0}, now)) lease(*pick);
  fetch_ready();
  arm_timer();
}

void Engine::Impl::lease(const ReadyQueues::Pick& pick) {
  const Ulid id = pick.job.ulid;
  auto attempt = std::make_shared<Attempt>();
  attempt->id = id;
  attempt->worker = worker_;
  const auto [at, fresh] = running_.try_emplace(id.sequence(), Running{.attempt = std::move(attempt), .queue = pick.queue,
                                                                       .capacity = pick.job.capacity});
  if (!fresh) {  // its last attempt ran out of time and is still not back: this one starts when it is
    ready_.ended(pick.queue);
    at->second.ready_again = pick.job;
    return;
  }
  --free_[static_cast<std::size_t>(pick.job.capacity)];
  store_.change(id, job::Lease{worker_}, [this, id](Result<job::Decision> decision) {
    post([this, id, decision = std::move(decision)]() mutable { leased(id, std::move(decision)); });
  });
}

void Engine::Impl::leased(Ulid id, Result<job::Decision> decision) {
  const auto at = running_.find(id.sequence());
  if (at == running_.end()) return;
  if (!decision) {  // cancelled or forgotten meanwhile
    release(at);
    return pump();
  }
  job::Job& job = decision->job;
  at->second.attempt->fence = job.fence;
  if (handed_back_) give_back(*at->second.attempt);
  set_deadline(job, at->second);
  if (job.spec.batch) run_batch(std::move(job), at->second);
  else executor_.run(std::move(job), at->second.attempt);
}

void Engine::Impl::set_deadline(const job::Job& job, Running& running) {
  Time at = clock_.now() + job.spec.timeout;
  if (const auto end = job::run_deadline(job)) at = std::min(at, *end);
  // A batch is bounded as a whole: its attempt is as long as its manifest.
  if (job.spec.batch && !job.spec.total_timeout) return;
  if (job.spec.batch) at = *job::run_deadline(job);
  running.deadline = at;
  deadlines_.emplace(at, job.ulid.sequence());
  if (deadlines_.begin()->first == at) arm_timer();
}

void Engine::Impl::release(RunningMap::iterator at) {
  Running& running = at->second;
  if (running.deadline) {
    const auto [begin, end] = deadlines_.equal_range(*running.deadline);
    for (auto entry = begin; entry != end; ++entry)
      if (entry->second == at->first) {
        deadlines_.erase(entry);
        break;
      }
  }
  ++free_[static_cast<std::size_t>(running.capacity)];
  ready_.ended(running.queue);
  if (running.ready_again) ready_.add(running.queue, *running.ready_again);
  running_.erase(at);
}

void Engine::Impl::lost(Ulid id, std::int64_t fence) {
  const auto at = running_.find(id.sequence());
  if (at == running_.end() || at->second.attempt->fence != fence) return;
  release(at);
  pump();
}

void Engine::Impl::time_out(Time now) {
  while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
    const std::int64_t sequence = deadlines_.begin()->second;
    deadlines_.erase(deadlines_.begin());
    Running& running = running_.at(sequence);
    running.deadline.reset();
    Attempt& attempt = *running.attempt;
    store_.change(attempt.id,
                  job::FailAttempt{.fence = attempt.fence, .worker = worker_, .timed_out = true, .code = "timed_out",
                                   .message = "the attempt ran out of time"},
                  [](const Result<job::Decision>&) {});
    Executor::cancel(running.attempt);
    if (running.batch) running.batch->stop();
  }
}

// ---- batches

void Engine::Impl::run_batch(job::Job job, Running& running) {
  const Ulid id = job.ulid;
  running.batch = std::make_unique<BatchRun>(
      context_, executor_, store_, operations_, std::move(job), running.attempt, files_of(id), options_.worker_threads + 1,
      [this, id](const std::optional<Error>& error) { batch_ended(id, error); });
  running.batch->start();
  if (draining_) running.batch->stop();
}

void Engine::Impl::batch_ended(Ulid id, const std::optional<Error>& error) {
  Attempt& attempt = *running_.at(id.sequence()).attempt;
  if (!error) return executor_.finish(attempt, job::FinishBatch{attempt.fence, worker_});
  if (attempt.cancellation.requested()) return executor_.finish(attempt, job::Stopped{attempt.fence, worker_});
  if (error->code == Code::conflict) return executor_.finish(attempt, job::GiveBack{attempt.fence, worker_});
  log::error("a batch cannot go on", {{"job", format_id(job::id_prefix, id)}, {"error", error->message}, {"cause", error->cause}});
  executor_.finish(attempt, job::FailAttempt{.fence = attempt.fence, .worker = worker_,
                                             .code = std::string(describe(error->code).name), .message = error->message,
                                             .retry = error->code == Code::internal});
}

void Engine::Impl::report_chunks(job::Job job, store::Reply<std::vector<store::ChunkRecord>> reply) {
  auto& waiting = reporting_[job.ulid.sequence()];
  waiting.push_back(std::move(reply));
  if (waiting.size() > 1) return;  // the answer to the first one serves all
  const auto answer = [this, sequence = job.ulid.sequence()](Result<std::vector<store::ChunkRecord>> chunks) {
    post([this, sequence, chunks = std::move(chunks)] {
      for (auto& waiter : std::exchange(reporting_[sequence], {})) waiter(chunks);
      reporting_.erase(sequence);
    });
  };
  const Ulid id = job.ulid;
  store_.chunks(id, [this, answer, job = std::move(job)](Result<std::vector<store::ChunkRecord>> recorded) {
    const bool all = recorded && static_cast<std::int64_t>(recorded->size()) == job.spec.batch->chunks;
    if (!recorded || all || !job::is_terminal(job.state)) return answer(std::move(recorded));
    asio::post(executor_.workers(), [this, answer, job, recorded = std::move(*recorded)]() mutable {
      auto added = report_the_rest(job, operations_, files_of(job.ulid), recorded);
      if (!added) return answer(std::unexpected(added.error()));
      recorded.insert(recorded.end(), added->begin(), added->end());
      std::ranges::sort(recorded, {}, &store::ChunkRecord::number);
      store_.record_rest(job.ulid, *added, [answer, recorded](const Result<void>& kept) {
        if (kept) answer(recorded);
        else answer(std::unexpected(kept.error()));
      });
    });
  });
}

// ---- the store's window, and time

void Engine::Impl::fetch_ready() {
  while (auto fetch = ready_.next_fetch()) {
    store_.ready({.queue = fetch->queue, .after = fetch->after, .limit = fetch_limit},
                 [this, queue = fetch->queue](Result<std::vector<store::ReadyJob>> found) {
                   post([this, queue, found = std::move(found)] {
                     std::vector<ReadyQueues::Ready> jobs;
                     if (found)
                       for (const auto& job : *found)
                         if (!running_.contains(job.ulid.sequence()))
                           jobs.push_back({job.ulid, capacity_of(job.type), job.priority, job.since});
                     ready_.fetched(queue, jobs, found && found->size() < fetch_limit);
                     pump();
                   });
                 });
  }
}

void Engine::Impl::tick() {
  if (ticking_) return;
  ticking_ = true;
  tick_at_.reset();
  store_.tick(clock_.now(), tick_limit, [this](Result<store::Tick> tick_result) {
    post([this, result = std::move(tick_result)] {
      ticking_ = false;
      const auto asked_meanwhile = std::exchange(tick_at_, std::nullopt);
      if (!result) return arm_tick(clock_.now() + Seconds{1});
      if (result->done == tick_limit) return tick();
      arm_tick(result->next);
      arm_tick(asked_meanwhile);
    });
  });
}

void Engine::Impl::arm_tick(std::optional<Time> at) {
  if (!at || (tick_at_ && *tick_at_ <= *at)) return;
  tick_at_ = at;
  if (!ticking_) tick_alarm_->set(*at);
}

/// One alarm for all that is due on this thread: attempts that run out of time, waiters, rates, the end of a drain.
void Engine::Impl::arm_timer() {
  std::optional<Time> at = waiters_.next_deadline();
  const auto sooner = [&at](std::optional<Time> other) {
    if (other && (!at || *other < *at)) at = other;
  };
  if (!deadlines_.empty()) sooner(deadlines_.begin()->first);
  if (!draining_) sooner(ready_.next_start(clock_.now()));
  if (!handed_back_) sooner(drain_deadline_);
  if (at) timer_->set(*at);
  else timer_->clear();
}

void Engine::Impl::ring() {
  const Time now = clock_.now();
  waiters_.expire(now);
  time_out(now);
  if (drain_deadline_ && *drain_deadline_ <= now) hand_back();
  pump();
  arm_timer();
}

void Engine::Impl::wait(Ulid id, Until until, Time deadline, Waiters::Woken woken) {
  if (draining_) return woken();
  waiters_.add(id, until, deadline, std::move(woken));
  arm_timer();
  // It may hold already. Whoever changes the job after this was read finds the waiter in place.
  store_.get(id, [this, id](Result<job::Job> job) {
    post([this, id, job = std::move(job)] {
      if (job) waiters_.changed(id, job->state, job->version, false);
      else waiters_.changed(id, job::State::failed, 0, true);
    });
  });
}

Stats Engine::Impl::stats() {
  Stats stats;
  const Time now = clock_.now();
  for (const auto& [name, settings] : options_.queues) counts_[name];
  for (const auto& [name, states] : counts_) {
    QueueFigures figures{.name = name, .settings = ready_.settings(name)};
    for (const auto& [state, count] : states)
      if (count != 0) figures.by_state[state] = count;
    if (const auto oldest = ready_.oldest(name))
      figures.oldest_queued_seconds = std::max(0.0, static_cast<double>((now - *oldest).count()) / 1000);
    stats.queues.push_back(std::move(figures));
  }
  return stats;
}

// ---- the end

void Engine::Impl::drain(Milliseconds limit, std::function<void()> done) {
  drained_ = std::move(done);
  drain_deadline_ = clock_.now() + limit;
  waiters_.wake_all();
  tick_alarm_->clear();
  for (auto& [sequence, running] : running_)
    if (running.batch) running.batch->stop();
  arm_timer();
  finish_drain_when_idle();
}

/// Out of time: what still runs is given back to the store under its fence; whatever it answers later is refused.
void Engine::Impl::hand_back() {
  handed_back_ = true;
  for (auto& [sequence, running] : running_) {
    const bool leased = running.attempt->fence != 0;  // else it is given back once the store has answered
    if (leased && !running.left && !running.attempt->returned) give_back(*running.attempt);
    Executor::cancel(running.attempt);
  }
}

/// An attempt keeps its place until its operation has really come back: a batch's chunks may still use it.
void Engine::Impl::give_back(const Attempt& attempt) {
  store_.change(attempt.id, job::GiveBack{attempt.fence, worker_}, [](const Result<job::Decision>&) {});
}

void Engine::Impl::finish_drain_when_idle() {
  if (!drained_ || !running_.empty()) return;
  std::exchange(drained_, nullptr)();
}

}  // namespace waypost::engine
