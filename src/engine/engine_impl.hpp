#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <unordered_map>

#include "engine/batch_run.hpp"
#include "engine/executor.hpp"
#include "engine/ready_queues.hpp"
#include "engine/waiters.hpp"
#include "waypost/engine/engine.hpp"

namespace waypost::engine {

/// Everything here but the constructor and `draining_` is used on the engine's thread only.
class Engine::Impl {
 public:
  Impl(store::JobStore& store, const operation::Registry& operations, Clock& clock,
       std::vector<operation::IoContext> io, Options options);
  ~Impl();

  Result<void> start();
  void wait(Ulid id, Until until, Time deadline, Waiters::Woken woken);
  Stats stats();
  void report_chunks(job::Job job, store::Reply<std::vector<store::ChunkRecord>> reply);
  void drain(Milliseconds limit, std::function<void()> done);

  template <class F>
  void post(F&& task) {
    asio::post(context_, std::forward<F>(task));
  }

  store::JobStore& store_;
  const Options options_;
  std::vector<Listener> listeners_;
  std::atomic<bool> draining_ = false;

 private:
  /// A job that is leased, or about to be.
  struct Running {
    std::shared_ptr<Attempt> attempt;
    std::string queue;
    Capacity capacity = Capacity::compute;
    std::optional<Time> deadline;  ///< of the attempt
    bool left = false;             ///< the store says that it runs no more
    std::optional<ReadyQueues::Ready> ready_again;  ///< its next attempt waits for this one to come back
    std::unique_ptr<BatchRun> batch;
  };
  using RunningMap = std::unordered_map<std::int64_t, Running>;

  void begin(const store::Census& census);
  void changed(store::Change& change);
  void count(const store::Change& change);
  void became_ready(const store::Change& change);
  void left_running(const store::Change& change);

  void pump();
  void lease(const ReadyQueues::Pick& pick);
  void leased(Ulid id, Result<job::Decision> decision);
  void run_batch(job::Job job, Running& running);
  void batch_ended(Ulid id, const std::optional<Error>& error);
  void set_deadline(const job::Job& job, Running& running);
  void time_out(Time now);
  void release(RunningMap::iterator at);
  void lost(Ulid id, std::int64_t fence);

  void fetch_ready();
  void tick();
  void arm_tick(std::optional<Time> at);
  void arm_timer();
  void ring();
  void hand_back();
  void give_back(const Attempt& attempt);
  void finish_drain_when_idle();
  void forget_files(const store::Change& change);
  Capacity capacity_of(std::string_view type) const;
  BatchFiles files_of(const Ulid& id) const;

  const operation::Registry& operations_;
  Clock& clock_;
  asio::io_context context_;
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  Executor executor_;
  const std::string worker_;
  ReadyQueues ready_;
  Waiters waiters_;
  RunningMap running_;
  std::array<std::size_t, capacity_count> free_;
  std::multimap<Time, std::int64_t> deadlines_;
  std::map<std::string, std::map<job::State, std::int64_t>> counts_;
  std::map<std::int64_t, std::vector<store::Reply<std::vector<store::ChunkRecord>>>> reporting_;

  std::unique_ptr<Alarm> tick_alarm_, timer_;
  std::optional<Time> tick_at_;
  bool ticking_ = false;
  bool started_ = false;
  std::optional<Time> drain_deadline_;
  bool handed_back_ = false;
  std::function<void()> drained_;
  std::thread thread_;
};

}  // namespace waypost::engine
