#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <memory>
#include <random>
#include <unordered_set>

#include "net/response_head.hpp"
#include "waypost/net/server.hpp"

namespace waypost::net {

class Connection;

/// What the connections of one server share with it, and what may outlive it. One thread: the context's.
struct ServerState {
  asio::io_context& context;
  asio::thread_pool& background;
  ServerLimits limits;
  Service& service;
  std::shared_ptr<ConnectionCount> count;
  std::unordered_set<Connection*> connections{};
  std::atomic<std::size_t> in_flight = 0;    // written by this thread alone
  std::atomic<std::size_t> turned_away = 0;  // connections over the limit that still get their 503
  bool draining = false;
  DateCache date{};
  std::mt19937_64 random{std::random_device{}()};
};

}  // namespace waypost::net
