#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "waypost/base/asio.hpp"
#include "waypost/base/clock.hpp"
#include "waypost/engine/job_figures.hpp"
#include "waypost/operation/operation.hpp"
#include "waypost/store/job_store.hpp"
#include "waypost/store/queue_store.hpp"

/// What runs jobs: dispatch by priority, leases, the worker pool, time-outs, cancellation, recovery, drain.
namespace waypost::engine {

struct QueueSettings {
  bool paused = false;                       ///< nothing starts
  std::optional<std::uint32_t> concurrency;  ///< jobs running at once; 0 holds the queue; none: no limit
  std::optional<double> rate_per_second;     ///< starts per second; none: no limit
  std::uint32_t concurrency_per_key = 1;     ///< of jobs with one concurrency_key
};

/// New settings of a queue: what is nothing stays, and nothing inside is as the configuration says.
struct QueueChange {
  std::optional<std::optional<bool>> paused;
  std::optional<std::optional<std::uint32_t>> concurrency;
  std::optional<std::optional<std::uint32_t>> concurrency_per_key;
  std::optional<std::optional<double>> rate_per_second;
  std::optional<Tenant> tenant;  ///< whose jobs the answer counts; nothing: everybody's
};

struct Options {
  unsigned worker_threads = 2;
  std::size_t max_waiting = 1024;  ///< jobs at once whose operations wait (http, sleep)
  std::map<std::string, QueueSettings, std::less<>> queues;
  std::filesystem::path manifests;                             ///< directory
  std::filesystem::path reports;                               ///< directory
  std::uint64_t max_manifest_bytes = std::uint64_t{10} << 30;  ///< of one that is fetched
};

struct QueueFigures {
  std::string name;
  QueueSettings settings;
  std::map<job::State, std::int64_t> by_state;
  /// How long the one that waits longest is ready, or was last amended (job::ReadyAges).
  std::optional<double> oldest_queued_seconds;
};
struct Stats {
  std::vector<QueueFigures> queues;  ///< in order of name
  JobFigures jobs;
};

/// One thing that keeps a job from running, or what it is at.
struct Reason {
  std::string code;  ///< stable
  std::string detail;
  std::optional<Time> until;  ///< when it ends by itself, if that is known
};
/// Why a job is where it is.
struct Explanation {
  job::Job job;
  std::optional<std::int64_t> ahead;  ///< of a queued one: jobs of its queue that run before it
  std::vector<Ulid> waits_for;        ///< jobs that it depends on and that have not ended: the first hundred
  std::vector<Reason> reasons;        ///< what weighs most comes first
  std::optional<Time> may_start_at;   ///< nothing when that is for others to say
};

/// Looks out for one job from the moment it was made: whoever reads the job after that misses nothing of it.
/// One thread at a time, any one; may outlive the engine.
class Watch {
 public:
  enum class For : std::uint8_t {
    change,  ///< anything
    event,   ///< an event was added to its history
    end,     ///< it is terminal
  };
  /// Called once: true when it happened, when the job was forgotten, and at drain; false at the deadline.
  using Woken = std::move_only_function<void(bool told)>;

  Watch(Watch&& other) noexcept;
  Watch& operator=(Watch&&) = delete;
  ~Watch();
  /// Calls `woken`, on the engine's thread, when it happened since this was last called for; at once when it
  /// has already. Again only after that.
  void next(Time deadline, Woken woken);

 private:
  friend class Engine;
  struct Place;
  explicit Watch(std::unique_ptr<Place> place);
  std::unique_ptr<Place> place_;
};

/// Why nothing new is taken during a drain.
Error draining_error();

/// Owns the thread on which all of its state lives; other threads reach it by message. The store alone is the
/// truth: what is kept here is rebuilt from it at the start, and a decision taken on stale knowledge is
/// refused there.
class Engine {
 public:
  using Listener = std::function<void(store::Change&)>;

  /// All that is passed by reference outlives the engine; the contexts of `io` are run by their owner.
  Engine(store::JobStore& store, store::QueueStore& queues, const operation::Registry& operations,
         Clock& clock, std::vector<operation::IoContext> io, Options options);
  /// Ends the threads. Call `drain` first, or running attempts end as worker_lost. The contexts of `io` must
  /// not run any more: what waits there refers to the engine.
  ~Engine();

  /// Told of every change, on the engine's thread; may take what it carries (its deliveries). Before `start`.
  void add_listener(Listener listener);

  /// Starts to observe the store, reads what waits there and begins to run it. Blocks until that is read.
  Result<void> start();

  // The rest: any thread; each reply comes on a thread of the engine or the store and must only pass it on.

  /// Accepts a job: Code::draining once `drain` was called, else as JobStore::submit.
  void submit(store::Submission submission, store::Reply<store::Submitted> reply);
  /// Applies what a client asks of a job; as JobStore::change.
  void steer(store::OwnedId id, job::Command command, store::Reply<job::Job> reply);
  Watch watch(Ulid id, Watch::For what);
  /// Of every queue; the counts are of this tenant's jobs, of everybody's when there is nothing.
  void stats(std::optional<Tenant> tenant, store::Reply<Stats> reply);
  /// Why a job is where it is; Code::not_found when there is none.
  void explain(store::OwnedId id, store::Reply<Explanation> reply);
  /// Makes the queue, if it is not there, and changes its settings: kept, and in force when answered. Jobs
  /// that run are not touched.
  void set_queue(std::string name, QueueChange change, store::Reply<QueueFigures> reply);
  /// Other settings of queues than those that it was made with; what was set while running stays over them.
  void configure_queues(std::map<std::string, QueueSettings, std::less<>> queues);
  /// The most that a manifest may have which is fetched from now on.
  void set_max_manifest_bytes(std::uint64_t bytes);
  /// Asks the store now what is due by time, as what is kept for how long has changed.
  void look_at_time();
  /// The chunks of a batch's report in order. Of a terminal job every row is there: what never ran as
  /// `not_run`.
  void report_chunks(job::Job job, store::Reply<std::vector<store::ChunkRecord>> reply);
  std::filesystem::path report_file(const Ulid& id) const;

  /// Takes nothing new, lets running jobs end until `limit` is over, hands back the others, then calls
  /// `done`.
  void drain(Milliseconds limit, std::function<void()> done);
  bool draining() const;

 private:
  friend class Watch;
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace waypost::engine
