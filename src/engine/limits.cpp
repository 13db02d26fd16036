#include "engine/limits.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <limits>

namespace waypost::engine {
namespace {

/// A call that waits for its turn. Its timer belongs to its own thread.
struct Waiting {
  explicit Waiting(asio::io_context& c) : context(c), timer(c, asio::steady_timer::time_point::max()) {}
  asio::io_context& context;
  asio::steady_timer timer;
  std::atomic<bool> granted = false;
};
using WaitingPtr = std::shared_ptr<Waiting>;

}  // namespace

class Limits::Lines {
 public:
  explicit Lines(const operation::Registry& operations) : operations_(operations) {}

  /// Nothing when there is a turn at once.
  WaitingPtr enter(const std::string& type, asio::io_context& context) {
    const std::scoped_lock lock(mutex_);
    Line& line = lines_[type];
    if (line.waiting.empty() && line.running < limit_of(type)) {
      ++line.running;
      return nullptr;
    }
    return line.waiting.emplace_back(std::make_shared<Waiting>(context));
  }

  /// Whoever waits no longer; false when it has its turn already.
  bool leave(const std::string& type, const WaitingPtr& waiting) {
    const std::scoped_lock lock(mutex_);
    if (waiting->granted) return false;
    std::erase(lines_[type].waiting, waiting);
    advance(type);
    return true;
  }

  void give_back(const std::string& type) {
    const std::scoped_lock lock(mutex_);
    if (closed_) return;
    --lines_[type].running;
    advance(type);
  }

  void close() {
    const std::scoped_lock lock(mutex_);
    closed_ = true;
  }

 private:
  struct Line {
    std::size_t running = 0;
    std::deque<WaitingPtr> waiting;
  };

  /// It may be another one by now, or none, when the operation was defined anew.
  std::size_t limit_of(const std::string& type) const {
    const auto operation = operations_.find(type);
    const auto limit = operation == nullptr ? std::nullopt : operation->concurrency();
    return limit ? *limit : std::numeric_limits<std::size_t>::max();
  }

  void advance(const std::string& type) {
    Line& line = lines_[type];
    const std::size_t limit = limit_of(type);
    while (!line.waiting.empty() && line.running < limit) {
      WaitingPtr next = std::move(line.waiting.front());
      line.waiting.pop_front();
      ++line.running;
      next->granted = true;
      // Its timer must end on its own thread, so nothing of it stays here.
      asio::io_context& context = next->context;
      asio::post(context, [next = std::move(next)] { next->timer.cancel(); });
    }
    if (line.waiting.empty() && line.running == 0) lines_.erase(type);
  }

  const operation::Registry& operations_;
  std::mutex mutex_;
  std::map<std::string, Line> lines_;  ///< by type
  bool closed_ = false;
};

Limits::Limits(const operation::Registry& operations) : lines_(std::make_shared<Lines>(operations)) {}

void Limits::close() {
  lines_->close();
}

Limits::Turn::~Turn() {
  if (lines_) lines_->give_back(type_);
}

asio::awaitable<std::optional<Limits::Turn>> Limits::wait(std::string type, asio::io_context& context,
                                                          net::Abort& abort) {
  const std::shared_ptr<Lines> lines = lines_;
  if (abort.requested()) co_return std::nullopt;
  const WaitingPtr waiting = lines->enter(type, context);
  if (!waiting) co_return Turn(lines, std::move(type));
  abort.on_request([&waiting] { waiting->timer.cancel(); });
  while (!waiting->granted && !abort.requested()) {
    boost::system::error_code cancelled;
    co_await waiting->timer.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
  }
  abort.on_request({});
  if (!waiting->granted && lines->leave(type, waiting)) co_return std::nullopt;
  co_return Turn(lines, std::move(type));
}

}  // namespace waypost::engine
