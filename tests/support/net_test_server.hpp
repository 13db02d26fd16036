#pragma once

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <functional>
#include <memory>
#include <mutex>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

#include "waypost/net/server.hpp"

namespace waypost::test {

/// A service made of functions. Failures that the server finds are answered with the error's code as the
/// body.
class ScriptedService : public net::Service {
 public:
  using Plan = std::function<net::BodyPlan(const net::RequestHead&)>;
  using Handle = std::function<asio::awaitable<net::Response>(const net::Request&)>;
  struct Finished {
    std::string path;
    int status;
    std::uint64_t bytes;
  };

  net::BodyPlan plan(const net::RequestHead& head) override;
  asio::awaitable<net::Response> handle(const net::Request& request) override;
  net::Response refuse(const net::RequestHead& head, const Error& error) override;
  void finished(const net::RequestHead& head, const net::Finished& how) override;
  std::vector<Finished> all_finished();

  Plan on_plan;      ///< default: whole bodies of at most 1 MiB
  Handle on_handle;  ///< default: 200 and "METHOD path?query body"

 private:
  std::mutex mutex_;
  std::vector<Finished> finished_;
};

/// A real server on a free loopback port with an io thread of its own, while it lives.
class TestServer {
 public:
  explicit TestServer(ScriptedService& service, net::ServerLimits limits = {})
      : TestServer(service, net::ServerSettings{.limits = limits}) {}
  TestServer(ScriptedService& service, net::ServerSettings settings);
  ~TestServer();
  std::uint16_t port() const { return server_->port(); }
  net::Server& server() { return *server_; }
  asio::io_context& context() { return context_; }
  std::size_t open_connections() const { return open_->total(); }
  std::uint64_t cuts(net::Cut why) const { return open_->cuts().at(static_cast<std::size_t>(why)); }
  /// Of any reason.
  std::uint64_t cuts() const {
    const auto cuts = open_->cuts();
    return std::accumulate(cuts.begin(), cuts.end(), std::uint64_t{0});
  }
  /// Runs `action` on the io thread and waits for its end.
  void run(std::function<void()> action);

 private:
  asio::thread_pool background_{1};
  asio::io_context context_{1};
  asio::executor_work_guard<asio::io_context::executor_type> alive_{context_.get_executor()};
  std::shared_ptr<net::ConnectionCount> open_ = std::make_shared<net::ConnectionCount>();
  std::unique_ptr<net::Server> server_;
  std::thread thread_;
};

/// A text response.
net::Response text_response(std::string body);

/// Gives out its pieces one by one, then the end, or a failure when `fail_at_end`.
class PieceSource final : public net::BodySource {
 public:
  explicit PieceSource(std::vector<std::string> pieces, bool fail_at_end = false)
      : pieces_(std::move(pieces)), fail_at_end_(fail_at_end) {}
  asio::awaitable<Result<std::string_view>> read() override;

 private:
  std::vector<std::string> pieces_;
  bool fail_at_end_;
  std::size_t next_ = 0;
};

}  // namespace waypost::test
