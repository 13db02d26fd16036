#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <memory>

#include "waypost/base/asio.hpp"

namespace waypost::net {

/// A time limit that is moved often and reached seldom. Moving it later costs a store and no timer operation:
/// the timer rings at the earlier time, sees that the limit has moved, and is armed again. One thread: the
/// context's.
class Deadline {
 public:
  /// `reached` is called on the context's thread, never from inside `set()` nor after destruction.
  Deadline(asio::io_context& context, std::function<void()> reached);
  ~Deadline();
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

  void set(std::chrono::milliseconds from_now) { set_at(std::chrono::steady_clock::now() + from_now); }
  void set_at(std::chrono::steady_clock::time_point due);
  void clear();

 private:
  struct State;
  static void arm(const std::shared_ptr<State>& state);
  // The timer's handler may be queued already when this is destroyed: it shares the state and then finds it
  // idle.
  std::shared_ptr<State> state_;
};

}  // namespace waypost::net
