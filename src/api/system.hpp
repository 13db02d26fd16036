#pragma once

#include "api/call.hpp"

/// Handlers that tell of the service itself (§3.3, §8).
namespace waypost::api {

asio::awaitable<Reply> metrics(Call call);
asio::awaitable<Reply> stats(Call call);

}  // namespace waypost::api
