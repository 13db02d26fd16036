#pragma once

#include <boost/asio/steady_timer.hpp>

#include "waypost/net/egress.hpp"

namespace waypost::net {

/// As the public `resolve`, for at most as long as `patience`, the caller's timer: request_timeout once that
/// has expired or was cancelled.
asio::awaitable<Result<std::vector<asio::ip::tcp::endpoint>>> resolve(const Url& url,
                                                                      const EgressPolicy& policy,
                                                                      asio::steady_timer& patience);

}  // namespace waypost::net
