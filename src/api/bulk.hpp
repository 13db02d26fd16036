#pragma once

#include "api/call.hpp"

/// Many jobs at once (§3.3).
namespace waypost::api {

asio::awaitable<Reply> post_bulk(Call call);
asio::awaitable<Reply> cancel_jobs(Call call);
asio::awaitable<Reply> retry_jobs(Call call);

}  // namespace waypost::api
