#include "support/http_sink.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <stdexcept>

#include "waypost/base/text.hpp"

namespace waypost::test {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
constexpr auto as_tuple = asio::as_tuple(asio::use_awaitable);

SinkRequest seen(const http::request<http::string_body>& request) {
  SinkRequest out{.method = std::string(request.method_string()), .target = std::string(request.target()), .body = request.body()};
  for (const auto& field : request) out.fields[text::lower_ascii(std::string(field.name_string()))] = std::string(field.value());
  return out;
}

http::response<http::string_body> rendered(const SinkReply& reply, bool keep_alive) {
  http::response<http::string_body> response(static_cast<http::status>(reply.status), 11, reply.body);
  for (const auto& [name, value] : reply.fields) response.set(name, value);
  response.keep_alive(keep_alive);
  response.prepare_payload();
  return response;
}

}  // namespace

HttpSink::HttpSink(Script script)
    : script_(std::move(script)),
      acceptor_(context_, {asio::ip::address_v4::loopback(), 0}),
      port_(acceptor_.local_endpoint().port()) {
  gate_.expires_at(asio::steady_timer::time_point::max());
  asio::co_spawn(context_, accept(), asio::detached);
  thread_ = std::thread([this] { context_.run(); });
}

HttpSink::~HttpSink() {
  context_.stop();
  thread_.join();
}

std::vector<SinkRequest> HttpSink::wait_for(std::size_t count) {
  std::unique_lock lock(mutex_);
  if (!arrived_.wait_for(lock, std::chrono::seconds(20), [&] { return seen_.size() >= count; }))
    throw std::runtime_error("the sink got " + std::to_string(seen_.size()) + " requests, not " + std::to_string(count));
  return seen_;
}

void HttpSink::release() {
  asio::post(context_, [this] {
    released_ = true;
    gate_.cancel();
  });
}

SinkReply HttpSink::record(SinkRequest request) {
  SinkReply reply = script_(request);
  const std::scoped_lock lock(mutex_);
  seen_.push_back(std::move(request));
  arrived_.notify_all();
  return reply;
}

asio::awaitable<void> HttpSink::accept() {
  for (;;) {
    auto accepted = co_await acceptor_.async_accept(as_tuple);
    auto& [error, socket] = accepted;
    if (error) co_return;
    asio::co_spawn(context_, serve(std::move(socket)), asio::detached);
  }
}

asio::awaitable<void> HttpSink::serve(tcp::socket socket) {
  boost::beast::flat_buffer buffer;
  for (;;) {
    http::request<http::string_body> request;
    auto read = co_await http::async_read(socket, buffer, request, as_tuple);
    if (std::get<0>(read)) co_return;
    const bool keep_alive = request.keep_alive();
    const SinkReply reply = record(seen(request));
    if (reply.hold && !released_) co_await gate_.async_wait(as_tuple);
    auto response = rendered(reply, keep_alive);
    auto written = co_await http::async_write(socket, response, as_tuple);
    if (std::get<0>(written) || !keep_alive) co_return;
  }
}

}  // namespace waypost::test
