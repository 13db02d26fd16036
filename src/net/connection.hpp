#pragma once

#include <array>
#include <chrono>
#include <memory>
#include <string>

#include "net/message_head.hpp"
#include "net/request_body.hpp"
#include "net/request_reader.hpp"
#include "net/response_sender.hpp"
#include "net/server_state.hpp"
#include "net/wire.hpp"

namespace waypost::net {

/// One client's connection: its requests, one after the other. Owned by its coroutine. One thread: the
/// context's.
class Connection {
 public:
  Connection(std::shared_ptr<ServerState> server, Socket socket);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Serves requests until either side ends it.
  static asio::awaitable<void> serve(std::unique_ptr<Connection> connection);
  /// Answers why it may not be served, and ends.
  static asio::awaitable<void> turn_away(std::unique_ptr<Connection> connection, Error why);
  /// Ends it now when no request is under way, else after its response.
  void drain();
  /// Ends it now.
  void close() { wire_.close(); }

 private:
  /// Waits for a complete head and moves it to `head_text_`. False when the connection is over.
  asio::awaitable<bool> receive_head();
  /// What is wrong with the head so far; nothing while it may yet become one.
  std::optional<Error> head_failure(HeadScanner::State state) const;
  /// Answers the request whose head is in `head_text_`. False when the connection is over.
  asio::awaitable<bool> answer();
  /// Reads the body as planned and has the service handle the request.
  asio::awaitable<Response> respond(BodyPlan& plan, RequestBody& body, bool gzipped);
  asio::awaitable<Result<void>> read_whole(RequestBody& body, std::size_t max_bytes, bool gzipped);
  asio::awaitable<Result<void>> inflate_body(std::size_t max_bytes);
  BodyPlan plan();
  /// Answers a failure found before there was a request to handle, and ends the connection.
  asio::awaitable<void> refuse(Error error);
  Response refusal(const Error& error);
  Response internal_failure(std::string_view what);
  /// Forgets the last request, and gives the next one an id of our own until it brings a usable one.
  void begin_head();

  std::shared_ptr<ServerState> server_;
  Wire wire_;
  ResponseSender sender_;
  HeadScanner scanner_;
  std::string remote_address_;
  bool idle_ = true;   // no byte of a request has come
  bool fresh_ = true;  // no request has been answered
  std::chrono::steady_clock::time_point since_ = std::chrono::steady_clock::now();  // it waits for a request
  std::string head_text_;
  Request request_;
  RequestHead& head_ = request_.head;
  std::array<char, 32> own_request_id_{};
  std::string own_traceparent_;
  std::string body_;
};

}  // namespace waypost::net
