#pragma once

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <condition_variable>
#include <map>
#include <mutex>
#include <set>

#include "waypost/base/asio.hpp"
#include "waypost/operation/operation.hpp"

/// Operations that do what a test tells them, when it tells them.
namespace waypost::test {

/// What the operations of one test share. Any thread; no wait is longer than a minute, so that a fault in the
/// engine is a failure and not a hang.
class Script {
 public:
  /// Told by an operation: it runs.
  void begun(std::string_view name) {
    const std::scoped_lock lock(mutex_);
    begun_.emplace_back(name);
    changed_.notify_all();
  }
  /// Held until the test lets `name` go, or all.
  void hold(const std::string& name) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, limit, [&] { return open_ || released_.contains(name); });
  }
  void let_go(const std::string& name) {
    const std::scoped_lock lock(mutex_);
    released_.insert(name);
    changed_.notify_all();
  }
  void let_all_go() {
    const std::scoped_lock lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  /// Waits until so many operations have begun, and returns them in order.
  std::vector<std::string> wait_for_begun(std::size_t count) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, limit, [&] { return begun_.size() >= count; }))
      throw std::runtime_error(std::to_string(begun_.size()) + " operations began, not " +
                               std::to_string(count));
    return begun_;
  }
  /// Lets `name` fail so many times before it does well.
  void let_fail(const std::string& name, int times) {
    const std::scoped_lock lock(mutex_);
    failures_[name] = times;
  }
  int failures_left(const std::string& name) {
    const std::scoped_lock lock(mutex_);
    return failures_[name];
  }
  bool fails(const std::string& name) {
    const std::scoped_lock lock(mutex_);
    return failures_[name] > 0 && failures_[name]-- > 0;
  }
  std::vector<std::string> all_begun() {
    const std::scoped_lock lock(mutex_);
    return begun_;
  }

  static constexpr std::chrono::minutes limit{1};

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> begun_;
  std::set<std::string> released_;
  std::map<std::string, int> failures_;
  bool open_ = false;
};

template <class Base>
class Scripted : public Base {
 public:
  Scripted(std::string type, Script& script) : type_(std::move(type)), script_(script) {}
  std::string_view type() const override { return type_; }
  std::string_view description() const override { return "Does what a test tells it."; }
  std::string_view schema() const override {
    return R"({"type":"object","properties":{"text":{"type":"string"}}})";
  }
  void check(json::Value, const std::string&, std::vector<Fault>&) const override {}

 protected:
  std::string type_;
  Script& script_;
};

/// Computes under the name that its payload is, and acts as its type says: "block" until it is let go,
/// "listen" until it is cancelled, "fail", "throw", anything else at once.
class Computes final : public Scripted<operation::ComputeOperation> {
 public:
  using Scripted::Scripted;
  operation::Outcome run(const operation::Task& task,
                         const operation::Cancellation& cancellation) const override {
    const std::string name(task.payload);
    script_.begun(name);
    if (type_ == "block") script_.hold(name);
    if (type_ == "listen")
      while (!cancellation.requested()) std::this_thread::yield();
    if (type_ == "fail") return operation::Failure{.code = "asked_to", .message = "as asked"};
    if (type_ == "throw") throw std::runtime_error("a bug");
    return operation::Success{.body = "{\"attempt\":" + std::to_string(task.attempt) + "}"};
  }
};

/// Waits on its io thread until it is told to finish, or aborted.
class Waits final : public Scripted<operation::WaitingOperation> {
 public:
  using Scripted::Scripted;

  asio::awaitable<operation::Outcome> run(const operation::Task& task, operation::IoContext io,
                                          net::Abort& abort) const override {
    boost::asio::steady_timer timer(io.context, boost::asio::steady_timer::time_point::max());
    abort.on_request([&timer] { timer.expires_at(boost::asio::steady_timer::time_point::min()); });
    const std::string name(task.payload);
    {
      const std::scoped_lock lock(mutex_);
      timers_[name] = &timer;
    }
    script_.begun(name);
    boost::system::error_code cancelled;
    co_await timer.async_wait(boost::asio::redirect_error(asio::use_awaitable, cancelled));
    abort.on_request({});
    {
      const std::scoped_lock lock(mutex_);
      timers_.erase(name);
    }
    if (abort.requested()) co_return operation::Failure{.code = "aborted", .message = "broken off"};
    co_return operation::Success{.body = "\"done\""};
  }

  /// `name` has begun; `context` is where it runs.
  void finish(boost::asio::io_context& context, const std::string& name) const {
    boost::asio::post(context, [this, name] {
      const std::scoped_lock lock(mutex_);
      timers_.at(name)->expires_at(boost::asio::steady_timer::time_point::min());
    });
  }

 private:
  mutable std::mutex mutex_;
  mutable std::map<std::string, boost::asio::steady_timer*> timers_;
};

/// Over rows with a column `text`: "fail" fails for good, "flaky…" as often as the script says, a text that
/// starts with "hold" is held until it is let go; those and texts that start with "note" are noted as begun.
class OverRows final : public Scripted<operation::ComputeOperation>, public operation::RowOperation {
 public:
  using Scripted::Scripted;
  operation::Outcome run(const operation::Task&, const operation::Cancellation&) const override {
    throw std::logic_error("rows() is the way in");
  }
  const operation::RowOperation* rows() const override { return this; }
  std::span<const std::string_view> result_columns() const override { return columns; }
  std::optional<operation::Failure> run_row(const operation::RowFields& row, bool,
                                            std::vector<std::string>& out, std::string&) const override {
    const std::string text(row.values[0]);
    if (text.starts_with("hold") || text.starts_with("note")) script_.begun(text);
    if (text.starts_with("hold")) script_.hold(text);
    if (text == "fail") return operation::Failure{.code = "asked_to", .message = "as asked", .retry = false};
    if (text.starts_with("flaky") && script_.fails(text))
      return operation::Failure{.code = "not_yet", .message = "try again"};
    out[0] = text;
    return std::nullopt;
  }

 private:
  static constexpr std::array<std::string_view, 1> columns{"copy"};
};

}  // namespace waypost::test
