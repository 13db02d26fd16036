#include "engine/engine_impl.hpp"

#include <unistd.h>

#include <future>
#include <set>

#include "engine/sweep.hpp"
#include "waypost/base/log.hpp"
#include "waypost/base/thread_name.hpp"

namespace waypost::engine {
namespace {

bool is_held(job::State state) {
  using enum job::State;
  return state == running || state == pausing || state == cancelling || state == completing;
}

/// Waits for an answer of the store: at the start only.
template <class T, class Question>
Result<T> ask(Question question) {
  std::promise<Result<T>> answer;
  question([&answer](Result<T> result) { answer.set_value(std::move(result)); });
  return answer.get_future().get();
}

/// The store takes no writes at this moment, but may soon.
bool is_passing(Code code) {
  return code == Code::overloaded || code == Code::insufficient_storage;
}

}  // namespace

Engine::Impl::Impl(store::JobStore& store, store::QueueStore& queues, const operation::Registry& operations,
                   Clock& clock, std::vector<operation::IoContext> io, Options options)
    : store_(store),
      options_(std::move(options)),
      max_manifest_bytes_(options_.max_manifest_bytes),
      queue_store_(queues),
      operations_(operations),
      clock_(clock),
      context_(1),
      work_(asio::make_work_guard(context_)),
      door_(std::make_shared<Door>(context_)),
      executor_(store, operations, clock, std::move(io), options_.worker_threads,
                [this, door = door_](const std::shared_ptr<Attempt>& attempt, Code code) {
                  door->post([this, attempt, code] { outcome_refused(attempt, code); });
                }),
      preparations_(door_, store, executor_.io(),
                    {.operations = operations,
                     .workers = executor_.workers(),
                     .clock = clock,
                     .manifests = options_.manifests,
                     .max_bytes = max_manifest_bytes_}),
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
  auto census = ask<store::Census>([this](auto reply) { store_.census(std::move(reply)); });
  if (!census) return std::unexpected(census.error());
  auto queues = ask<store::QueueStore::Queues>([this](auto reply) { queue_store_.all(std::move(reply)); });
  if (!queues) return std::unexpected(queues.error());
  post([this, census = std::move(*census), queues = std::move(*queues)]() mutable {
    begin(census, std::move(queues));
    pump();
  });
  thread_ = std::thread([this] {
    name_thread("wp-engine");
    context_.run();
  });
  return {};
}

void Engine::Impl::begin(const store::Census& census, store::QueueStore::Queues queues) {
  choices_ = std::move(queues);
  for (const auto& [queue, choices] : choices_) ready_.set(queue, settings_of(queue));
  counts_ = census.jobs;
  ready_ages_ = census.ready;
  std::set<std::string> waiting;
  for (const auto& [tenant, own] : counts_)
    for (const auto& [queue, states] : own)
      if (states.contains(job::State::queued)) waiting.insert(queue);
  for (const auto& queue : waiting) ready_.expect_more(queue);
  started_ = true;
  preparations_.start();
  tick();
}

Capacity Engine::Impl::capacity_of(std::string_view type) const {
  const auto operation = operations_.find(type);
  if (dynamic_cast<const operation::WaitingOperation*>(operation.get()) == nullptr) return Capacity::compute;
  return operation->concurrency() ? Capacity::limited : Capacity::waiting;
}

// ---- what the store tells

void Engine::Impl::changed(store::Change& change) {
  if (started_) count(change);
  figures_.note(change);
  watchers_.changed(change);
  const bool was_queued = change.before == job::State::queued, is_queued = change.after == job::State::queued;
  const bool moves = change.priority != change.priority_before;
  if (was_queued && (!is_queued || moves || change.forgotten))
    ready_.remove(change.queue, change.ulid, change.priority_before, change.concurrency_group);
  if (change.forgotten) {
    forget_report(change);
  } else {
    const bool held_before = change.before && is_held(*change.before);
    if (held_before && !is_held(change.after)) left_running(change);
    if (change.after == job::State::cancelling && change.before != change.after) cancel(change.ulid);
    if (change.before != change.after) pause_or_go_on(change);
    if (is_queued && (!was_queued || moves)) became_ready(change);
    arm_tick(change.wake_at);
  }
  if (started_) preparations_.changed(change);
  for (const auto& listener : listeners_) listener(change);
}

void Engine::Impl::count(const store::Change& change) {
  auto& queues = counts_[change.tenant];
  auto& states = queues[change.queue];
  if (change.before && --states[*change.before] == 0) states.erase(*change.before);
  if (!change.forgotten) ++states[change.after];
  if (states.empty()) queues.erase(change.queue);
  if (queues.empty()) counts_.erase(change.tenant);
  const bool was_ready = change.before == job::State::queued;
  const bool is_ready = change.after == job::State::queued && !change.forgotten;
  if (!was_ready && !is_ready) return;
  job::ReadyAges& ages = ready_ages_[change.queue];
  if (was_ready) ages.remove(change.before_at);
  if (is_ready) ages.add(change.at);
  if (ages.empty()) ready_ages_.erase(change.queue);
}

void Engine::Impl::cancel(const Ulid& id) {
  const auto at = running_.find(id.sequence());
  if (at == running_.end() || at->second.left) return;
  Executor::end(at->second.attempt, Ending::cancelled);
  if (at->second.batch) at->second.batch->abort();
}

/// A batch starts no further chunk while it pauses; a plain job has nothing more to start.
void Engine::Impl::pause_or_go_on(const store::Change& change) {
  const bool pauses = change.after == job::State::pausing;
  const bool goes_on = change.before == job::State::pausing && change.after == job::State::running;
  if (!pauses && !goes_on) return;
  const auto at = running_.find(change.ulid.sequence());
  if (at == running_.end() || at->second.left) return;
  at->second.pausing |= pauses;
  if (!at->second.batch) return;
  if (pauses)
    at->second.batch->stop();
  else if (!draining_)
    at->second.batch->go_on();
}

void Engine::Impl::became_ready(const store::Change& change) {
  // Before the start nothing is known of the jobs it would overtake; all are read then.
  if (!started_) return;
  ready_.add(change.queue,
             {change.ulid, capacity_of(change.type), change.priority, change.concurrency_group});
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
    while (const auto pick = ready_.take(
               {has_room(Capacity::compute), has_room(Capacity::waiting), has_room(Capacity::limited)}, now))
      lease(*pick);
    fetch_ready();
  }
  arm_timer();
}

/// Leases are taken ahead of the workers, so that one commit carries many.
bool Engine::Impl::has_room(Capacity capacity) const {
  const std::size_t room = capacity == Capacity::compute
                               ? options_.worker_threads * executor_.leases_per_worker()
                               : options_.max_waiting;
  return in_use_[static_cast<std::size_t>(capacity)] < room;
}

void Engine::Impl::lease(const ReadyQueues::Pick& pick) {
  const Ulid id = pick.job.ulid;
  const auto [at, fresh] = running_.try_emplace(
      id.sequence(), Running{.queue = pick.queue, .key = pick.job.key, .capacity = pick.job.capacity});
  if (!fresh) {
    ready_.ended(pick.queue, pick.job.key);
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
  ready_.ended(running.queue, running.key);
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
    const auto found = [this, fetch = *fetch](const Found& page) {
      if (!page) {
        ready_.not_fetched(fetch);
        return pause();
      }
      std::vector<ReadyQueues::Ready> jobs;
      for (const auto& job : *page)
        jobs.push_back({job.ulid, capacity_of(job.type), job.priority, job.concurrency_group});
      ready_.fetched(fetch, jobs);
      pump();
    };
    store::ReadyQuery query{.queue = fetch->queue, .concurrency_group = fetch->key, .limit = fetch->limit};
    if (fetch->after) query.after = {fetch->after->priority, fetch->after->sequence};
    store_.ready(std::move(query), through<std::vector<store::ReadyJob>>(door_, found));
  }
}

}  // namespace waypost::engine
