#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <mutex>
#include <set>

#include "waypost/base/clock.hpp"

namespace waypost::test {

/// A clock that stands still until a test moves it. Alarms ring, on their own io_context, during `advance`.
class ManualClock final : public Clock {
 public:
  Time now() const override {
    const std::scoped_lock lock(mutex_);
    return now_;
  }

  void advance(Milliseconds by) {
    const std::scoped_lock lock(mutex_);
    now_ += by;
    for (ManualAlarm* alarm : alarms_) alarm->look(now_);
  }

  std::unique_ptr<Alarm> make_alarm(boost::asio::io_context& context, std::function<void()> ring) override {
    return std::make_unique<ManualAlarm>(*this, context, std::move(ring));
  }

 private:
  class ManualAlarm final : public Alarm {
   public:
    ManualAlarm(ManualClock& clock, boost::asio::io_context& context, std::function<void()> ring)
        : clock_(clock), context_(context), state_(std::make_shared<State>(std::move(ring))) {
      const std::scoped_lock lock(clock_.mutex_);
      clock_.alarms_.insert(this);
    }
    ~ManualAlarm() override {
      const std::scoped_lock lock(clock_.mutex_);
      clock_.alarms_.erase(this);
      ++state_->generation;
    }
    void set(Time at) override {
      const std::scoped_lock lock(clock_.mutex_);
      at_ = at;
      ++state_->generation;
      look(clock_.now_);
    }
    void clear() override {
      const std::scoped_lock lock(clock_.mutex_);
      at_.reset();
      ++state_->generation;
    }
    /// With the clock's lock held.
    void look(Time now) {
      if (!at_ || now < *at_) return;
      at_.reset();
      boost::asio::post(context_, [state = state_, mine = state_->generation.load()] {
        if (state->generation == mine) state->ring();
      });
    }

   private:
    struct State {
      explicit State(std::function<void()> r) : ring(std::move(r)) {}
      std::function<void()> ring;
      std::atomic<std::uint64_t> generation = 0;
    };
    ManualClock& clock_;
    boost::asio::io_context& context_;
    std::shared_ptr<State> state_;
    std::optional<Time> at_;
  };

  mutable std::mutex mutex_;
  Time now_{Milliseconds{1'800'000'000'000}};
  std::set<ManualAlarm*> alarms_;
};

}  // namespace waypost::test
