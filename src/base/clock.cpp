#include "waypost/base/clock.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

namespace waypost {
namespace {

// A wall clock can be set while we sleep, so no sleep is longer than this before the time is looked at again.
constexpr Seconds longest_sleep{30};

class SystemAlarm final : public Alarm {
 public:
  SystemAlarm(boost::asio::io_context& context, const Clock& clock, std::function<void()> ring)
      : clock_(clock), timer_(context), ring_(std::move(ring)) {}

  void set(Time at) override {
    at_ = at;
    sleep();
  }

  ~SystemAlarm() override { ++*generation_; }

  void clear() override {
    ++*generation_;
    timer_.cancel();
  }

 private:
  void sleep() {
    const auto wait = std::clamp<Milliseconds>(at_ - clock_.now(), Milliseconds{0}, longest_sleep);
    timer_.expires_after(wait);
    // A wait that already expired can't be cancelled any more: the generation tells it from the present one,
    // also when the alarm itself is gone by then.
    timer_.async_wait(
        [this, current = generation_, mine = ++*generation_](const boost::system::error_code& error) {
          if (error || mine != *current) return;
          if (clock_.now() < at_)
            sleep();
          else
            ring_();
        });
  }

  const Clock& clock_;
  boost::asio::steady_timer timer_;
  std::function<void()> ring_;
  Time at_{};
  std::shared_ptr<std::uint64_t> generation_ = std::make_shared<std::uint64_t>(0);
};

}  // namespace

Time SystemClock::now() const {
  return std::chrono::floor<Milliseconds>(std::chrono::system_clock::now());
}

std::unique_ptr<Alarm> SystemClock::make_alarm(boost::asio::io_context& context, std::function<void()> ring) {
  return std::make_unique<SystemAlarm>(context, *this, std::move(ring));
}

}  // namespace waypost
