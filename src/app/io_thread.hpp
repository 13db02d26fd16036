#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <future>
#include <memory>
#include <thread>

#include "waypost/net/client.hpp"
#include "waypost/net/server.hpp"

namespace waypost::app {

/// One io thread: its context, the client that goes out from it and the server that listens on it.
class IoThread {
 public:
  /// `number` is for its name.
  IoThread(std::size_t number, const net::EgressPolicy& egress)
      : number_(number), client_(context_, egress, net::Client::Options{}) {}
  ~IoThread() { stop(); }

  void start();
  /// Drops what is left and joins the thread.
  void stop();

  asio::io_context& context() { return context_; }
  net::Client& client() { return client_; }
  /// Takes the server that listens on `context`; there is one from then on.
  void take(std::unique_ptr<net::Server> server) { server_ = std::move(server); }
  net::Server& server() { return *server_; }

  /// What `work` answers on this thread, which runs. Blocks.
  template <class F>
  auto ask(F work) {
    std::packaged_task<decltype(work())()> task(std::move(work));
    auto result = task.get_future();
    asio::post(context_, std::move(task));
    return result.get();
  }

 private:
  const std::size_t number_;
  /// Before the others, so that it goes after them: all live on it. Its thread alone uses its sockets, so
  /// they need no locks.
  asio::io_context context_{BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO};
  asio::executor_work_guard<asio::io_context::executor_type> work_ = asio::make_work_guard(context_);
  net::Client client_;
  std::unique_ptr<net::Server> server_;
  std::thread thread_;
};

}  // namespace waypost::app
