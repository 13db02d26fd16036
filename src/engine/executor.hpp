#pragma once

#include <boost/asio/thread_pool.hpp>

#include "waypost/engine/engine.hpp"
#include "waypost/job/rules.hpp"

namespace waypost::engine {

/// One attempt at a job: shared by the engine, which may end it, and whoever runs it.
struct Attempt {
  Ulid id;
  std::atomic<std::int64_t> fence = 0;  ///< set when the lease is granted
  std::string worker;
  operation::Cancellation cancellation;
  std::atomic<bool> returned = false;  ///< the operation has come back; its outcome is on the way to the store
  asio::io_context* context = nullptr;  ///< where a waiting operation runs
  net::Abort abort;                     ///< that context's thread only
};

/// Runs attempts: computing operations on worker threads, waiting ones as coroutines on the io threads. Writes each
/// outcome to the store itself. Any thread.
class Executor {
 public:
  /// Called, on any thread, when an outcome could not be stored: the engine then has to forget the attempt itself.
  using Lost = std::function<void(const Ulid&, std::int64_t fence)>;
  Executor(store::JobStore& store, const operation::Registry& operations, std::vector<operation::IoContext> io,
           unsigned threads, Lost lost);
  ~Executor();

  /// Runs a leased job that is no batch; returns at once.
  void run(job::Job job, std::shared_ptr<Attempt> attempt);
  /// Ends an attempt's operation as soon as it listens.
  static void cancel(const std::shared_ptr<Attempt>& attempt);
  void finish(Attempt& attempt, job::Command command);

  asio::thread_pool& workers() { return workers_; }
  /// Lets the worker threads end what they are at, and joins them.
  void join();

 private:
  void compute(const operation::ComputeOperation& operation, const job::Job& job, Attempt& attempt);
  static asio::awaitable<void> wait(Executor& self, const operation::WaitingOperation& operation,
                                    operation::IoContext io, job::Job job, std::shared_ptr<Attempt> attempt);
  void settle(Attempt& attempt, operation::Outcome outcome);

  store::JobStore& store_;
  const operation::Registry& operations_;
  std::vector<operation::IoContext> io_;
  std::atomic<std::size_t> next_io_ = 0;
  Lost lost_;
  asio::thread_pool workers_;
};

}  // namespace waypost::engine
