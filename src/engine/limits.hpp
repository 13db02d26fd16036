#pragma once

#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <map>
#include <memory>
#include <mutex>

#include "waypost/operation/operation.hpp"

namespace waypost::engine {

namespace asio = boost::asio;

/// How many calls of an operation run at once (Operation::concurrency), those of jobs and those of batches'
/// rows together: whoever came first is first. Any thread; who waits is resumed on its own io_context.
class Limits {
  class Lines;

 public:
  /// `operations` outlives it, or else `close` is called first.
  explicit Limits(const operation::Registry& operations);

  /// The right to make one call, given back when it ends.
  class Turn {
   public:
    Turn(std::shared_ptr<Lines> lines, std::string type) : lines_(std::move(lines)), type_(std::move(type)) {}
    Turn(Turn&&) noexcept = default;
    Turn& operator=(Turn&& other) noexcept {
      std::swap(lines_, other.lines_);
      std::swap(type_, other.type_);
      return *this;
    }
    ~Turn();

   private:
    std::shared_ptr<Lines> lines_;  ///< null once it was moved from
    std::string type_;
  };

  /// Nobody gets a turn any more. Once the contexts on which calls wait run no more.
  void close();

  /// Waits for a turn at an operation that has a limit. Nothing when `abort` was requested before there was
  /// one. On the thread of `context`.
  asio::awaitable<std::optional<Turn>> wait(std::string type, asio::io_context& context, net::Abort& abort);

 private:
  std::shared_ptr<Lines> lines_;  ///< shared with turns, which may end when this is gone
};

}  // namespace waypost::engine
