#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace waypost::test {

/// A request that reached a sink.
struct SinkRequest {
  std::string method;
  std::string target;
  std::map<std::string, std::string> fields;  ///< names in lower case
  std::string body;
  std::string field(const std::string& name) const {
    const auto found = fields.find(name);
    return found == fields.end() ? std::string() : found->second;
  }
};

struct SinkReply {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> fields;
  std::string body;
  bool hold = false;  ///< answered only after `release`
};

/// An HTTP server on a free loopback port, on a thread of its own: what webhooks and `http` operations are sent to.
class HttpSink {
 public:
  /// Decides on the answer to each request; called on the sink's thread, one at a time.
  using Script = std::function<SinkReply(const SinkRequest&)>;
  explicit HttpSink(Script script = [](const SinkRequest&) { return SinkReply{}; });
  ~HttpSink();
  HttpSink(const HttpSink&) = delete;
  HttpSink& operator=(const HttpSink&) = delete;

  std::uint16_t port() const { return port_; }
  std::string url(const std::string& path = "/") const { return "http://127.0.0.1:" + std::to_string(port_) + path; }

  /// Every request so far, as soon as there are `count`. Throws std::runtime_error when they do not come in 20 s.
  std::vector<SinkRequest> wait_for(std::size_t count);
  /// Answers what is held, and holds nothing from now on.
  void release();

 private:
  using tcp = boost::asio::ip::tcp;
  boost::asio::awaitable<void> accept();
  boost::asio::awaitable<void> serve(tcp::socket socket);
  SinkReply record(SinkRequest request);

  const Script script_;
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<SinkRequest> seen_;
  bool released_ = false;  // the sink's thread only
  boost::asio::io_context context_{1};
  boost::asio::steady_timer gate_{context_};
  tcp::acceptor acceptor_;
  const std::uint16_t port_;
  std::thread thread_;
};

}  // namespace waypost::test
