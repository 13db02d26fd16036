#include "support/net_test_server.hpp"

#include <boost/asio/post.hpp>
#include <future>

namespace waypost::test {

using net::BodyPlan;
using net::Request;
using net::RequestHead;
using net::Response;

net::BodyPlan ScriptedService::plan(const RequestHead& head) {
  if (on_plan) return on_plan(head);
  return BodyPlan{.max_bytes = 1 << 20};
}

net::asio::awaitable<Response> ScriptedService::handle(const Request& request) {
  if (on_handle) co_return co_await on_handle(request);
  std::string text(request.head.method);
  text.append(" ").append(request.head.path);
  if (!request.head.query.empty()) text.append("?").append(request.head.query);
  if (!request.body.empty()) text.append(" ").append(request.body);
  co_return text_response(std::move(text));
}

Response ScriptedService::refuse(const RequestHead&, const Error& error) {
  Response response = text_response(std::string(describe(error.code).name) + ": " + error.message);
  response.status = describe(error.code).status;
  return response;
}

void ScriptedService::finished(const RequestHead& head, const net::Finished& how) {
  const std::lock_guard lock(mutex_);
  finished_.push_back({std::string(head.path), how.status, how.bytes});
}

std::vector<ScriptedService::Finished> ScriptedService::all_finished() {
  const std::lock_guard lock(mutex_);
  return finished_;
}

TestServer::TestServer(ScriptedService& service, net::ServerLimits limits) {
  server_ = net::Server::listen(context_, background_, "127.0.0.1", 0, limits, service, open_).value();
  server_->start();
  thread_ = std::thread([this] { context_.run(); });
}

TestServer::~TestServer() {
  run([this] { server_->close(); });
  alive_.reset();
  thread_.join();
}

void TestServer::run(std::function<void()> action) {
  std::promise<void> done;
  net::asio::post(context_, [&] {
    action();
    done.set_value();
  });
  done.get_future().wait();
}

Response text_response(std::string body) {
  Response response;
  response.content_type = "text/plain";
  response.body = std::move(body);
  return response;
}

net::asio::awaitable<Result<std::string_view>> PieceSource::read() {
  if (next_ < pieces_.size()) co_return pieces_[next_++];
  if (fail_at_end_) co_return fail(Code::internal, "the source broke");
  co_return std::string_view{};
}

}  // namespace waypost::test
