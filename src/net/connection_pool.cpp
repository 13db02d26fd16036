#include "net/connection_pool.hpp"

#include <algorithm>

namespace waypost::net {

std::unique_ptr<ClientConnection> ConnectionPool::take(const std::string& origin) {
  const auto found = origins_.find(origin);
  if (found == origins_.end()) return nullptr;
  Stack& stack = found->second;
  std::unique_ptr<ClientConnection> connection;
  while (!connection && !stack.empty()) {
    connection = std::move(stack.back());
    stack.pop_back();
    --size_;
    connection->set_pool(nullptr);
    connection->deadline().clear();
    if (!connection->is_quiet()) connection.reset();
  }
  if (!connection) origins_.erase(found);
  return connection;
}

void ConnectionPool::put(std::unique_ptr<ClientConnection> connection) {
  if (size_ >= options_.max_idle) return;
  Stack& stack = origins_[connection->origin()];
  if (stack.size() >= options_.max_idle_per_origin) return;
  connection->set_pool(this);
  connection->deadline().set(options_.idle_timeout);
  stack.push_back(std::move(connection));
  ++size_;
}

void ConnectionPool::drop(const ClientConnection* connection) {
  const auto found = origins_.find(connection->origin());
  if (found == origins_.end()) return;
  size_ -= std::erase_if(found->second, [&](const auto& idle) { return idle.get() == connection; });
  if (found->second.empty()) origins_.erase(found);
}

void ConnectionPool::clear() {
  origins_.clear();
  size_ = 0;
}

}  // namespace waypost::net
