#pragma once

#include <functional>
#include <memory>

#include "waypost/base/time.hpp"

namespace boost::asio {
class io_context;
}

namespace waypost {

/// Rings once, on the io_context it was made for, when the wall clock reaches the time set. Used on that
/// io_context's thread only; never rings after `clear()` or destruction.
class Alarm {
 public:
  virtual ~Alarm() = default;
  /// Sets or moves the time; a time not in the future rings at once (posted, never inline).
  virtual void set(Time at) = 0;
  virtual void clear() = 0;
};

/// The time of day, injected so that tests can move it.
class Clock {
 public:
  virtual ~Clock() = default;
  /// Any thread.
  virtual Time now() const = 0;
  /// `context` must outlive the alarm.
  virtual std::unique_ptr<Alarm> make_alarm(boost::asio::io_context& context, std::function<void()> ring) = 0;
};

/// The machine's clock.
class SystemClock final : public Clock {
 public:
  Time now() const override;
  std::unique_ptr<Alarm> make_alarm(boost::asio::io_context& context, std::function<void()> ring) override;
};

}  // namespace waypost
