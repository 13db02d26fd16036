#pragma once

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <condition_variable>
#include <map>

#include "support/net_test_server.hpp"

namespace waypost::test {

/// What webhooks and `http` operations are sent to, on a free loopback port: answers as its script says and
/// remembers every request.
class Sink {
 public:
  struct Request {
    std::string method;
    std::string target;
    std::string path;
    std::map<std::string, std::string> fields;  ///< names in lower case
    std::string body;
    /// "" when there is none.
    const std::string& field(const std::string& name) const {
      static const std::string none;
      const auto found = fields.find(name);
      return found == fields.end() ? none : found->second;
    }
  };
  struct Answer {
    int status = 204;
    std::vector<net::Field> fields;  ///< without a Content-Type it is text/plain
    std::string body;
    bool hold = false;  ///< answer only once `release` is called
  };
  /// `number` counts requests from 0. Called on the sink's thread. Without a script all is answered 204.
  using Script = std::function<Answer(const Request&, std::size_t number)>;

  explicit Sink(Script script = {}) : script_(std::move(script)) {
    service_.on_handle = [this](const net::Request& request) { return handle(request); };
    server_.emplace(service_);
    gate_.emplace(server_->context(), boost::asio::steady_timer::time_point::max());
  }
  /// A script that does not count.
  explicit Sink(std::function<Answer(const Request&)> script)
      : Sink([script = std::move(script)](const Request& request, std::size_t) { return script(request); }) {}
  ~Sink() { release(); }

  std::uint16_t port() const { return server_->port(); }

  std::string url(const std::string& path = "/hook") const {
    return "http://127.0.0.1:" + std::to_string(port()) + path;
  }
  std::vector<Request> requests() {
    const std::scoped_lock lock(mutex_);
    return requests_;
  }
  /// Waits until `count` requests have come, and returns them.
  std::vector<Request> wait_for(std::size_t count) {
    std::unique_lock lock(mutex_);
    if (!arrived_.wait_for(lock, std::chrono::minutes{1}, [&] { return requests_.size() >= count; }))
      throw std::runtime_error("the sink got " + std::to_string(requests_.size()) + " requests, not " +
                               std::to_string(count));
    return requests_;
  }
  /// Waits until a request has come that is as `wanted`, and returns the first such one.
  Request wait_until(const std::function<bool(const Request&)>& wanted) {
    std::unique_lock lock(mutex_);
    auto found = requests_.end();
    const bool came = arrived_.wait_for(lock, std::chrono::minutes{1}, [&] {
      found = std::ranges::find_if(requests_, wanted);
      return found != requests_.end();
    });
    if (!came) throw std::runtime_error("none of " + std::to_string(requests_.size()) + " requests is it");
    return *found;
  }
  /// Answers what is held, and holds nothing any more.
  void release() {
    server_->run([this] {
      open_ = true;
      gate_->cancel();
    });
  }

 private:
  asio::awaitable<net::Response> handle(const net::Request& request) {
    const Request noted = note(request);
    Answer answer;
    if (script_) answer = script_(noted, number_++);
    if (answer.hold && !open_) {
      boost::system::error_code cancelled;
      co_await gate_->async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
    }
    net::Response response;
    response.status = answer.status;
    const bool typed = std::ranges::any_of(
        answer.fields, [](const net::Field& f) { return lower(f.name) == "content-type"; });
    response.content_type = typed ? "" : "text/plain";
    response.fields = answer.fields;
    response.body = answer.body;
    co_return response;
  }

  Request note(const net::Request& request) {
    Request noted{.method = std::string(request.head.method),
                  .target = std::string(request.head.target),
                  .path = std::string(request.head.path),
                  .body = std::string(request.body)};
    for (const auto& [name, value] : request.head.fields) noted.fields[lower(name)] = std::string(value);
    {
      const std::scoped_lock lock(mutex_);
      requests_.push_back(noted);
    }
    arrived_.notify_all();
    return noted;
  }

  static std::string lower(std::string_view text) {
    std::string out(text);
    std::ranges::transform(out, out.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return out;
  }

  Script script_;
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<Request> requests_;
  ScriptedService service_;
  std::optional<TestServer> server_;
  std::optional<boost::asio::steady_timer> gate_;  ///< the rest: the sink's thread only
  std::size_t number_ = 0;
  bool open_ = false;
};

}  // namespace waypost::test
