#pragma once

#include "api/call.hpp"

/// API keys as a resource: `/v1/api-keys`, for whoever has the scope `admin`.
namespace waypost::api {

asio::awaitable<Reply> create_key(Call call);
asio::awaitable<Reply> list_keys(Call call);
asio::awaitable<Reply> get_key(Call call);
asio::awaitable<Reply> revoke_key(Call call);

}  // namespace waypost::api
