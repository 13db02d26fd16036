#pragma once

#include <deque>
#include <functional>
#include <set>

#include "engine/limits.hpp"
#include "waypost/batch/chunk.hpp"
#include "waypost/operation/operation.hpp"

namespace waypost::engine {

/// Runs the rows of a batch whose operation waits, many at once, on one io thread. A pass over a chunk is
/// handed in and comes back when its rows have ended, or when no more are started. On that io thread, but for
/// what says otherwise.
class RowLane : public std::enable_shared_from_this<RowLane> {
 public:
  struct Hooks {
    std::move_only_function<void()> started;                ///< its last row was started, or none will be
    std::move_only_function<void(batch::ChunkPass)> ended;  ///< nothing of it runs any more
  };
  RowLane(operation::IoContext io, std::shared_ptr<const operation::WaitingOperation> operation,
          std::shared_ptr<const batch::Tally> tally, Limits limits, std::size_t slots);

  // Any thread.
  void add(batch::ChunkPass pass, Hooks hooks);
  /// Starts no more rows until `go_on`.
  void halt();
  void go_on();
  /// Breaks off what runs: those rows have not been run.
  void abort();

 private:
  struct Pass {
    batch::ChunkPass rows;
    Hooks hooks;
    std::size_t next = 0;
    std::size_t running = 0;
    std::size_t held = 0;  ///< bytes of results
  };
  using PassPtr = std::shared_ptr<Pass>;
  struct Row {
    PassPtr pass;
    std::size_t at = 0;
  };

  static boost::asio::awaitable<void> work(std::shared_ptr<RowLane> self);
  boost::asio::awaitable<void> run(Row row);
  std::optional<Row> take();
  bool is_stopped() const { return halted_ || tally_->past_threshold(); }
  bool has_room() const;
  /// Waits until it may call; false when the row is not to be run any more.
  boost::asio::awaitable<bool> wait_for_turn(net::Abort& abort, std::optional<Limits::Turn>& turn);
  static void request(const std::set<net::Abort*>& aborts);
  void wake_workers();
  void end_idle_passes();
  void end_if_over(const PassPtr& pass);

  operation::IoContext io_;
  const std::shared_ptr<const operation::WaitingOperation> operation_;
  const std::shared_ptr<const batch::Tally> tally_;  ///< shared: a worker may end after its batch
  Limits limits_;
  const std::size_t slots_;
  std::deque<PassPtr> queue_;      ///< with rows that are not started
  std::set<net::Abort*> aborts_;   ///< of rows that run
  std::set<net::Abort*> queuing_;  ///< those of them that wait for their turn
  std::size_t workers_ = 0;        ///< coroutines
  std::size_t running_ = 0;
  std::size_t held_ = 0;
  bool halted_ = false;
};

}  // namespace waypost::engine
