#pragma once

#include "api/call.hpp"

/// Whether the service lives, and whether it can work: for who starts it, and who sends it requests.
namespace waypost::api {

asio::awaitable<Reply> healthz(Call call);
/// The process answers; the same as healthz, by the name that Kubernetes uses.
asio::awaitable<Reply> livez(Call call);
/// 200 when all that a request may need is there, else 503. `verbose` says of each check how it went.
asio::awaitable<Reply> readyz(Call call);

}  // namespace waypost::api
