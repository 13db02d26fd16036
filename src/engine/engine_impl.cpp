#include "engine/engine_impl.hpp"

#include <unistd.h>

#include <future>

#include "engine/sweep.hpp"
#include "waypost/base/log.hpp"

namespace waypost::engine {
namespace {

constexpr std::size_t fetch_limit = 1000;

bool is_held(job::State state) {
  using enum job::State;
  return state == running || state == pausing || state == cancelling || state == completing;
}

/// The store takes no writes at this moment, but may soon.
bool is_passing(Code code) {
  return code == Code::overloaded || code == Code::insufficient_storage;
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
      door_(std::make_shared<Door>(context_)),
      executor_(store, operations, clock, std::move(io), options_.worker_threads,
                [this, door = door_](const std::shared_ptr<Attempt>& attempt, Code code) {
                  door->post([this, attempt, code] { outcome_refused(attempt, code); });
                }),
      worker_("pid-" + std::to_string(::getpid())),
      ready_(options_.queues),
      tick_alarm_(clock.make_alarm(context_, [this] { tick(); })),
      timer_(clock.make_alarm(context_, [this] { ring(); })) {}

Engine::Impl::~Impl() {
  // First this thread, so that it gives the workers nothing more; the store may still answer, to a closed
  // door.
  draining_ = true;
  door_->close();
  context_.stop();
  if (thread_.joinable()) thread_.join();
  for (auto& [sequence, running] : running_)
    if (running.capacity == Capacity::compute) Executor::end(running.attempt, Ending::handed_back);
  executor_.join();
}

Result<void> Engine::Impl::start() {
  if (auto swept = sweep_reports(store_, options_.reports); !swept) return swept;
  store_.observe([this, door = door_](std::vector<store::Change>&& changes) {
    door->post([this, changes = std::move(changes)]() mutable {
      for (auto& change : changes) changed(change);
      pump();
    });
  });
  // What crash recovery changed was posted before; the census that follows has it counted, so it must come
  // first.
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
  return dynamic_cast<const operation::WaitingOperation*>(operations_.find(type)) != nullptr
             ? Capacity::waiting
             : Capacity::compute;
}

Stats Engine::Impl::stats() {
  Stats stats;
  const Time now = clock_.now();
  for (const auto& [name, settings] : options_.queues) counts_[name];
  for (const auto& [name, states] : counts_) {
    QueueFigures figures{.name = name, .settings = ready_.settings(name), .by_state = states};
    if (const auto oldest = ready_.oldest(name))
      figures.oldest_queued_seconds = std::max(0.0, static_cast<double>((now - *oldest).count()) / 1000);
    stats.queues.push_back(std::move(figures));
  }
  return stats;
}

// ---- what the store tells

void Engine::Impl::changed(store::Change& change) {
  if (started_) count(change);
  watchers_.changed(change);
  if (change.before == job::State::queued && change.after != job::State::queued)
    ready_.remove(change.queue, change.ulid, change.priority);
  if (change.forgotten) {
    forget_report(change);
  } else {
    const bool held_before = change.before && is_held(*change.before);
    if (held_before && !is_held(change.after)) left_running(change);
    if (change.after == job::State::cancelling && change.before != change.after) cancel(change.ulid);
    if (change.after == job::State::queued && change.before != job::State::queued) became_ready(change);
    arm_tick(change.wake_at);
  }
  for (const auto& listener : listeners_) listener(change);
}

void Engine::Impl::count(const store::Change& change) {
  auto& states = counts_[change.queue];
  if (change.before && --states[*change.before] == 0) states.erase(*change.before);
  if (!change.forgotten) ++states[change.after];
  if (states.empty()) counts_.erase(change.queue);
}

void Engine::Impl::cancel(const Ulid& id) {
  const auto at = running_.find(id.sequence());
  if (at == running_.end() || at->second.left) return;
  Executor::end(at->second.attempt, Ending::cancelled);
  if (at->second.batch) at->second.batch->stop();
}

void Engine::Impl::became_ready(const store::Change& change) {
  // Before the start nothing is known of the jobs it would overtake; all are read then.
  if (!started_) return;
  ready_.add(change.queue, {change.ulid, capacity_of(change.type), change.priority, clock_.now()});
}

void Engine::Impl::left_running(const store::Change& change) {
  const auto at = running_.find(change.ulid.sequence());
  if (at == running_.end() || at->second.attempt->fence != change.fence) return;
  at->second.left = true;
  // An attempt that ran out of time keeps its place until its operation has really come back.
  if (at->second.attempt->returned) release(at);
}

void Engine::Impl::forget_report(const store::Change& change) {
  if (change.manifest.empty()) return;
  asio::post(executor_.workers(), [report = files_of(change.ulid).report] {
    std::error_code ignored;  // what is left is swept at the next start
    std::filesystem::remove(report, ignored);
  });
}

// ---- dispatch

void Engine::Impl::pump() {
  if (!started_ || draining_) return finish_drain_when_idle();
  if (!paused_until_) {
    const Time now = clock_.now();
    while (const auto pick = ready_.take({has_room(Capacity::compute), has_room(Capacity::waiting)}, now))
      lease(*pick);
    fetch_ready();
  }
  arm_timer();
}

/// Leases are taken ahead of the workers, so that one commit carries many.
bool Engine::Impl::has_room(Capacity capacity) const {
  const std::size_t room = capacity == Capacity::waiting
                               ? options_.max_waiting
                               : options_.worker_threads * executor_.leases_per_worker();
  return in_use_[static_cast<std::size_t>(capacity)] < room;
}

void Engine::Impl::lease(const ReadyQueues::Pick& pick) {
  const Ulid id = pick.job.ulid;
  const auto [at, fresh] =
      running_.try_emplace(id.sequence(), Running{.queue = pick.queue, .capacity = pick.job.capacity});
  if (!fresh) {
    ready_.ended(pick.queue);
    // Its last attempt ran out of time and is still not back: this one starts when it is. Or else the store
    // was read before it knew that the job runs.
    if (at->second.left) at->second.ready_again = pick.job;
    return;
  }
  at->second.attempt = std::make_shared<Attempt>();
  at->second.attempt->id = id;
  at->second.attempt->worker = worker_;
  ++in_use_[static_cast<std::size_t>(pick.job.capacity)];
  store_.change(id, job::Lease{worker_},
                through<job::Decision>(door_, [this, pick](Result<job::Decision> decision) {
                  leased(pick, std::move(decision));
                }));
}

void Engine::Impl::leased(const ReadyQueues::Pick& pick, Result<job::Decision> decision) {
  const auto at = running_.find(pick.job.ulid.sequence());
  if (!decision) return lease_refused(at, pick, decision.error().code);
  Running& running = at->second;
  job::Job& job = decision->job;
  running.attempt->fence = job.fence;
  if (draining_) return executor_.finish(running.attempt, job::GiveBack{job.fence, worker_});
  running.run_deadline = job::run_deadline(job);
  if (!job.spec.batch) running.timeout = job.spec.timeout;
  if (job.spec.batch)
    start_batch(std::move(job), running);
  else
    executor_.run(std::move(job), running.attempt);
  // A batch is bounded as a whole: its attempt is as long as its manifest.
  if (running.timeout || running.run_deadline) set_deadline(running, due_at(running, clock_.now()));
}

void Engine::Impl::lease_refused(RunningMap::iterator at, const ReadyQueues::Pick& pick, Code code) {
  // Cancelled, expired or forgotten meanwhile; any other refusal is not of this job but of the store.
  if (code != Code::conflict && code != Code::not_found) {
    at->second.ready_again = pick.job;
    pause();
  }
  release(at);
  pump();
}

Engine::Impl::RunningMap::iterator Engine::Impl::find(const Attempt& attempt) {
  const auto at = running_.find(attempt.id.sequence());
  return at != running_.end() && at->second.attempt.get() == &attempt ? at : running_.end();
}

void Engine::Impl::release(RunningMap::iterator at) {
  const std::int64_t sequence = at->first;
  const Running running = std::move(at->second);
  running_.erase(at);
  if (running.deadline) drop_deadline(sequence, *running.deadline);
  --in_use_[static_cast<std::size_t>(running.capacity)];
  ready_.ended(running.queue);
  if (running.ready_again) ready_.add(running.queue, *running.ready_again);
  if (const auto report = reporting_.find(sequence); report != reporting_.end() && report->second.after_run)
    read_report(*std::exchange(report->second.after_run, std::nullopt));
}

void Engine::Impl::outcome_refused(const std::shared_ptr<Attempt>& attempt, Code code) {
  const auto at = find(*attempt);
  if (at == running_.end()) return;
  if (is_passing(code) && !handed_back_) {
    unstored_.push_back(attempt);
    return pause();
  }
  release(at);
  pump();
}

void Engine::Impl::fetch_ready() {
  while (const auto fetch = ready_.next_fetch()) {
    using Found = Result<std::vector<store::ReadyJob>>;
    const auto found = [this, queue = fetch->queue](const Found& page) {
      if (!page) {
        ready_.not_fetched(queue);
        return pause();
      }
      std::vector<ReadyQueues::Ready> jobs;
      for (const auto& job : *page)
        jobs.push_back({job.ulid, capacity_of(job.type), job.priority, job.since});
      ready_.fetched(queue, jobs, page->size() < fetch_limit);
      pump();
    };
    store_.ready({.queue = fetch->queue, .after = fetch->after, .limit = fetch_limit},
                 through<std::vector<store::ReadyJob>>(door_, found));
  }
}

}  // namespace waypost::engine
