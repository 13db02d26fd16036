#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <optional>
#include <string>
#include <vector>

#include "waypost/base/asio.hpp"

namespace waypost::net {

/// The addresses of a name, by the system's resolver, on one of a few threads kept for this: a name server
/// that is slow for one name holds up no other. Empty when there are none. Nothing once `patience`, the
/// caller's timer, has expired or was cancelled. The caller may be destroyed meanwhile.
asio::awaitable<std::optional<std::vector<asio::ip::tcp::endpoint>>> look_up(std::string host,
                                                                             std::uint16_t port,
                                                                             asio::steady_timer& patience);

}  // namespace waypost::net
