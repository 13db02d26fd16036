#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <string>
#include <thread>
#include <vector>

namespace waypost::app {

struct SeenRequest {
  std::string method;
  std::string target;
  std::string body;
  boost::beast::http::fields fields;
  std::string field(std::string_view name) const { return std::string(fields[name]); }
};

struct ScriptedResponse {
  int status = 200;
  std::string body = {};
  std::string etag = {};
};

/// Answers one connection after the other on a free loopback port with the next response of the script, and
/// ends when all are given.
class ScriptedServer {
 public:
  explicit ScriptedServer(std::vector<ScriptedResponse> script)
      : script_(std::move(script)),
        acceptor_(context_, {boost::asio::ip::address_v4::loopback(), 0}),
        thread_([this] { serve(); }) {}
  ~ScriptedServer() { finish(); }
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  std::string url() const { return "http://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()); }
  /// What was asked so far. Only after the client has ended.
  const std::vector<SeenRequest>& requests() {
    finish();
    return seen_;
  }

 private:
  using tcp = boost::asio::ip::tcp;

  void serve() {
    for (const ScriptedResponse& next : script_) {
      boost::system::error_code stopped;
      tcp::socket socket(context_);
      acceptor_.accept(socket, stopped);
      if (stopped || !answer(socket, next)) return;
    }
  }

  bool answer(tcp::socket& socket, const ScriptedResponse& next) {
    namespace http = boost::beast::http;
    boost::system::error_code error;
    boost::beast::flat_buffer buffer;
    http::request_parser<http::string_body> parser;
    parser.body_limit(boost::none);
    http::read(socket, buffer, parser, error);
    if (error) return false;  // `finish` connects to wake this thread up
    const auto& request = parser.get();
    seen_.push_back({.method = std::string(request.method_string()),
                     .target = std::string(request.target()),
                     .body = request.body(),
                     .fields = request.base()});
    http::response<http::string_body> response(static_cast<http::status>(next.status), 11, next.body);
    if (!next.etag.empty()) response.set(http::field::etag, next.etag);
    response.prepare_payload();
    http::write(socket, response, error);
    return !error;
  }

  /// Wakes the thread if part of the script was not asked for, and joins it.
  void finish() {
    if (!thread_.joinable()) return;
    boost::system::error_code ignored;
    tcp::socket waker(context_);
    waker.connect(acceptor_.local_endpoint(), ignored);
    waker.close();
    thread_.join();
  }

  std::vector<ScriptedResponse> script_;
  std::vector<SeenRequest> seen_;
  boost::asio::io_context context_;
  tcp::acceptor acceptor_;
  std::thread thread_;
};

}  // namespace waypost::app
