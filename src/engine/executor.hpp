#pragma once

#include <boost/asio/thread_pool.hpp>

#include "engine/limits.hpp"
#include "waypost/engine/engine.hpp"
#include "waypost/job/rules.hpp"

namespace waypost::engine {

/// Why the engine ends an attempt.
enum class Ending : std::uint8_t { none, cancelled, timed_out, handed_back };

/// One attempt at a job: shared by the engine, which may end it, and whoever runs it.
struct Attempt {
  Ulid id;
  std::atomic<std::int64_t> fence = 0;  ///< set when the lease is granted
  std::string worker;
  std::atomic<Ending> ending = Ending::none;
  operation::Cancellation cancellation;
  std::atomic<Time> begun = Time{};  ///< when a worker took it up, or the epoch: a lease may wait for one
  std::atomic<bool> returned =
      false;  ///< the operation has come back; its outcome is on the way to the store
  std::optional<job::Command> outcome;  ///< what it came back with: kept until it is stored
  asio::io_context* context = nullptr;  ///< where a waiting operation runs
  net::Abort abort;                     ///< that context's thread only
};

/// What the store is told of an attempt that the engine ended; nothing when it did not.
std::optional<job::Command> command_of_ending(const Attempt& attempt);

/// Runs attempts: computing operations on worker threads, waiting ones as coroutines on the io threads.
/// Writes each outcome to the store itself. Any thread.
class Executor {
 public:
  /// Called, on any thread, when the store refused an outcome.
  using Refused = std::function<void(const std::shared_ptr<Attempt>&, Code)>;
  Executor(store::JobStore& store, const operation::Registry& operations, Clock& clock,
           std::vector<operation::IoContext> io, unsigned threads, Refused refused);
  ~Executor();

  /// Runs a leased job that is no batch; returns at once.
  void run(job::Job job, std::shared_ptr<Attempt> attempt);
  /// Ends an attempt's operation as soon as it listens.
  static void end(const std::shared_ptr<Attempt>& attempt, Ending why);
  /// The attempt is over: stores what came of it.
  void finish(const std::shared_ptr<Attempt>& attempt, job::Command outcome);
  /// Stores the outcome again that was refused.
  void finish_again(const std::shared_ptr<Attempt>& attempt);

  /// How many leases per worker keep it busy without making others wait: many while operations are short, one
  /// when they are not.
  std::size_t leases_per_worker() const;

  asio::thread_pool& workers() { return workers_; }
  /// Where operations that wait run.
  std::span<const operation::IoContext> io() const { return io_; }
  /// What holds for all calls of an operation together.
  Limits& limits() { return limits_; }
  /// Lets the worker threads end what they are at, and joins them.
  void join();

 private:
  void compute(const operation::ComputeOperation& operation, const job::Job& job,
               const std::shared_ptr<Attempt>& attempt);
  operation::Outcome run_measured(const operation::ComputeOperation& operation, const job::Job& job,
                                  Attempt& attempt);
  static asio::awaitable<void> wait(Executor& self,
                                    std::shared_ptr<const operation::WaitingOperation> operation,
                                    operation::IoContext io, job::Job job, std::shared_ptr<Attempt> attempt);
  void settle(const std::shared_ptr<Attempt>& attempt, operation::Outcome outcome);

  store::JobStore& store_;
  const operation::Registry& operations_;
  Clock& clock_;
  std::vector<operation::IoContext> io_;
  Limits limits_;
  std::atomic<std::size_t> next_io_ = 0;
  const std::shared_ptr<const Refused> refused_;   ///< shared with replies, which may come when this is gone
  std::atomic<std::int64_t> typical_nanoseconds_;  ///< of a computing operation, lately
  asio::thread_pool workers_;
};

}  // namespace waypost::engine
