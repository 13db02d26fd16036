#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>
#include <vector>

#include "net/client_connection.hpp"
#include "net/message_head.hpp"

namespace waypost::net {

/// The head of a request as it is sent. Fails with a description when a method or field could break out of
/// its line.
std::expected<std::string, std::string> serialize_head(const ClientRequest& request);

/// One request and its response on one connection. One thread: the context's.
class ClientExchange {
 public:
  enum class Fault {
    none,
    broken,     ///< the connection failed or ended early
    malformed,  ///< not HTTP/1.1 as this client understands it
    too_large,
  };

  ClientExchange(ClientConnection& connection, const ClientRequest& request)
      : connection_(connection), request_(request) {}

  /// Sends the request, whose head is `head`, and receives the response.
  asio::awaitable<Fault> run(std::string_view head);

  ClientResponse& response() { return response_; }
  /// What went wrong, for the user.
  const std::string& message() const { return message_; }
  /// Whether any byte of a response came.
  bool answered() const { return answered_; }
  /// Whether the connection may carry another exchange.
  bool reusable() const { return reusable_; }

 private:
  asio::awaitable<Fault> receive();
  asio::awaitable<Fault> receive_head();
  asio::awaitable<Fault> receive_body(Framing framing);
  asio::awaitable<Fault> receive_length(std::uint64_t length);
  asio::awaitable<Fault> receive_chunks();
  asio::awaitable<Fault> receive_until_close();
  /// Reads more; a connection that ends there is broken.
  asio::awaitable<Fault> fill();
  /// Hands a piece of the body to where it goes.
  asio::awaitable<Fault> take(std::string_view piece);
  /// Appends to the body as far as the limit goes.
  Fault keep(std::string_view piece);
  asio::awaitable<Fault> pass_on(std::string_view piece);
  Fault fail_with(Fault fault, std::string message);

  ClientConnection& connection_;
  const ClientRequest& request_;
  ClientResponse response_;
  std::string head_text_;
  std::vector<FieldView> head_fields_;
  StatusLine line_;
  std::string message_;
  bool answered_ = false;
  bool reusable_ = false;
  bool cut_ = false;             // the rest of the body is not wanted
  BodySink* sink_ = nullptr;     // of this response
  std::uint64_t passed_on_ = 0;  // bytes
};

}  // namespace waypost::net
