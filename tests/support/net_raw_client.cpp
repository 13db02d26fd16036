#include "support/net_raw_client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <stdexcept>

#include "waypost/base/text.hpp"

namespace waypost::test {

RawClient::RawClient(std::uint16_t port, int receive_buffer, const char* from)
    : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
  const timeval limit{.tv_sec = 20, .tv_usec = 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  if (receive_buffer > 0)
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  ::inet_pton(AF_INET, from, &address.sin_addr);
  const bool bound = ::bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (!bound || ::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    ::close(socket_);
    throw std::runtime_error("cannot connect to port " + std::to_string(port));
  }
}

RawClient::~RawClient() {
  ::close(socket_);
}

bool RawClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

void RawClient::shutdown_send() {
  ::shutdown(socket_, SHUT_WR);
}

bool RawClient::fill() {
  char bytes[16384];
  const auto count = ::recv(socket_, bytes, sizeof bytes, 0);
  if (count <= 0) return false;
  buffer_.append(bytes, static_cast<std::size_t>(count));
  return true;
}

std::optional<std::string> RawClient::line() {
  std::size_t end = 0;
  while ((end = buffer_.find("\r\n")) == std::string::npos) {
    if (!fill()) return std::nullopt;
  }
  std::string text = buffer_.substr(0, end);
  buffer_.erase(0, end + 2);
  return text;
}

RawResponse RawClient::receive(bool head_only) {
  RawResponse response;
  while (auto text = line()) {
    response.head += *text + "\r\n";
    if (response.status == 0) {
      response.status = std::stoi(text->substr(9, 3));
      continue;
    }
    if (text->empty()) break;
    const auto colon = text->find(": ");
    response.fields.emplace(text::lower_ascii(text->substr(0, colon)), text->substr(colon + 2));
  }
  if (!response.head.ends_with("\r\n\r\n")) return response;
  response.chunked = response.field("transfer-encoding") == "chunked";
  const bool bodiless =
      head_only || response.status < 200 || response.status == 204 || response.status == 304;
  if (bodiless) {
    response.complete = true;
  } else if (response.chunked) {
    read_chunks(response);
  } else if (response.has("content-length")) {
    const std::size_t length = std::stoul(response.field("content-length"));
    while (buffer_.size() < length && fill()) {
    }
    response.complete = buffer_.size() >= length;
    response.body = buffer_.substr(0, length);
    buffer_.erase(0, length);
  } else {
    response.body = receive_all();
    response.complete = true;
  }
  return response;
}

void RawClient::read_chunks(RawResponse& response) {
  while (const auto size_line = line()) {
    const std::size_t size = std::stoul(*size_line, nullptr, 16);
    while (buffer_.size() < size + 2) {
      if (!fill()) return;
    }
    response.body += buffer_.substr(0, size);
    buffer_.erase(0, size + 2);
    response.complete = size == 0;
    if (size == 0) return;
  }
}

std::string RawClient::receive_all() {
  while (fill()) {
  }
  return std::exchange(buffer_, {});
}

std::string RawClient::receive_some() {
  if (buffer_.empty()) fill();
  return std::exchange(buffer_, {});
}

bool RawClient::closed_by_peer() {
  if (!buffer_.empty()) return false;
  char byte = 0;
  return ::recv(socket_, &byte, 1, 0) == 0;
}

RawResponse exchange(std::uint16_t port, std::string_view request) {
  RawClient client(port);
  client.send(request);
  return client.receive();
}

}  // namespace waypost::test
