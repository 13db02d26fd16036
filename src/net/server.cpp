#include "waypost/net/server.hpp"

#include <sys/socket.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "net/connection.hpp"
#include "waypost/base/log.hpp"

namespace waypost::net {

namespace {

using boost::system::error_code;
using Acceptor = asio::basic_socket_acceptor<asio::ip::tcp, asio::io_context::executor_type>;

/// Connections over the limit that are answered at a time; beyond that they are dropped, as answers cost
/// sockets too.
constexpr std::size_t max_turned_away = 64;
constexpr std::chrono::milliseconds first_pause{50};
constexpr std::chrono::milliseconds longest_pause{1000};

using Place = ConnectionCount::Place;

/// The place is given back when the connection's coroutine ends, whichever way.
asio::awaitable<void> serve(std::unique_ptr<Connection> connection, Place) {
  co_await Connection::serve(std::move(connection));
}

std::optional<Error> refusal(ServerState& state, const Place& place, const asio::ip::address& peer) {
  const ServerLimits& limits = state.settings.limits;
  if (place.total() > limits.max_connections) {
    state.count->cut(Cut::total);
    return Error{.code = Code::overloaded,
                 .message = "the server has as many connections as it may; try again soon",
                 .retry_after_seconds = 1};
  }
  // A trusted proxy brings the connections of many.
  if (place.of_peer() > limits.max_connections_per_address &&
      !state.settings.proxies.trust(plain_address(peer))) {
    state.count->cut(Cut::address);
    return Error{.code = Code::rate_limited,
                 .message = "your address has as many connections as it may; use those that are open",
                 .retry_after_seconds = 1};
  }
  return {};
}

/// The last resort: what a connection's coroutine throws ends that connection alone.
void log_thrown(std::exception_ptr thrown) {
  if (!thrown) return;
  try {
    std::rethrow_exception(thrown);
  } catch (const std::exception& error) {
    log::error("a connection failed unexpectedly", {{"what", error.what()}});
  }
}

void take_in(const std::shared_ptr<ServerState>& state, Socket socket) {
  error_code gone;
  const auto peer = socket.remote_endpoint(gone);
  if (gone) return;
  Place place(state->count, ConnectionCount::peer_of(peer.address()));
  auto refused = refusal(*state, place, peer.address());
  if (!refused) {
    auto connection = std::make_unique<Connection>(state, std::move(socket));
    asio::co_spawn(state->context, serve(std::move(connection), std::move(place)), log_thrown);
  } else if (state->turned_away < max_turned_away) {
    auto connection = std::make_unique<Connection>(state, std::move(socket));
    asio::co_spawn(state->context, Connection::turn_away(std::move(connection), std::move(*refused)),
                   log_thrown);
  }
}

struct Listener {
  Listener(asio::io_context& context) : acceptor(context), pause(context) {}
  Acceptor acceptor;
  asio::steady_timer pause;
};

asio::awaitable<void> accept_all(std::shared_ptr<Listener> listener, std::shared_ptr<ServerState> state) {
  auto pause = first_pause;
  while (listener->acceptor.is_open()) {
    Socket socket(state->context);
    error_code error;
    co_await listener->acceptor.async_accept(socket, asio::redirect_error(asio::use_awaitable, error));
    if (!listener->acceptor.is_open() || error == asio::error::operation_aborted) co_return;
    if (!error) {
      pause = first_pause;
      take_in(state, std::move(socket));
      continue;
    }
    if (error == asio::error::connection_aborted) continue;
    // Out of descriptors, most likely: the waiting connection stays, so accepting at once would spin.
    log::warn("a connection could not be accepted; trying again",
              {{"reason", error.message()}, {"pause_ms", pause.count()}});
    listener->pause.expires_after(pause);
    error_code cancelled;
    co_await listener->pause.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
    pause = std::min(2 * pause, longest_pause);
  }
}

/// `share` lets the io threads of this process listen on one port side by side.
error_code open(Acceptor& acceptor, const asio::ip::tcp::endpoint& endpoint, bool share) {
  error_code error;
  const int on = 1;
  acceptor.open(endpoint.protocol(), error);
  if (error) return error;
  acceptor.set_option(Acceptor::reuse_address(true), error);
  if (share && ::setsockopt(acceptor.native_handle(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) != 0) {
    return {errno, boost::system::system_category()};
  }
  acceptor.bind(endpoint, error);
  if (error) return error;
  acceptor.listen(Acceptor::max_listen_connections, error);
  return error;
}

std::unexpected<Error> cannot_listen(const std::string& address, std::uint16_t port,
                                     const std::string& reason) {
  const std::string shown = address.contains(':') ? "[" + address + "]" : address;
  return fail(Code::internal, "cannot listen on " + shown + ":" + std::to_string(port) + ": " + reason);
}

}  // namespace

struct Server::Impl {
  Impl(std::shared_ptr<ServerState> s)
      : state(std::move(s)), listener(std::make_shared<Listener>(state->context)) {}

  void stop_accepting() {
    error_code ignored;
    listener->acceptor.close(ignored);
    listener->pause.cancel();
  }

  std::shared_ptr<ServerState> state;
  std::shared_ptr<Listener> listener;
  std::uint16_t port = 0;
};

Result<std::unique_ptr<Server>> Server::listen(asio::io_context& context, asio::thread_pool& background,
                                               const std::string& address, std::uint16_t port,
                                               ServerSettings settings, Service& service,
                                               std::shared_ptr<ConnectionCount> connections) {
  error_code error;
  const auto ip = asio::ip::make_address(address, error);
  if (error) return cannot_listen(address, port, "that is not an IP address");
  auto impl = std::make_unique<Impl>(std::make_shared<ServerState>(context, background, std::move(settings),
                                                                   service, std::move(connections)));
  error = open(impl->listener->acceptor, {ip, port}, true);
  if (error) return cannot_listen(address, port, error.message());
  impl->port = impl->listener->acceptor.local_endpoint(error).port();
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

Result<void> Server::check_port_free(asio::io_context& context, const std::string& address,
                                     std::uint16_t port) {
  error_code error;
  const auto ip = asio::ip::make_address(address, error);
  if (error) return cannot_listen(address, port, "that is not an IP address");
  Acceptor acceptor(context);
  error = open(acceptor, {ip, port}, false);
  if (error) return cannot_listen(address, port, error.message());
  return {};
}

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Server::~Server() {
  close();
}

std::uint16_t Server::port() const {
  return impl_->port;
}

void Server::start() {
  asio::co_spawn(impl_->state->context, accept_all(impl_->listener, impl_->state), log_thrown);
}

void Server::reconfigure(ServerSettings settings) {
  impl_->state->settings = std::move(settings);
}

void Server::drain() {
  impl_->state->draining = true;
  impl_->stop_accepting();
  for (Connection* connection : impl_->state->connections) connection->drain();
}

std::size_t Server::in_flight() const {
  return impl_->state->in_flight;
}

void Server::close() {
  impl_->stop_accepting();
  for (Connection* connection : impl_->state->connections) connection->close();
}

}  // namespace waypost::net
