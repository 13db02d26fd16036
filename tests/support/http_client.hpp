#pragma once

#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/net_raw_client.hpp"
#include "waypost/base/json.hpp"

namespace waypost::test {

/// A blocking HTTP/1.1 client of one server on loopback, which keeps its connection open from request to
/// request. One thread.
class HttpClient {
 public:
  struct Request {
    std::string method = "GET";
    std::string target;
    std::string body = {};
    std::string content_type = "application/json";
    std::vector<std::string> fields = {};  ///< "Name: value"
  };

  explicit HttpClient(std::uint16_t port) : port_(port) {}

  /// Nothing when the connection is refused or ends before the answer does.
  std::optional<RawResponse> try_send(const Request& request) {
    try {
      if (!connection_) connection_.emplace(port_);
    } catch (const std::runtime_error&) {
      return {};
    }
    RawResponse response;
    if (connection_->send(text_of(request))) response = connection_->receive(request.method == "HEAD");
    if (!response.complete || response.field("connection") == "close") connection_.reset();
    if (!response.complete) return {};
    return response;
  }
  /// The same of a server that is expected to be there.
  RawResponse send(const Request& request) {
    auto response = try_send(request);
    if (!response) throw std::runtime_error("no answer to " + request.method + " " + request.target);
    return std::move(*response);
  }
  RawResponse get(const std::string& target) { return send({.target = target}); }
  RawResponse post(const std::string& target, const std::string& body) {
    return send({.method = "POST", .target = target, .body = body});
  }

 private:
  static std::string text_of(const Request& request) {
    std::string text = request.method + " " + request.target + " HTTP/1.1\r\nHost: localhost\r\n";
    for (const std::string& field : request.fields) text += field + "\r\n";
    if (!request.body.empty()) text += "Content-Type: " + request.content_type + "\r\n";
    if (request.method == "POST" || !request.body.empty())
      text += "Content-Length: " + std::to_string(request.body.size()) + "\r\n";
    return text + "\r\n" + request.body;
  }

  const std::uint16_t port_;
  std::optional<RawClient> connection_;
};

/// What stands at `path` ("error/code") in a JSON text: a string unescaped, anything else as it is written,
/// "" where there is nothing.
inline std::string json_at(std::string_view text, std::string_view path) {
  const auto document = json::Document::parse(text);
  if (!document) throw std::runtime_error("no JSON: " + std::string(text.substr(0, 200)));
  std::optional<json::Value> value = document->root();
  while (value && !path.empty()) {
    const auto slash = std::min(path.find('/'), path.size());
    value = value->is(json::Kind::object) ? value->find(path.substr(0, slash)) : std::nullopt;
    path.remove_prefix(std::min(slash + 1, path.size()));
  }
  if (!value) return "";
  return std::string(value->is(json::Kind::string) ? value->string() : value->raw());
}

}  // namespace waypost::test
