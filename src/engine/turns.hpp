#pragma once

#include <deque>

#include "engine/executor.hpp"

namespace waypost::engine {

/// Attempts at operations with a limit of their own (Operation::concurrency): the leased ones run in turn,
/// and their time begins with their turn. The engine's thread only.
class Turns {
 public:
  /// Both outlive it.
  Turns(Executor& executor, const operation::Registry& operations)
      : executor_(executor), operations_(operations) {}

  /// Runs it when it is its turn: at once when its operation has no limit.
  void run(job::Job job, std::shared_ptr<Attempt> attempt);
  /// An attempt has come back, or will not be heard of again.
  void over(const Attempt& attempt);
  /// An attempt was ended before its turn: it runs at once, and so comes straight back.
  void skip(const Attempt& attempt);

 private:
  struct Waiting {
    job::Job job;
    std::shared_ptr<Attempt> attempt;
  };
  struct Line {
    std::set<std::int64_t> running;
    std::deque<Waiting> waiting;
  };
  void advance(const std::string& type);

  Executor& executor_;
  const operation::Registry& operations_;
  std::map<std::string, Line, std::less<>> lines_;         ///< by type
  std::unordered_map<std::int64_t, std::string> type_of_;  ///< of what stands in a line, or has its turn
};

}  // namespace waypost::engine
