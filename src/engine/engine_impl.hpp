#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <deque>
#include <unordered_map>

#include "engine/batch_run.hpp"
#include "engine/door.hpp"
#include "engine/executor.hpp"
#include "engine/preparations.hpp"
#include "engine/ready_queues.hpp"
#include "engine/watchers.hpp"
#include "waypost/engine/engine.hpp"

namespace waypost::engine {

/// Everything here is used on the engine's thread only, but for the constructor and what says otherwise.
class Engine::Impl {
 public:
  Impl(store::JobStore& store, store::QueueStore& queues, const operation::Registry& operations, Clock& clock,
       std::vector<operation::IoContext> io, Options options);
  ~Impl();

  Result<void> start();
  /// Any thread: the key of a new watch.
  std::uint64_t watch(const Ulid& id, Watch::For what);
  void wait(std::uint64_t watch, Time deadline, Watch::Woken woken);
  void unwatch(std::uint64_t watch);
  Stats stats(std::optional<Tenant> tenant);
  void explain(store::OwnedId id, store::Reply<Explanation> reply);
  void configure_queues(std::map<std::string, QueueSettings, std::less<>> queues);
  void set_max_manifest_bytes(std::uint64_t bytes) { max_manifest_bytes_.store(bytes); }
  void look_at_time() { arm_tick(clock_.now()); }
  void set_queue(std::string name, const QueueChange& change, store::Reply<QueueFigures> reply);
  void report_chunks(job::Job job, store::Reply<std::vector<store::ChunkRecord>> reply);
  void drain(Milliseconds limit, std::function<void()> done);

  template <class F>
  void post(F&& task) {
    door_->post(std::forward<F>(task));
  }
  const std::shared_ptr<Door>& door() const { return door_; }

  store::JobStore& store_;
  Options options_;  // its queues change
  std::atomic<std::uint64_t> max_manifest_bytes_;
  std::vector<Listener> listeners_;
  std::atomic<bool> draining_ = false;

 private:
  /// A job that is leased, or about to be.
  struct Running {
    std::shared_ptr<Attempt> attempt;
    std::string queue;
    std::string key;  ///< its job::concurrency_group
    Capacity capacity = Capacity::compute;
    std::optional<Milliseconds> timeout;  ///< of the attempt, from when it begins; a batch's has none
    std::optional<Time> run_deadline;     ///< of the whole run
    std::optional<Time> deadline;         ///< when to look at those two
    bool pausing = false;                 ///< it was asked to pause
    bool left = false;                    ///< the store says that it runs no more, or it is given up here
    std::optional<ReadyQueues::Ready> ready_again;  ///< its next attempt waits for this one to come back
    std::unique_ptr<BatchRun> batch;
  };
  using RunningMap = std::unordered_map<std::int64_t, Running>;
  using Chunks = std::vector<store::ChunkRecord>;
  /// The report of a terminal batch, being completed. It and a run of the batch write the same file: each
  /// waits for the other.
  struct Reporting {
    std::vector<store::Reply<Chunks>> replies;
    std::optional<job::Job> after_run;  ///< begins when this job's run is over
    std::optional<job::Job> next_run;   ///< begins when this is over
  };

  /// A change of a queue's settings that waits for its turn.
  struct QueueRequest {
    std::string name;
    QueueChange change;
    store::Reply<QueueFigures> reply;
  };

  void begin(const store::Census& census, store::QueueStore::Queues queues);
  QueueSettings settings_of(const std::string& queue) const;
  QueueFigures figures_of(const std::string& queue, std::optional<Tenant> tenant) const;
  void store_next_queue();
  void queue_stored(const store::QueueChoices& choices, const Result<void>& stored);
  std::vector<Reason> reasons_of(const store::Standing& standing) const;
  void add_reasons_of_queue(const job::Job& job, std::vector<Reason>& reasons) const;
  void changed(store::Change& change);
  void count(const store::Change& change);
  void cancel(const Ulid& id);
  void pause_or_go_on(const store::Change& change);
  void became_ready(const store::Change& change);
  void left_running(const store::Change& change);
  void forget_report(const store::Change& change);

  void pump();
  bool has_room(Capacity capacity) const;
  void lease(const ReadyQueues::Pick& pick);
  void leased(const ReadyQueues::Pick& pick, Result<job::Decision> decision);
  void lease_refused(RunningMap::iterator at, const ReadyQueues::Pick& pick, Code code);
  void release(RunningMap::iterator at);
  void outcome_refused(const std::shared_ptr<Attempt>& attempt, Code code);
  RunningMap::iterator find(const Attempt& attempt);
  void fetch_ready();
  Capacity capacity_of(std::string_view type) const;

  void start_batch(job::Job job, Running& running);
  void run_batch(job::Job job, Running& running);
  void batch_ended(Ulid id, const Result<BatchRun::End>& how);
  void read_report(job::Job job);
  void complete_report(const job::Job& job, Chunks recorded);
  void answer_report(std::int64_t sequence, const Result<Chunks>& chunks);
  BatchFiles files_of(const Ulid& id) const;

  void set_deadline(Running& running, Time at);
  void drop_deadline(std::int64_t sequence, Time at);
  Time due_at(const Running& running, Time now) const;
  void time_out(Time now);
  void fail_timed_out(const std::shared_ptr<Attempt>& attempt);
  void tick();
  void ticked(const Result<store::Tick>& tick);
  void arm_tick(std::optional<Time> at);
  Milliseconds rest_after_sweep(Milliseconds late) const;
  void arm_timer();
  void ring();
  void pause();
  void go_on();
  void hand_back();
  void finish_drain_when_idle();

  store::QueueStore& queue_store_;
  const operation::Registry& operations_;
  Clock& clock_;
  asio::io_context context_;
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  const std::shared_ptr<Door> door_;
  Executor executor_;
  Preparations preparations_;
  const std::string worker_;
  ReadyQueues ready_;
  std::atomic<std::uint64_t> last_watch_ = 0;
  Watchers watchers_;
  RunningMap running_;
  std::array<std::size_t, capacity_count> in_use_{};
  std::multimap<Time, std::int64_t> deadlines_;
  std::map<Tenant, std::map<std::string, std::map<job::State, std::int64_t>>> counts_;
  std::map<std::string, job::ReadyAges> ready_ages_;  ///< by queue
  JobFigures figures_;
  store::QueueStore::Queues choices_;        ///< what was set while running
  std::deque<QueueRequest> queue_requests_;  ///< one after the other, so that none undoes another
  std::map<std::int64_t, Reporting> reporting_;
  std::vector<std::shared_ptr<Attempt>> unstored_;  ///< their outcomes were refused for now

  std::unique_ptr<Alarm> tick_alarm_, timer_;
  std::optional<Time> tick_at_;
  std::chrono::steady_clock::time_point tick_begun_{};
  std::optional<Time> paused_until_;  ///< the store refuses work for now
  bool ticking_ = false;
  bool started_ = false;
  std::optional<Time> drain_deadline_;
  bool handed_back_ = false;
  std::function<void()> drained_;
  std::thread thread_;
};

}  // namespace waypost::engine
