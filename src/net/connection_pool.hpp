#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "net/client_connection.hpp"

namespace waypost::net {

/// Idle keep-alive connections by origin; the one used last is taken first, so that a few stay busy and the
/// rest end at their idle time-out. One thread: the context's.
class ConnectionPool {
 public:
  explicit ConnectionPool(const Client::Options& options) : options_(options) {}

  /// A connection that seems usable, or null.
  std::unique_ptr<ClientConnection> take(const std::string& origin);
  /// Keeps a connection, or closes it when there are enough.
  void put(std::unique_ptr<ClientConnection> connection);
  /// Closes one of its connections.
  void drop(const ClientConnection* connection);
  void clear();

 private:
  using Stack = std::vector<std::unique_ptr<ClientConnection>>;
  const Client::Options& options_;
  std::unordered_map<std::string, Stack> origins_;
  std::size_t size_ = 0;
};

}  // namespace waypost::net
